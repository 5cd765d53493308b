"""Which CSS selectors a declaration may hold."""

from __future__ import annotations

import pytest
from lxml import html

from mirqab.selectors import MAX_SELECTOR_CHARS, check_selector, select


@pytest.mark.parametrize(
    "text",
    ["a", "h2 > a, .list a[href*='/news/']", "article a:has(img)", ":is(h2, h3) a", "li:nth-child(2n+1) a", ".عنوان a"],
)
def test_what_css_selects_elements_with_is_taken(text: str) -> None:
    check_selector(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("h2 >", "Expected selector"),
        ("//article/a", "Expected selector"),
        ("a:blink", "blink"),
        ("a::text", "Pseudo-elements"),
        ("a::attr(href)", "Pseudo-elements"),
        ("news|a", "namespace"),
        ("((((", "Expected selector"),
        ("a," * MAX_SELECTOR_CHARS, "characters"),
    ],
)
def test_what_is_no_selector_is_refused_with_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_selector(text)


def test_elements_come_in_the_order_of_the_page_whatever_the_order_of_the_selectors() -> None:
    page = html.fromstring("<div><a class=late href=1>أ</a><b><A CLASS=early href=2>ب</A></b></div>")
    assert [link.get("href") for link in select(page, "a.early, a.late")] == ["1", "2"]
