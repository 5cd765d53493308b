"""Which language a text in Arabic script is in: by letters that Arabic lacks, and by the commonest words.

No model is asked. On 14,600 Arabic and Persian texts a statistical one (py3langid) took Iraqi news of Diyala for
Moroccan and Persian typed with Arabic letters for Egyptian, and it would cost every worker the memory of a numerics
library; letters and small words took two short texts with Persian names in them wrongly.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

_LETTERS: Final = {
    "fa": "پچژگ",
    "ur": "ٹڈڑںےہھ",
    "ckb": "ێۆەڕڵڤ",
    "ps": "ټډړږښڼېۍ",
    "ug": "ۇۈۋېەھڭ",
    "sd": "ٻڀٺٿڄڃڇڌڏڊڙڦڪڱڳڻ",
}
_FOREIGN_FORMS: Final = "یکہھە"
_SIGN: Final = re.compile(f"[{''.join(_LETTERS.values())}{_FOREIGN_FORMS}]")
LOOKED_AT: Final = 4000
"""Characters of a text that are enough to tell."""
OVERWHELMING: Final = 0.025
"""The share of such letters that no Arabic text reaches; Persian is at .03 to .06, the others far above."""
DOUBTFUL: Final = 0.008
MOST_FORMS: Final = 0.05
"""Persian forms of yeh and kaf: with both signs of another language a text is not Arabic, with one it may be."""
ARABIC_WORDS: Final = 0.2
"""The share of words with the article or among the small ones; all but slogans and lists of names have more."""
FOREIGN_WORDS: Final = 0.1
"""The share of Arabic words below which Persian forms of letters are no mere habit of typing."""

_WORD: Final = re.compile(r"[^\W\d_]+")
_SPELT: Final = str.maketrans("یکہھەأإآىے", "يكهههاااييي"[:10])
_SMALL_WORDS: Final = {
    "ar": frozenset(
        (
            *("في", "من", "علي", "الي", "عن", "ان", "التي", "الذي", "هذا", "هذه", "ما", "لا", "لم", "لن", "مع", "بعد"),
            *("قبل", "بين", "كما", "كان", "كانت", "قال", "وقال", "او", "ثم", "كل", "قد", "انه", "انها", "ذلك", "خلال"),
            *("حتي", "حول", "ضد", "منذ", "عند", "غير", "وفي", "ومن", "وان", "لكن", "يوم", "هو", "هي", "اي", "نحو"),
            *("اللي", "مش", "ده", "دي", "علشان", "هاد", "ديال", "شو", "ليش", "مو", "هلا", "واش", "كيف"),
        )
    ),
    "fa": frozenset(
        (
            *("در", "به", "از", "كه", "اين", "را", "با", "است", "براي", "خود", "شد", "شده", "مي", "هاي", "ها", "كرد"),
            *("كرده", "بود", "شود", "كند", "نيز", "يك", "تا", "بر", "نمي", "اند", "اعلام", "گفت", "دارد", "باشد"),
        )
    ),
    "ur": frozenset(
        ("كي", "كا", "كو", "مين", "سي", "اور", "ني", "هين", "هي", "كه", "پر", "اس", "تها", "كيا", "ان", "بهي", "كر")
    ),
    "ckb": frozenset(("له", "بو", "كه", "به", "ئه", "ئهو", "لهگهل", "دهكات", "كرد", "بوو", "ههيه", "سهر", "تر")),
}
_ARTICLE: Final = re.compile(r"[وفبك]{0,2}(?:ال|لل)\w{2}")
FEWEST_WORDS: Final = 8
"""Fewer words say little: letters decide, unless one of the words is Arabic."""


def language_of(text: str) -> str:
    """Return the language of a text in Arabic script: `ar`, or the ISO 639 code of what it is more likely to be.

    Arabic pages hold a few Persian letters in names, and some are typed with Persian yeh and kaf, so both kinds of
    sign are asked for unless one is overwhelming; then the words decide that only one language has.
    """
    text = text[:LOOKED_AT].replace("ـ", "")
    words = [word.translate(_SPELT) for word in _WORD.findall(text)]
    short = len(words) < FEWEST_WORDS
    letters = max(sum(map(str.isalpha, text)), 1)
    seen = Counter(_SIGN.findall(text))
    shares = {name: sum(seen[sign] for sign in signs) / letters for name, signs in _LETTERS.items()}
    forms = sum(seen[form] for form in _FOREIGN_FORMS) / letters
    name, share = max(shares.items(), key=lambda pair: pair[1])
    counts = {name: sum(word in small for word in words) for name, small in _SMALL_WORDS.items()}
    # the article is on every fifth word of Arabic, and on none but borrowed ones elsewhere
    counts["ar"] += sum(bool(_ARTICLE.match(word)) for word in words)
    arabic = counts["ar"] / max(len(words), 1)
    if share >= OVERWHELMING and (arabic < (0.01 if short else ARABIC_WORDS) or forms >= MOST_FORMS):
        return name
    if forms >= MOST_FORMS and (share >= DOUBTFUL or arabic < FOREIGN_WORDS):
        return name if share else "fa"
    return "ar" if short else max(counts, key=lambda name: (counts[name], name == "ar"))
