"""Characters that look like others, or like nothing: what a person sees is then not what a program reads.

Of a phrase the first such character is named, with what to write instead. Accents, typographic quotes and dashes
and spaces of any width are fine: they mean what they look like.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

BOM = "\ufeff"
_CONTROLS = {
    "\x00": "NULL",
    "\x07": "BELL",
    "\x08": "BACKSPACE",
    "\x0b": "LINE TABULATION",
    "\x0c": "FORM FEED",
    "\r": "CARRIAGE RETURN",
    "\x1b": "ESCAPE",
    "\x7f": "DELETE",
    "\x85": "NEXT LINE",
}
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
# Letters, marks and signs by category that are blank all the same: joiners, fillers, variation selectors.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LETTERS = re.compile(r"[^\W\d_]+(?:[\u0300-\u036f]+[^\W\d_]*)*")
# Cyrillic and Greek letters with the Latin ones that they look like.
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝӏАВЕКМНОРСТХУІЈЅԌԚԜαιοκνρυχϲΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijshdqwlABEKMHOPCTXYIJSGQWaiokvpuxcABEZHIKMNOPTYX",
)
_LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Oddity:
    """What is wrong with the characters *start* up to but not *end* of a phrase, and what to write instead (*hint*)."""

    message: str
    hint: str
    start: int
    end: int


def first_problem(phrase: str) -> Oddity | None:
    """Return the first character of *phrase* that is not what it looks like, or None.

    Such are invisible and reordering characters, digits and letters in disguise (raised, full-width), and letters of
    another script in a Latin word or in place of one. A BOM in front, tabs and line ends are for others to judge.
    """
    if phrase.isascii() and phrase.isprintable():
        return None
    found = [first_unseen(phrase), _disguised(phrase), _of_another_script(phrase)]
    return min((one for one in found if one is not None), key=lambda one: one.start, default=None)


def first_unseen(phrase: str) -> Oddity | None:
    """Return the first invisible or reordering character of *phrase*, or None: of `first_problem` this part."""
    for at, char in enumerate("" if phrase.isascii() and phrase.isprintable() else phrase):
        if char in "\t\n" or (char == BOM and at == 0) or not _is_unseen(char):
            continue
        word = _word(phrase, at, at + 1)
        hint = f"remove it: type `{word}` again" if word else "remove it"
        return Oddity(unseen_message(char), f"{hint}, in plain text", at, at + 1)
    return None


def name_of(char: str) -> str:
    """Return the name and the code point of *char*: `ZERO WIDTH SPACE (U+200B)`."""
    fallback = {"Cc": "CONTROL CHARACTER", "Co": "PRIVATE USE"}.get(unicodedata.category(char), "NO CHARACTER")
    return f"{_CONTROLS.get(char) or unicodedata.name(char, fallback)} (U+{ord(char):04X})"


def unseen_message(char: str) -> str:
    """Return what is said about the invisible character *char*."""
    what = "an invisible character that reorders the text" if char in _REORDERING else "an invisible character"
    return f"{what}: {name_of(char)}"


@lru_cache(maxsize=4096)
def _is_unseen(char: str) -> bool:
    return unicodedata.category(char) in _UNSEEN_CATEGORIES or _BLANK.match(char) is not None


def _word(phrase: str, start: int, end: int) -> str:
    """Return what a reader sees of the word around the characters *start* to *end*, cut if it is long."""
    while start and not phrase[start - 1].isspace():
        start -= 1
    while end < len(phrase) and not phrase[end].isspace():
        end += 1
    seen = "".join(char for char in phrase[start:end] if not _is_unseen(char))
    return seen if len(seen) <= _LONGEST_SHOWN else f"{seen[:_LONGEST_SHOWN]}…"


def _disguised(phrase: str) -> Oddity | None:
    for at, char in enumerate(phrase):
        if char.isascii():
            continue
        plain = unicodedata.normalize("NFKC", char)
        if char.isnumeric():
            return _number(char, at)
        if any(one.isascii() and one.isalnum() for one in plain):
            message = f"`{char}` is no plain letter: {name_of(char)}"
            return Oddity(message, f"write `{plain.lower()}`", at, at + 1)
    return None


def _number(char: str, at: int) -> Oddity:
    value = unicodedata.numeric(char)
    digit = char.isdigit()
    message = f"`{char}` is {'a digit that is no plain digit' if digit else 'no plain number'}: {name_of(char)}"
    whole = f"write {int(value)}" if value.is_integer() else "write it out: `half an hour`, `30 minutes`"
    return Oddity(message, whole, at, at + 1)


def _of_another_script(phrase: str) -> Oddity | None:
    words = [(match, list(map(_script, match[0]))) for match in _LETTERS.finditer(phrase)]
    beside_latin = any("LATIN" in scripts for _, scripts in words)
    for match, scripts in words:
        odd = next((at for at, script in enumerate(scripts) if script not in ("LATIN", None)), None)
        if odd is None:
            continue
        word, script = match[0], str(scripts[odd])
        shown = "Chinese" if script == "CJK" else script.capitalize()
        plain = word.translate(_LOOKALIKES)
        reads_latin = plain.isascii()
        hint = f"write `{plain}` in Latin letters" if reads_latin else "type the word again, in Latin letters"
        start = match.start() + odd
        if "LATIN" in scripts:
            message = f"the `{word[odd]}` in `{_cut(word)}` is {shown} (U+{ord(word[odd]):04X}), not Latin"
            return Oddity(message, hint, start, start + 1)
        if reads_latin and beside_latin:
            message = f"`{_cut(word)}` is {shown}, though it looks like `{_cut(plain)}`"
            return Oddity(message, hint, match.start(), match.end())
    return None


def _cut(word: str) -> str:
    return word if len(word) <= _LONGEST_SHOWN else f"{word[:_LONGEST_SHOWN]}…"


@lru_cache(maxsize=4096)
def _script(char: str) -> str | None:
    """Return the script of a letter as its name begins, `CYRILLIC`; None for marks, which go with any letter."""
    if char.isascii():
        return "LATIN"
    if unicodedata.category(char) in ("Mn", "Mc", "Me", "Lm"):
        return None
    return unicodedata.name(unicodedata.normalize("NFKC", char)[0], "UNKNOWN").partition(" ")[0]
