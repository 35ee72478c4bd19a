"""Every spelling of a thing is the same token, and every character is in one."""

from __future__ import annotations

import pytest

from reconciler.compiler.grammar.clauses import Clock, Refused
from reconciler.compiler.grammar.text import bare
from reconciler.compiler.grammar.tokens import Words, tokens
from reconciler.compiler.grammar.vocabulary import Token


def _words(phrase: str) -> Words:
    return tokens(phrase, bare(phrase))


def _tokens(phrase: str) -> list[Token]:
    return _words(phrase).tokens


def _clocks(phrase: str) -> list[str]:
    return [str(token.value) for token in _tokens(phrase) if isinstance(token.value, Clock)]


def _shape(phrase: str) -> list[tuple[str, object]]:
    return [(token.kind, token.value) for token in _tokens(phrase)]


@pytest.mark.parametrize(
    "spelling",
    ["6:45pm", "6:45 pm", "6:45 p.m.", "6.45pm", "18:45", "18h45", "at 1845", "quarter to 7 pm", "6:45p", "6:45 PM"],
)
def test_a_quarter_to_seven_in_the_evening(spelling: str) -> None:
    assert _clocks(spelling) == ["18:45"]


@pytest.mark.parametrize(
    ("spelling", "clock"),
    [
        ("noon", "12:00"),
        ("12 noon", "12:00"),
        ("midnight", "00:00"),
        ("12am", "00:00"),
        ("12pm", "12:00"),
        ("half past nine am", "09:30"),
        ("ten to 5pm", "16:50"),
        ("nine o'clock", "09:00"),
        ("09:05:07", "09:05:07"),
    ],
)
def test_clock_spellings(spelling: str, clock: str) -> None:
    assert _clocks(spelling) == [clock]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("every twenty-five minutes", "every 25 minutes"),
        ("every twenty five minutes", "every 25 mins"),
        ("the thirty-first", "the 31st"),
        ("mon\u2013fri", "mon-fri"),
        ("EVERY DAY", "every day"),
        ("every day.", "every day"),
        ("monday & tuesday", "monday and tuesday"),
        ("monday/tuesday", "monday, tuesday"),
        ("new year\u2019s day", "new year's day"),
        ("3rd to last", "third-to-last"),
        ("every 90 minutes", "every 1.5 hours"),
    ],
)
def test_two_spellings_of_the_same_are_the_same_tokens(one: str, other: str) -> None:
    assert _shape(one) == _shape(other)


@pytest.mark.parametrize(
    ("phrase", "kind"),
    [
        ("every second", "UNIT"),
        ("every second tuesday", "ORDINAL"),
        ("every second day", "ORDINAL"),
        ("on the first and second", "ORDINAL"),
        ("every 1 second", "UNIT"),
        ("the second of every month", "ORDINAL"),
    ],
)
def test_second_is_told_from_second(phrase: str, kind: str) -> None:
    assert next(token.kind for token in _tokens(phrase) if token.text == "second") == kind


def test_a_comma_joins_values_and_parts_clauses() -> None:
    kinds = [token.kind for token in _tokens("at 9am, 10am, on Monday, Tuesday")]
    assert kinds == ["AT", "CLOCK", "JOIN", "CLOCK", "SEP", "ON", "WEEKDAY", "JOIN", "WEEKDAY"]


@pytest.mark.parametrize("text", ["25:00", "12:60", "13pm", "24:30", "2026-02-30", "0pm", "09:00+02:00", "9:00 +0530"])
def test_impossible_times_and_dates_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        _tokens(text)


@pytest.mark.parametrize(
    "phrase",
    [
        "every § day ünder the ✨ moon",
        "Run the Orders-Backup every weekday (Mon-Fri) at 9 a.m., please",
        "first Monday of January, 2027 at half past nine",
        "every 1h30m from 09:00h to 17:00 hrs, except on public holidays in Bavaria and France",
        "\u201cEVERY Caf\u00e9 DAY\u201d",
    ],
)
def test_a_token_knows_its_place_and_no_character_is_in_none(phrase: str) -> None:
    span, words = bare(phrase), _words(phrase)
    places = [(token.start, token.end) for token in (*words.tokens, *words.silent, *words.front.tokens)]
    covered = {index for start, end in places for index in range(start, end)}
    assert [phrase[at] for at in range(span.start, span.end) if at not in covered and not phrase[at].isspace()] == []


def test_what_stands_around_a_phrase_is_no_part_of_it() -> None:
    for around in (
        '"{}"',
        "`{}`",
        "# {}",
        "- {}",
        "* {}",
        "1. {}",
        "2) {}",
        "// {}",
        "\u201c{}\u201d.",
        "**{}**",
        "\ufeff{}",
    ):
        phrase = around.format("every day at 9am")
        span = bare(phrase)
        assert phrase[span.start : span.end] == "every day at 9am", around
