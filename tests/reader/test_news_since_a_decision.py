"""The reading pages of a story that told something new after a person had decided."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx

from mirqab.archive import Archive
from mirqab.reader import words
from mirqab.settings import load_settings
from mirqab.types import Decision, Development
from tests.reader import newsroom
from tests.reader.conftest import serving
from tests.reader.newsroom import TALKS

LATER = "وأعلنت بغداد أن انسحاب القوات الأجنبية من العراق يكتمل في 30 حزيران 2027"


def test_what_is_new_is_shown_where_the_flag_stands(tmp_path: Path) -> None:
    settings = load_settings(environ={"MIRQAB_HOME": str(tmp_path)})
    newsroom.fill(settings, (TALKS,))
    archive = Archive.open(settings.archive_url)
    (line,) = archive.flagged()
    detail = archive.article(line.article)
    assert detail is not None
    archive.decide(line.story, Decision.RELEVANT, by="سلمى", note=None, fallback=(line.article, detail.verdicts[0]))
    archive.add_entry(TALKS.outlet, TALKS.url)
    newsroom.fill(settings, (replace(TALKS, body=f"{TALKS.body}\n{LATER}."),))
    for address in serving(lambda: archive):
        assert "فيه جديد" in httpx.get(address).text
        page = httpx.get(f"{address}story/{line.story}").text
        assert "فيه جديد" in page
        assert "قرار <bdi>سلمى</bdi>" in page, "the decision is told with it"
        assert "موعد جديد</span> <bdi>30 حزيران/يونيو 2027</bdi>" in page
        assert f'<blockquote dir="rtl">{LATER}' in page


def test_dates_are_told_as_far_as_they_are_known() -> None:
    for value, told in (
        ("--06-30", "30 حزيران/يونيو"),
        ("2027-06", "حزيران/يونيو 2027"),
        ("2027", "2027"),
        ("2026-W48", "أسبوع 23 تشرين الثاني/نوفمبر 2026"),
    ):
        one = Development(kind="date", value=value, article="a", sentence="")
        assert words.news(one) == ("موعد جديد", told)
    speaker = Development(kind="speaker", value="سالم الحمداني", article="a", sentence="")
    assert words.news(speaker) == ("متحدث جديد", "سالم الحمداني")
