"""Bytes before labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirqab.arabic.encodings import Decoded, decode

TEXT = "<p>أعلنت الوزارة اليوم أن اللجنة ستجتمع غدا في العاصمة لبحث جدول الأعمال</p>"


@pytest.mark.parametrize("codec", ["utf-8", "cp1256", "iso8859-6", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("label", [None, "utf-8", "iso-8859-1", "windows-1252", "utf-16", "no-such-thing"])
def test_arabic_is_read_under_any_label(codec: str, label: str | None) -> None:
    assert decode(TEXT.encode(codec), declared=[label]) == Decoded(TEXT, codec)


def test_a_label_that_the_bytes_bear_out_is_trusted() -> None:
    russian = "Переговоры о погоде продолжаются уже третий день подряд"

    assert decode(russian.encode("cp1251"), declared=["windows-1251"]).text == russian
    assert decode("été à Genève".encode("latin-1"), declared=["iso-8859-1"]).text == "été à Genève"
    assert decode("été à Genève".encode("latin-1")).text == "été à Genève"


def test_byte_order_marks_are_taken_out_however_many() -> None:
    assert decode(b"\xef\xbb\xbf\xef\xbb\xbf" + TEXT.encode()).text == TEXT


def test_a_few_broken_bytes_do_not_make_utf8_another_encoding() -> None:
    decoded = decode(TEXT.encode() + b"\xff\xfe" + TEXT.encode()[:-1])

    assert decoded.encoding == "utf-8"
    assert decoded.text.startswith(TEXT)


@pytest.mark.parametrize("label", [None, "utf-8", "windows-1256", "iso-8859-1"])
@pytest.mark.parametrize("codec", ["cp1256", "iso8859-6"])
def test_a_headline_in_another_encoding_is_read_in_its_own(label: str | None, codec: str) -> None:
    pasted = "<b>افتتاح المكتبة العامة بعد ترميمها</b>"
    decoded = decode(TEXT.encode() * 3 + pasted.encode(codec) + TEXT.encode(), declared=[label])

    assert decoded == Decoded(TEXT * 3 + pasted + TEXT, "utf-8")


def test_utf7_is_never_decoded() -> None:
    assert decode(b"+ADw-script+AD4-", declared=["utf-7"]).text == "+ADw-script+AD4-"


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "windows-1256", "big5", "idna", "hex", "\x00"]))
def test_any_bytes_become_text_that_can_be_stored(body: bytes, label: str | None) -> None:
    decoded = decode(body, declared=[label])

    decoded.text.encode("utf-8")
    assert "\x00" not in decoded.text
