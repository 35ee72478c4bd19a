"""Characters that are not what they look like are named, each with what to write; plain ones in any dress are not."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.characters import first_problem, first_unseen

CYRILLIC_A = "\u0430"


@pytest.mark.parametrize(
    "phrase",
    [
        "every weekday at 9am",
        "\ufeffevery day at 9am",
        "every day at 9am S\u00e3o Paulo time",
        "every day at 9am Sa\u0303o Paulo time",
        "every day at 9am in Z\u00fcrich, Troms\u00f8 and T\u014dky\u014d",
        "\u201cevery day\u201d at \u20189am\u2019",
        "9am \u2013 5pm \u2014 every\u00a0day at\u202f9:00\u2009am",
        "5 o\u2019clock",
        "5 o\u02bcclock",
        "\u2022 every day\u2026",
        "\u043a\u0430\u0436\u0434\u044b\u0439 \u0434\u0435\u043d\u044c",
        "\u6bce\u65e5",
        "every day\tat\n9am",
        "",
    ],
)
def test_what_means_what_it_looks_like_is_fine(phrase: str) -> None:
    assert first_problem(phrase) is None


@pytest.mark.parametrize(
    ("char", "name"),
    [
        ("\u200b", "ZERO WIDTH SPACE"), ("\u200d", "ZERO WIDTH JOINER"), ("\u2060", "WORD JOINER"),
        ("\ufeff", "ZERO WIDTH NO-BREAK SPACE"), ("\u00ad", "SOFT HYPHEN"), ("\u202e", "RIGHT-TO-LEFT OVERRIDE"),
        ("\u2067", "RIGHT-TO-LEFT ISOLATE"), ("\u061c", "ARABIC LETTER MARK"), ("\x00", "NULL"), ("\x1b", "ESCAPE"),
        ("\x01", "CONTROL CHARACTER"), ("\r", "CARRIAGE RETURN"), ("\u2028", "LINE SEPARATOR"),
        ("\ufe0f", "VARIATION SELECTOR-16"), ("\u3164", "HANGUL FILLER"), ("\u034f", "COMBINING GRAPHEME JOINER"),
        ("\U000e0061", "TAG LATIN SMALL LETTER A"), ("\ue000", "PRIVATE USE"), ("\u0378", "NO CHARACTER"),
    ],
)  # fmt: skip
def test_what_nobody_sees_is_named_with_the_word_to_type_again(char: str, name: str) -> None:
    phrase = f"every d{char}ay at 9am"
    found = first_problem(phrase)
    assert found is not None
    assert found == first_unseen(phrase)
    assert f"{name} (U+{ord(char):04X})" in found.message
    assert (found.start, found.end) == (7, 8)
    assert found.hint == "remove it: type `day` again, in plain text"
    assert "reorders" in found.message if name.startswith(("RIGHT", "ARABIC")) else "reorders" not in found.message
    assert first_problem(phrase[: found.start] + phrase[found.end :]) is None


@pytest.mark.parametrize(
    ("char", "says", "instead"),
    [
        ("\u00b9", "a digit that is no plain digit: SUPERSCRIPT ONE (U+00B9)", "1"),
        ("\uff13", "a digit that is no plain digit: FULLWIDTH DIGIT THREE (U+FF13)", "3"),
        ("\u0663", "a digit that is no plain digit: ARABIC-INDIC DIGIT THREE (U+0663)", "3"),
        ("\u2468", "a digit that is no plain digit: CIRCLED DIGIT NINE (U+2468)", "9"),
        ("\u216b", "no plain number: ROMAN NUMERAL TWELVE (U+216B)", "12"),
        ("\uff41", "no plain letter: FULLWIDTH LATIN SMALL LETTER A (U+FF41)", "`a`"),
        ("\u212a", "no plain letter: KELVIN SIGN (U+212A)", "`k`"),
        ("\u33c2", "no plain letter: SQUARE AM (U+33C2)", "`a.m.`"),
        ("\U0001d7da", "a digit that is no plain digit", "2"),
    ],
)
def test_a_digit_or_a_letter_in_disguise_is_named_with_the_plain_one(char: str, says: str, instead: str) -> None:
    phrase = f"every {char} day"
    found = first_problem(phrase)
    assert found is not None
    assert says in found.message
    assert found.hint == f"write {instead}"
    assert phrase[found.start : found.end] == char
    assert first_problem(phrase.replace(char, instead.strip("`"))) is None
    assert first_unseen(phrase) is None


def test_a_fraction_is_to_be_written_out() -> None:
    found = first_problem("every \u00bd hour")
    assert found is not None
    assert found.hint == "write it out: `half an hour`, `30 minutes`"


@pytest.mark.parametrize(
    ("phrase", "message", "hint"),
    [
        (f"every d{CYRILLIC_A}y", f"the `{CYRILLIC_A}` in `d{CYRILLIC_A}y` is Cyrillic (U+0430), not Latin", "`day`"),
        ("at 9\u0430m", "the `\u0430` in `\u0430m` is Cyrillic (U+0430), not Latin", "`am`"),
        ("M\u03bfnday", "the `\u03bf` in `M\u03bfnday` is Greek (U+03BF), not Latin", "`Monday`"),
        ("every d\u0561y", "the `\u0561` in `d\u0561y` is Armenian (U+0561), not Latin", "again"),
        ("every \u6bceday", "the `\u6bce` in `\u6bceday` is Chinese (U+6BCE), not Latin", "again"),
        ("every \u0440\u043e\u0440 at 9am", "`\u0440\u043e\u0440` is Cyrillic, though it looks like `pop`", "`pop`"),
        ("9am \u0410\u041d and 5pm", "`\u0410\u041d` is Cyrillic, though it looks like `AH`", "`AH`"),
    ],
)
def test_another_script_in_or_for_a_latin_word_is_named(phrase: str, message: str, hint: str) -> None:
    found = first_problem(phrase)
    assert found is not None
    assert found.message == message
    assert hint in found.hint
    assert unicodedata.name(phrase[found.start]).split()[0] != "LATIN"


def test_the_first_of_many_is_the_one_that_is_named() -> None:
    found = first_problem(f"every d{CYRILLIC_A}y at\u200b 9am \u00b9")
    assert found is not None
    assert found.start == 7


@given(st.text())
def test_every_text_is_judged_and_what_is_said_can_be_printed(phrase: str) -> None:
    found = first_problem(phrase)
    if found is None:
        assert not any(unicodedata.category(char) in ("Cc", "Cf") and char not in "\t\n\ufeff" for char in phrase)
        assert not any(char.isdigit() and not char.isascii() for char in phrase)
        return
    assert found.message.isprintable()
    assert found.hint.isprintable()
    assert 0 <= found.start < found.end <= len(phrase)


def test_nonsense_is_judged_quickly() -> None:
    started = time.process_time()
    for phrase in ("\u00e9" * 10_000, "a\u0301" * 5_000, f"{CYRILLIC_A} " * 5_000, "x " * 4_999 + "\u200b"):
        first_problem(phrase)
    assert time.process_time() - started < 1
