"""What a user writes in YAML is read as it looks, and every mistake is named with its line."""

from __future__ import annotations

import contextlib
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from mirqab.documents import parse_document, read_document, validate
from mirqab.errors import ConfigurationError, Mistake


def read(text: str) -> Any:
    return parse_document(text.encode(), path="file.yaml").content


def refused(text: str | bytes) -> tuple[Mistake, ...]:
    with pytest.raises(ConfigurationError) as caught:
        parse_document(text if isinstance(text, bytes) else text.encode(), path="file.yaml")
    return caught.value.mistakes


# ---------------------------------------------------------------------------------------------------- values


def test_words_stay_words_and_numbers_are_numbers() -> None:
    content = read(
        """
        country: no
        at: 22:30
        day: 2024-01-26
        quoted: "5"
        number: 5
        decimal: 2.5
        octal: 0o17
        leading: 010
        on: true
        empty:
        tilde: ~
        """
    )
    assert content == {
        "country": "no", "at": "22:30", "day": "2024-01-26", "quoted": "5", "number": 5, "decimal": 2.5, "octal": 15,
        "leading": 10, "on": True, "empty": None, "tilde": None,
    }  # fmt: skip
    assert type(content["number"]) is int
    assert content["on"] is True


def test_arabic_keys_text_blocks_and_lists_keep_their_letters() -> None:
    content = read("مفهوم:\n  - اِنسحاب\n  - [سحب، القوات]\nنص: |\n  سطر أول\n  سطر ثان\n")
    # the Arabic comma does not part the items of a list: one item, and the topic file's checks say so
    assert content == {"مفهوم": ["اِنسحاب", ["سحب، القوات"]], "نص": "سطر أول\nسطر ثان\n"}


def test_keys_are_always_text() -> None:
    assert read("1: a\ntrue: b\nno: c\n") == {"1": "a", "true": "b", "no": "c"}


def test_every_key_and_item_has_its_line() -> None:
    document = parse_document(b"a:\n  b: 1\n  c:\n    - x\n    -\n      d: 2\n", path="file.yaml")
    assert document.line("a") == 1
    assert document.line("a", "b") == 2
    assert document.line("a", "c", 0) == 4
    assert document.line("a", "c", 1, "d") == 6
    assert document.line("a", "c", 1, "missing") == document.line("a", "c", 1)
    assert document.line() == 1


def test_a_file_with_nothing_in_it_is_nothing() -> None:
    assert read("") is None
    assert read("# only words\n") is None


def test_the_digest_follows_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n", encoding="utf-8")
    first = read_document(path)
    path.write_text("a: 2\n", encoding="utf-8")
    assert read_document(path).digest != first.digest
    assert first.path == str(path)


# -------------------------------------------------------------------------------------------------- refusals


def test_a_key_written_twice_is_refused_with_both_lines() -> None:
    (mistake,) = refused("a:\n  b: 1\n  b: 2\n")
    assert (mistake.line, mistake.key) == (3, "a.b")
    assert "first on line 2" in mistake.expected


def test_all_keys_written_twice_are_named_at_once() -> None:
    assert [mistake.key for mistake in refused("a: 1\nb: 1\na: 2\nb: 2\n")] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: &x 1\n", 1, "anchors"),
        ("a: 1\nb: *x\n", 2, "aliases"),
        ("a: !!python/object:os.system 1\n", 1, "tags"),
        ("a: 1\n<<: {b: 2}\n", 2, "merge keys"),
        ("? [a, b]\n: 1\n", 1, "a key must be"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "not valid YAML"),
        ("a: 1\n\tb: 2\n", 2, "not valid YAML"),
        ("a: 1\nb: \x07\n", 2, "control character"),
        (b"a: 1\nb: \xc7\xe1\n", 2, "UTF-8"),
        ("a: " + "9" * 5000, 1, "no number"),
        ('a: 1\nb: "\\ud800"\n', 2, "half of a letter"),
    ],
)
def test_what_would_be_misread_is_refused_with_its_line(text: str | bytes, line: int, said: str) -> None:
    (mistake,) = refused(text)
    assert mistake.line == line
    assert said in mistake.expected


def test_depth_and_size_have_limits() -> None:
    assert read("[" * 40 + "]" * 40) is not None
    for text in ("[" * 41 + "]" * 41, "[" * 100_000, "{a: " * 5000):
        (mistake,) = refused(text)
        assert "deeper than 40" in mistake.expected
    (mistake,) = refused(b"a: " + b"x" * (2 * 1024 * 1024))
    assert "2 MiB" in mistake.expected


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.yaml: cannot be read"):
        read_document(tmp_path / "none.yaml")


# a key of YAML has 1,024 characters at most, and an escaped letter beyond U+FFFF has twelve
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text().filter(lambda key: len(json.dumps(key)) < 1024), inner),
    max_leaves=20,
)


@given(_VALUES)
def test_what_another_writer_wrote_is_read_back(value: Any) -> None:
    # JSON is YAML 1.2; the few characters that YAML does not allow raw are escaped by it
    assert read(json.dumps(value)) == value


@given(st.binary(max_size=200) | st.text(alphabet="ab:-[]{}&*!|>#\"' \n\t?,", max_size=60).map(str.encode))
def test_no_bytes_end_in_anything_but_a_document_or_a_mistake(body: bytes) -> None:
    with contextlib.suppress(ConfigurationError):
        parse_document(body, path="file.yaml")


# ------------------------------------------------------------------------------------------------ validating


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    weight: Annotated[float, Field(ge=0, le=10)]
    colour: Colour = Colour.RED
    words: tuple[str, ...] = ()


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: str = Field(min_length=1)
    inner: Inner
    many: dict[str, list[Inner]] = Field(default_factory=dict)
    either: int | Inner | None = None
    arabic: str | None = Field(default=None, alias="اسم")
    seen_at: AwareDatetime | None = None


def mistakes(text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(ConfigurationError) as caught:
        validate(Outer, parse_document(text.encode(), path="file.yaml"))
    return [(mistake.line, mistake.key, mistake.expected) for mistake in caught.value.mistakes]


def test_right_values_become_the_model() -> None:
    text = """
name: x
inner: {weight: 1, colour: green, words: [a, b]}
many:
  k: [{weight: 2.5}]
اسم: ن
seen_at: 2024-01-26T10:00:00+03:00
"""
    outer = validate(Outer, parse_document(text.encode(), path="file.yaml"))
    assert outer.inner.words == ("a", "b")
    assert outer.inner.colour is Colour.GREEN
    assert outer.many["k"][0].weight == 2.5
    assert outer.arabic == "ن"
    assert outer.seen_at is not None


def test_every_mistake_at_once_in_the_order_of_the_file() -> None:
    found = mistakes('nam: x\ninner:\n  weight: 11\n  colour: grean\nmany:\n  k:\n    - weight: "5"\n      words: a\n')
    assert found == [
        (1, "name", "is missing"),
        (1, "nam", 'is no key that is known here; did you mean "name"?'),
        (3, "inner.weight", "expected at most 10, found 11"),
        (4, "inner.colour", 'expected one of red, green, found "grean"; did you mean "green"?'),
        (7, "many.k.0.weight", 'expected a number, found "5"'),
        (8, "many.k.0.words", 'expected a list, found "a"'),
    ]


def test_an_unknown_key_far_from_all_names_the_known_ones() -> None:
    found = mistakes("name: x\ninner: {weight: 1, zzz: 1}\n")
    assert found == [(2, "inner.zzz", "is no key that is known here; known: weight, colour, words")]


def test_an_unknown_arabic_key_names_the_nearest() -> None:
    assert 'did you mean "اسم"' in mistakes("name: x\ninner: {weight: 1}\nاسمم: ن\n")[0][2]


def test_the_branches_of_a_union_are_one_mistake_in_one_place() -> None:
    assert mistakes("name: x\ninner: {weight: 1}\neither: word\n") == [
        (3, "either", 'expected a whole number, found "word" or a mapping of keys to values, found "word"')
    ]
    assert mistakes("name: x\ninner: {weight: 1}\neither: {weight: 1, colours: red}\n")[-1] == (
        3,
        "either.colours",
        'is no key that is known here; did you mean "colour"?',
    )


def test_a_file_that_is_no_mapping_is_said_so() -> None:
    assert mistakes("- a\n") == [(1, "", "expected a mapping of keys to values, found a list")]
    assert mistakes("") == [(1, "", "expected a mapping of keys to values, found nothing")]


def test_a_part_of_a_document_is_validated_with_its_place() -> None:
    document = parse_document(b"things:\n  - weight: 1\n  - weight: x\n", path="file.yaml")
    assert validate(Inner, document, "things", 0).weight == 1
    with pytest.raises(ConfigurationError, match=r'^file\.yaml:3: things\.1\.weight: expected a number, found "x"$'):
        validate(Inner, document, "things", 1)


def test_no_word_of_pydantic_reaches_a_person() -> None:
    text = "name: ''\ninner: []\nmany: 5\neither: 1.5\nاسم: 4\nseen_at: yesterday\n"
    said = " ".join(expected for _, _, expected in mistakes(text))
    for word in ("Input", "pydantic", "valid ", "dictionary", "instance", "tuple", "parse"):
        assert word not in said


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_quote_that_is_not_closed_is_named_where_it_opens(quote: str) -> None:
    alone = f"a: 1\nb: {quote}never\nc: 2\nd: 3\n"
    with pytest.raises(
        ConfigurationError, match=r"f\.yaml:2: is not valid YAML: the quote that opens here is not clos"
    ):
        parse_document(alone.encode(), path="f.yaml")
    before_another = f"a: 1\nb: {quote}never\nc: 2\nd: {quote}word{quote}\n"
    with pytest.raises(ConfigurationError, match=r"f\.yaml:2: .* opens here ends on line 4"):
        parse_document(before_another.encode(), path="f.yaml")
    with pytest.raises(ConfigurationError, match=r"f\.yaml:4: "):
        parse_document(f"a: {quote}over\n  lines{quote}\nb: [1, 2\nc: 3\n".encode(), path="f.yaml")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("أ:\n\tب: 1\n", 2, "a tab stands where the line begins: indent with spaces"),
        ("أ:\n- نص: قال: نعم\n", 2, "a second «: » stands on this line"),
        ("أ: 1\nعتبة 3\nب: 2\n", 2, "this line has no «:» after its key"),
        ("عتبة 3\n\nب: 1\n", 1, "this line has no «:» after its key"),
        ("أ: 1\nعتبة:3\nب: 2\n", 2, "«:» needs a space after it"),
        ("أ: 1\nعتبة:\N{NO-BREAK SPACE}3\nب: 2\n", 2, "a no-break space stands on this line"),
        ("أ\N{FULLWIDTH COLON} 1\nب: 2\n", 1, "a colon of another kind"),
        ("أ: 1\n  ب: 2\n", 2, "begins further in than the one above it, which has its value already"),
        ("أ:\n  ب: [1]\n   ج: [2]\n", 3, "give lines of one block the same number of spaces"),
        ("أ:\n  - a\n - b\n", 3, "give lines of one block the same number of spaces"),
        (" أ: 1\nب: 2\n", 2, "give lines of one block the same number of spaces"),
        ("أ: [a, b\nب: 2\n", 2, "the list that «[» opens on line 1 needs «,» between its items and «]»"),
        ("- {أ: 1\n- {ب: 2}\n", 2, "the list that «{» opens on line 1"),
        ("أ: [a]]\n", 1, "a bracket is closed here that was not opened"),
        ('أ: "قال "نعم" للمحادثات"\n', 1, "something follows the quote that closes a text"),
        ('أ: "قال", "نعم"\n', 1, "a comma follows a text that is closed already"),
        ("أ: @خبر\n", 1, "no text may begin with «@»: put it in quotes"),
    ],
)
def test_what_cannot_be_read_is_said_in_plain_words_and_at_the_line_to_mend(text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_document(text.encode(), path="f.yaml")
    (mistake,) = caught.value.mistakes
    assert (mistake.line, said in mistake.expected) == (line, True), mistake
    for word in ("block end", "scalar", "mapping", "token", "flow"):
        assert word not in mistake.expected
