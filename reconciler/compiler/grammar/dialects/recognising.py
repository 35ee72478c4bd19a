"""Whose notation a phrase is in, by its shape alone. English is nobody's."""

from __future__ import annotations

import re
from collections.abc import Callable

from reconciler.compiler.grammar.clauses import Refused
from reconciler.compiler.grammar.dialects.calendars import is_calendar, read_calendar
from reconciler.compiler.grammar.dialects.counted import (
    is_iso,
    is_rate,
    is_timer,
    read_every,
    read_iso,
    read_rate,
    read_timer,
)
from reconciler.compiler.grammar.dialects.lines import (
    is_line,
    is_wrapped,
    is_zoned,
    line_within,
    read_line,
    read_line_within,
    read_wrapped,
    read_zoned,
)
from reconciler.compiler.grammar.dialects.recurrences import is_rule, read_rule
from reconciler.model import Reading

Reader = Callable[[str, str], Reading]
"""Reads a text in the zone that is declared; raises Refused."""

_LONGEST = 1000  # every value of every field listed is shorter
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”"}
_MOST_LAYERS = 4
_ONCE = re.compile(r"at\s*\(\s*[0-9]{4}-[0-9T:-]*\s*\)", re.IGNORECASE | re.ASCII)


def reader_of(phrase: str) -> tuple[Reader, str] | None:
    """Return who reads *phrase* and the text to give them, or None where it is in no notation known here."""
    text = unwrapped(phrase)
    if not text or len(text) > _LONGEST:
        return None
    reader = next((read for recognised, read in _NOTATIONS if recognised(text)), None)
    return (reader, text) if reader else None


def unwrapped(phrase: str) -> str:
    """Return *phrase* without the quotes, the list mark or the comment sign around it.

    A star in front stays: it may be a field.
    """
    text = phrase.strip().lstrip("\ufeff").strip()
    for _ in range(_MOST_LAYERS):
        text = text.rstrip(".;!")
        if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
            text = text[1:-1].strip()
        elif text.startswith(("- ", "# ")):
            text = text[2:].strip()
        else:
            break
    return text


def _is_once(text: str) -> bool:
    return bool(_ONCE.fullmatch(text))


def _read_once(text: str, _zone: str) -> Reading:
    raise Refused(f"`{text}` is one moment of EventBridge's, and a schedule repeats", "name the days and the times")


_NOTATIONS: tuple[tuple[Callable[[str], bool], Reader], ...] = (
    (lambda text: text.split()[0].lower() == "@every", read_every),
    (is_zoned, read_zoned),
    (is_timer, read_timer),
    (is_calendar, read_calendar),
    (is_rule, read_rule),
    (is_wrapped, read_wrapped),
    (is_rate, read_rate),
    (_is_once, _read_once),
    (is_iso, read_iso),
    (is_line, read_line),
    (lambda text: line_within(text) is not None, read_line_within),
)
