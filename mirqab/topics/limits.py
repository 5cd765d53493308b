"""How much a topic file may hold: far above any that a person writes, low enough that none can hang a crawl."""

from __future__ import annotations

from typing import Final

MISTAKES: Final = 200  # told of one file; more help nobody
NAME: Final = 200  # characters
EXAMPLE: Final = 50_000  # characters
AMOUNT: Final = 1_000_000  # points, words of a story

CONCEPTS: Final = 1_000
TERMS: Final = 5_000  # of one concept, with those it includes
ALL_TERMS: Final = 50_000  # of all concepts that are looked for
TERM_WORDS: Final = 8
WORD_LETTERS: Final = 60
INCLUDED: Final = 100
INCLUDED_DEEP: Final = 10
STRUCK: Final = 1_000

COMPOSITIONS: Final = 300
WAYS: Final = 100  # lines below one «أي»
ALL_WAYS: Final = 1_000
COMPOSED_DEEP: Final = 20
DISTANCE: Final = 300  # a sentence is cut at so many words

RULES: Final = 300
TOGETHER: Final = 8
PENALTIES: Final = 100
DROPS: Final = 100
NAMES: Final = 100  # listed under «إلا» or «من»
TIMES: Final = 1_000

FACETS: Final = 20
VALUES: Final = 500
EXAMPLES: Final = 1_000
OUTLETS: Final = 10_000
