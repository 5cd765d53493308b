"""The container of an outlet's texts is learned from a few pages, checked on a sample, and forgotten when it drifts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mirqab.extraction import Layouts, extract
from mirqab.extraction.learned import MISSES, PAGES, SAMPLE
from mirqab.types import Extraction, Page, PageHints
from mirqab.work import WorkPlan, prepare, work

PLACES = ("الوادي", "الميناء", "الجبل", "السهل", "الواحة", "النهر", "البحيرة", "الغابة", "الساحل", "الصحراء")
THINGS = ("السوق", "الجسر", "المدرسة", "المكتبة", "الحديقة", "المحطة", "المتحف", "الملعب", "المسرح", "الطريق")
CAPTION = "صورة من الأرشيف للمكان كما كان قبل أن تبدأ فيه الأعمال الأخيرة"
OUTLET = "nahr"


def headline(number: int) -> str:
    return f"بلدية {PLACES[number % 10]} ترمم {THINGS[number // 10 % 10]} القديم رقم {number}"


def paragraphs(number: int, count: int = 6) -> list[str]:
    place, thing = PLACES[number % 10], THINGS[number // 10 % 10]
    return [
        f"وقال مسؤول في بلدية {place} في الجلسة {turn} من الاجتماع {number} إن ترميم {thing} القديم على مراحل، وإن "
        f"المرحلة {turn + 1} تبدأ بعد {turn + 2} أسابيع وتكلف {number * 7 + turn} ألف دينار يدفعها المجلس المحلي."
        for turn in range(count)
    ]


def page(number: int, *, text: str = "story", extra: str = "", count: int = 6, box: str = "") -> bytes:
    shown = "".join(f"<p>{line}</p>" for line in paragraphs(number, count))
    more = "".join(f"<li><a href='/{at}'>{headline(at)} في نشرة اليوم</a></li>" for at in range(40, 44))
    return (
        f"<html lang='ar'><head><title>{headline(number)}</title></head><body class='post-{number}'>"
        f"<nav><a href='/'>الرئيسية</a></nav><div id='main'><h1>{headline(number)}</h1>{box}"
        f"<div class='{text} p{number}'>{shown}{extra}</div></div><ul>{more}</ul></body></html>"
    ).encode()


def read(html: bytes, layouts: Layouts, *, number: int = 0) -> Extraction:
    found = extract(
        html,
        url=f"https://nahr.example/{number}",
        content_type="text/html; charset=utf-8",
        hints=PageHints(),
        layout=layouts.of(OUTLET),
    )
    layouts.keep(OUTLET)
    return found


def taught(layouts: Layouts, pages: int = PAGES) -> Layouts:
    for number in range(pages):
        assert read(page(number), layouts).extractor == "trafilatura-fast"
    return layouts


def test_after_a_few_pages_the_text_is_read_from_its_container() -> None:
    layouts = taught(Layouts())
    found = read(page(30), layouts)

    assert found.extractor == "learned"
    assert found.body.split("\n") == paragraphs(30)


def test_pages_that_do_not_share_a_container_teach_nothing() -> None:
    layouts = Layouts()
    for number, name in enumerate(("a", "b", "c", "d", "e", "f")):
        moved = page(number, text=name).replace(b"<div id='main'>", f"<section class='{name}'>".encode())
        assert read(moved, layouts).extractor != "learned"


def test_what_the_library_leaves_out_of_the_container_is_left_out_later() -> None:
    layouts = Layouts()
    caption = f"<div class='box wp-caption'><img src='/a.jpg'><p class='c'>{CAPTION}</p></div>"
    for number in range(PAGES):
        assert CAPTION not in read(page(number, extra=caption), layouts).body
    found = read(page(30, extra=caption), layouts)

    assert found.extractor == "learned"
    assert found.body.split("\n") == paragraphs(30)


# -------------------------------------------------------------------------------------------------------- drift


def test_a_container_that_is_gone_is_not_read_and_soon_forgotten() -> None:
    layouts = taught(Layouts())
    for number in range(10, 10 + MISSES):
        found = read(page(number, text="novel"), layouts)
        assert found.extractor == "trafilatura-fast"
        assert found.body.split("\n") == paragraphs(number)

    assert not layouts.of(OUTLET).trusted
    taught_anew = [read(page(number, text="novel"), layouts).extractor for number in range(20, 20 + PAGES + 1)]
    assert taught_anew[-1] == "learned"


def test_a_container_that_now_holds_something_else_is_not_believed() -> None:
    layouts = taught(Layouts())
    for number in range(10, 13):
        # the name went to a box of promotions, the text into another element
        promotion = "تابعوا أمسية الموسيقى في القاعة الكبرى مساء الخميس مع فرقة الشباب. " * 6
        box = f"<div class='story'><p>{promotion}</p></div>"
        found = read(page(number, text="novel", box=box), layouts)
        assert found.body.split("\n")[-6:] == paragraphs(number)

    assert not layouts.of(OUTLET).trusted


def test_a_container_that_holds_only_a_part_is_noticed_at_once() -> None:
    layouts = taught(Layouts())
    for number in range(10, 13):
        rest = "".join(f"<p>{line}</p>" for line in paragraphs(number + 50, 8))
        shown = page(number, extra=f"</div><div class='rest'>{rest}")
        found = read(shown, layouts)
        assert paragraphs(number + 50, 8)[-1] in found.body


def test_a_drift_that_looks_right_is_noticed_within_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    layouts = taught(Layouts())
    # nothing looks odd in a reading: only the sample can tell
    monkeypatch.setattr("mirqab.extraction.learned.Layout._doubt", lambda *_: False)
    right = []
    for number in range(10, 10 + SAMPLE + 2):
        rest = "".join(f"<p>{line}</p>" for line in paragraphs(number + 50, 8))
        found = read(page(number, extra=f"</div><div class='rest'>{rest}"), layouts)
        right.append(paragraphs(number + 50, 8)[-1] in found.body)

    assert not right[0]
    assert right[SAMPLE - 1 :] == [True, True, True]
    assert not layouts.of(OUTLET).trusted or right[-1]


def test_a_short_page_is_asked_of_the_library_and_does_no_harm() -> None:
    layouts = taught(Layouts())
    for number in range(10, 14):
        read(page(number, count=1), layouts)

    assert read(page(30), layouts).extractor == "learned"


# --------------------------------------------------------------------------------------------------- its keeping


def test_what_was_learned_is_there_for_the_next_run_and_the_other_worker(tmp_path: Path) -> None:
    taught(Layouts(tmp_path))

    assert read(page(30), Layouts(tmp_path)).extractor == "learned"


def test_workers_share_what_they_learn(tmp_path: Path) -> None:
    one, other = Layouts(tmp_path), Layouts(tmp_path)
    for number in range(PAGES):
        read(page(number), (one, other)[number % 2])

    assert read(page(30), one).extractor == read(page(31), other).extractor == "learned"


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"version": 1}', "\x00" * 10])
def test_a_damaged_file_is_forgotten(tmp_path: Path, damage: str) -> None:
    taught(Layouts(tmp_path))
    (tmp_path / f"{OUTLET}.json").write_text(damage)

    assert read(page(30), Layouts(tmp_path)).extractor == "trafilatura-fast"


def test_what_another_version_learned_is_forgotten(tmp_path: Path) -> None:
    taught(Layouts(tmp_path))
    path = tmp_path / f"{OUTLET}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": "0.0.1/1"}))

    assert read(page(30), Layouts(tmp_path)).extractor == "trafilatura-fast"


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    layouts = taught(Layouts(tmp_path / "file" / "containers"))

    assert read(page(30), layouts).extractor == "learned"


def test_a_worker_learns_where_its_plan_says(tmp_path: Path) -> None:
    prepare(WorkPlan(layouts_folder=tmp_path / "containers"))
    found = [
        work(
            Page(
                entry=f"e{number}",
                outlet=OUTLET,
                url=f"https://nahr.example/{number}",
                final_url=f"https://nahr.example/{number}",
                status=200,
                headers=(("Content-Type", "text/html; charset=utf-8"),),
                body=page(number),
                content_encoding="",
                fetched_at=datetime.now(UTC),
                hints=PageHints(),
            )
        ).article
        for number in range(PAGES + 1)
    ]

    assert [one.extractor for one in found if one] == ["trafilatura-fast"] * PAGES + ["learned"]
    assert [path.name for path in (tmp_path / "containers").iterdir()] == [f"{OUTLET}.json"]
