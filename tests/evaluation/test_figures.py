"""The figures of many pages, the floors they are held to, and the pages that are worst."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirqab.errors import UsageError
from mirqab.evaluation import Figures, GoldenPage, PageScore, Taken, below, figures, read_floors, score, worst


def page(name: str, found: str, *, outlet: str = "Nahr", kind: str = "news", stated: bool = False) -> PageScore:
    gold = GoldenPage(
        name=name, path=Path(name), outlet=outlet, kind=kind, headline="عنوان", body="أول ثان ثالث رابع",
        must_contain=("أول", "ثان"), must_not_contain=("قائمة",),
    )  # fmt: skip
    return score(gold, Taken(headline="عنوان", body=found), states_text=stated)


WHOLE, HALF = "أول ثان ثالث رابع", "أول ثالث"
HALF_F1 = 2 * 2 / (2 + 4)
PAGES = (
    page("1", WHOLE),
    page("2", WHOLE),
    page("3", WHOLE, stated=True),
    page("4", HALF, outlet="Wadi"),
    page("5", f"{WHOLE} قائمة", outlet="Wadi", kind="site"),
)


def groups() -> dict[str, Figures]:
    return {one.group: one for one in figures(PAGES)}


def test_an_outlet_counts_once_in_its_class() -> None:
    found = groups()
    assert list(found) == ["all", "json-ld", "no-json-ld", "class:news", "class:site", "outlet:Nahr", "outlet:Wadi"]
    assert found["class:news"].means["f1"] == pytest.approx((1 + HALF_F1) / 2)
    assert found["all"].means["f1"] == pytest.approx((3 + HALF_F1 + 2 * 4 / 9) / 5)
    assert (found["class:news"].pages, found["class:news"].outlets) == (4, 2)


def test_strings_are_counted_and_averaged() -> None:
    found = groups()["all"]
    assert (found.missing, found.leaks) == (1, 1)
    assert found.means["contains"] == pytest.approx(4.5 / 5)
    assert found.means["clean"] == pytest.approx(4 / 5)
    assert found.means["date"] is None


def test_pages_are_split_only_where_both_kinds_are_there() -> None:
    assert [one.group for one in figures(PAGES[:2])] == ["all", "class:news", "outlet:Nahr"]


def test_the_worst_come_first_and_the_right_ones_not_at_all() -> None:
    assert [one.page.name for one in worst(PAGES, 9)] == ["5", "4"]
    assert [one.page.name for one in worst(PAGES, 1)] == ["5"]


def test_floors_name_measures_of_all_or_of_a_group() -> None:
    floors = read_floors("f1=.98, class:news.headline=1,outlet:Wadi.clean=0.5")
    assert [(one.group, one.measure, one.least) for one in floors] == [
        ("all", "f1", 0.98),
        ("class:news", "headline", 1),
        ("outlet:Wadi", "clean", 0.5),
    ]
    assert below(floors, figures(PAGES)) == ["f1 of all is 0.9111, below 0.98."]
    assert not below(read_floors("f1=.91,json-ld.f1=1"), figures(PAGES))


def test_a_floor_that_no_page_can_be_held_to_is_not_reached() -> None:
    (sentence,) = below(read_floors("date=0"), figures(PAGES))
    assert "no page's gold" in sentence


@pytest.mark.parametrize("text", ["f1", "f2=.5", "f1=98", "f1=high", "=.5", "f1=nan"])
def test_a_floor_that_makes_no_sense_is_a_wrong_call(text: str) -> None:
    with pytest.raises(UsageError, match="--floor"):
        read_floors(text)


def test_a_group_that_is_not_there_is_a_wrong_call() -> None:
    with pytest.raises(UsageError, match="class:site"):
        below(read_floors("class:blog.f1=.5"), figures(PAGES))
