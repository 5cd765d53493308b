"""`outlet snapshot`: a page and what is to be taken out of it, saved as a golden pair."""

from __future__ import annotations

import json
from pathlib import Path

from mirqab.types import Reason
from tests.cli.outlet.conftest import Newsroom
from tests.crawl.conftest import news
from tests.crawl.pressweb import Answer, article_html


def test_a_page_is_saved_with_a_draft_of_what_is_in_it(newsroom: Newsroom, tmp_path: Path) -> None:
    site = newsroom.press.site()
    headline, paragraphs = news(2)
    url = site.article("/story", headline, paragraphs, charset="windows-1256", headers=(("Set-Cookie", "id=1"),))
    folder = tmp_path / "golden"

    said = newsroom.command("outlet", "snapshot", url, "--outlet", "nahr", "--folder", str(folder))

    assert said.code == 0, said.err
    (page,), (gold,) = folder.glob("*.html"), folder.glob("*.gold.json")
    assert page.name.startswith("nahr-")
    assert page.read_bytes() == article_html(headline, paragraphs, charset="windows-1256").encode("windows-1256")
    expected = json.loads(gold.read_text(encoding="utf-8"))
    assert (expected["file"], expected["url"], expected["title"]) == (page.name, url, headline)
    assert (expected["encoding"], expected["language"], expected["country"]) == ("cp1256", "ar", "iq")
    assert (expected["first_sentence"], expected["last_sentence"]) == (paragraphs[0], paragraphs[-1])
    assert expected["body_text"] == "\n".join(paragraphs)
    assert len(expected["must_contain"]) == 3
    assert all(piece in expected["body_text"] for piece in expected["must_contain"])
    assert expected["is_article"] is True
    names = {name.lower() for name, _ in expected["provenance"]["headers"]}
    assert "content-type" in names
    assert "set-cookie" not in names
    assert str(gold) in said.out
    assert "./run test tests/extraction/test_golden.py" in said.out


def test_a_home_page_is_expected_to_hold_no_article(newsroom: Newsroom, tmp_path: Path) -> None:
    site = newsroom.press.site()
    url = site.article("/", *news(2))
    assert newsroom.command("outlet", "snapshot", url, "--folder", str(tmp_path)).code == 0
    (gold,) = tmp_path.glob("*.gold.json")
    expected = json.loads(gold.read_text(encoding="utf-8"))
    assert (expected["is_article"], expected["class"], expected["title"]) == (False, "listing", None)
    assert "home page" in expected["note"]


def test_what_was_corrected_is_not_overwritten(newsroom: Newsroom, tmp_path: Path) -> None:
    site = newsroom.press.site()
    url = site.article("/story", *news(2))
    arguments = ("outlet", "snapshot", url, "--folder", str(tmp_path / "golden"))
    assert newsroom.command(*arguments).code == 0
    (gold,) = (tmp_path / "golden").glob("*.gold.json")
    gold.write_text("{}", encoding="utf-8")
    asked = len(site.asked)
    said = newsroom.command(*arguments)
    assert said.code == 2
    assert "--force" in said.err
    assert (gold.read_text(encoding="utf-8"), len(site.asked)) == ("{}", asked)
    assert newsroom.command(*arguments, "--force").code == 0
    assert json.loads(gold.read_text(encoding="utf-8"))["title"] == news(2)[0]


def test_a_page_that_is_no_article_is_expected_to_stay_none(newsroom: Newsroom, tmp_path: Path) -> None:
    site = newsroom.press.site()
    site.answers["/list"] = Answer(body=b'<!doctype html><html lang="ar"><body><h1>\xd8\xa7</h1></body></html>')
    assert newsroom.command("outlet", "snapshot", f"{site.url}/list", "--folder", str(tmp_path)).code == 0
    (gold,) = tmp_path.glob("*.gold.json")
    expected = json.loads(gold.read_text(encoding="utf-8"))
    assert (expected["is_article"], expected["title"], expected["must_contain"]) == (False, None, [])
    assert str(Reason.NO_ARTICLE) in expected["note"]


def test_a_page_that_cannot_be_had_leaves_nothing(newsroom: Newsroom, tmp_path: Path) -> None:
    site = newsroom.press.site()
    said = newsroom.command("outlet", "snapshot", f"{site.url}/missing", "--folder", str(tmp_path / "golden"))
    assert said.code == 3
    assert "not_found" in said.err
    assert not (tmp_path / "golden").exists()
