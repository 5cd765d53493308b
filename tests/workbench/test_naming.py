"""What a label's name of a theatre means in a topic."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirqab.errors import ConfigurationError
from mirqab.topics import Topic
from mirqab.workbench import ValueNames
from tests.workbench import bridges

NAMED = bridges.BRIDGES.replace(
    """    قيم:
      الوادي: [الوادي]
      الساحل: [الساحل]
""",
    """    أسماء_أخرى: {الوادي: [Sidr Valley, Wadi], الساحل: Coast}
    قيم:
      الوادي: [الوادي, بلدة السدر, الميناء]
      الساحل: {كلمات: [الساحل, ساحلي+, الميناء]}
      الجبل الشرقي: [جبل]
""",
)


@pytest.fixture
def topic(tmp_path: Path) -> Topic:
    return bridges.compiled(tmp_path, NAMED)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("الوادي", {"الوادي"}),
        ("وادي", {"الوادي"}),  # without its article
        ("الوادى", {"الوادي"}),  # another spelling
        ("sidr valley", {"الوادي"}),
        ("The Sidr-Valley", {"الوادي"}),
        ("COAST", {"الساحل"}),
        ("جبل شرقي", {"الجبل الشرقي"}),
        ("بلدة السدر", {"الوادي"}),  # words by which the topic finds it
        ("الميناء", set()),  # two theatres have this word
        ("Wadi/Coast", {"الوادي", "الساحل"}),
        ("Coast/Moon", {"الساحل"}),
        ("Moon", set()),
        ("other", set()),
    ],
)
def test_a_name_means_what_the_topic_calls_so(topic: Topic, name: str, values: set[str]) -> None:
    assert ValueNames(topic, "theatre", {}).meant(name) == values


def test_what_is_given_goes_before_what_is_known(topic: Topic) -> None:
    names = ValueNames(topic, "theatre", {"Coast": "الوادي", "Moon": "coast"})
    assert names.meant("Coast") == {"الوادي"}
    assert names.meant("Moon") == {"الساحل"}


def test_a_topic_without_the_facet_knows_no_name(topic: Topic) -> None:
    names = ValueNames(topic, "weather", {})
    assert not names.values
    assert not names.meant("الوادي")


def test_other_names_do_not_make_another_version(tmp_path: Path, topic: Topic) -> None:
    renamed = bridges.compiled(tmp_path, NAMED.replace("Sidr Valley", "Vale"))
    assert renamed.version == topic.version


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("{النهر: River}", "a known name; «النهر» is not one"),
        ("{الوادي: [A], الساحل: [A]}", "a name of its own: «A» is given to «الوادي»"),
        ("{الوادي: 3}", "a name, or a list"),
        ("{الوادي: [A، B]}", "a name, or a list"),
        ("[A]", "names, each with its value"),
    ],
)
def test_mistakes_in_other_names(tmp_path: Path, wrong: str, expected: str) -> None:
    text = NAMED.replace("{الوادي: [Sidr Valley, Wadi], الساحل: Coast}", wrong)
    with pytest.raises(ConfigurationError, match="أسماء_أخرى") as error:
        bridges.compiled(tmp_path, text)
    assert expected in str(error.value)
