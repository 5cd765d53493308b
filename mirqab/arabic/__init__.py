"""Arabic as news is written: folding for matching, words and sentences, inflection.

Nothing here changes a stored text. Folding is lossy and serves matching only; its offset map leads every match back
to code points of the original.
"""

from mirqab.arabic.folding import FOLD_VERSION, Folded, arabic_share, fold, fold_with_offsets, folded_words
from mirqab.arabic.gluing import SHORTEST_GLUED, unglue
from mirqab.arabic.inflection import Kind, forms, paradigms, read_word
from mirqab.arabic.paradigms import Form, Paradigm
from mirqab.arabic.segments import Token, is_figure, sentences, tokens, words
from mirqab.arabic.wordindex import WordIndex

__all__ = [
    "FOLD_VERSION",
    "SHORTEST_GLUED",
    "Folded",
    "Form",
    "Kind",
    "Paradigm",
    "Token",
    "WordIndex",
    "arabic_share",
    "fold",
    "fold_with_offsets",
    "folded_words",
    "forms",
    "is_figure",
    "paradigms",
    "read_word",
    "sentences",
    "tokens",
    "unglue",
    "words",
]
