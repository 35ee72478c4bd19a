"""One phrase explained: what it means, why we believe it, and when it is due."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from reconciler.lockfile import dst_to_json, limits_to_json, rule_to_json
from reconciler.model import Compiled, Evidence, Json, Question, Reading, Timing
from reconciler.review.text import Paint, moment, safe
from reconciler.timing import english, fires, on_wall, warnings_at

_LABELS = {"month_days": "counted"}
_EVIDENCE = {
    Evidence.AGREED: "agreed: the grammar and the model read the same times",
    Evidence.GRAMMAR: "grammar: read by rule, no model was asked",
    Evidence.MODEL: "model: only a model could read it; needs a human eye",
}


def due_times(timing: Timing, start: datetime, count: int) -> list[datetime]:
    """Return the first *count* due instants from *start* on, *start* included, on the wall of the timing's zone."""
    after = start - timedelta(microseconds=1)
    return [on_wall(due, timing.timezone) for due in islice(fires(timing, after), count)]


def all_warnings(reading: Reading, now: datetime) -> list[str]:
    """Return what the reading warns of, the DST changes of the coming year included."""
    return [*reading.warnings, *warnings_at(reading.timing, now)]


def explanation_json(
    phrase: str, result: Compiled | Question, *, timezone: str | None, start: datetime, count: int
) -> dict[str, Json]:
    """Return the object that `explain --json` prints for *phrase*."""
    if isinstance(result, Question):
        return {
            **_blank(phrase, "question", timezone),
            "readings": [_reading_json(reading) for reading in result.readings],
            "message": result.message if result.hint is None else f"{result.message}; {result.hint}",
        }
    reading = result.reading
    return {
        **_blank(phrase, "compiled", reading.timing.timezone),
        **_reading_json(reading),
        **limits_to_json(reading.timing),
        "dst": dst_to_json(reading.timing.dst),
        "evidence": result.evidence.value,
        "assumptions": list(reading.assumptions),
        "warnings": all_warnings(reading, start),
        "next": [due.isoformat() for due in due_times(reading.timing, start, count)],
    }


def error_json(phrase: str, message: str, timezone: str | None) -> dict[str, Json]:
    """Return the object that `explain --json` prints for a *phrase* that cannot even be read."""
    return {**_blank(phrase, "error", timezone), "message": message}


def _blank(phrase: str, status: str, timezone: str | None) -> dict[str, Json]:
    return {
        "phrase": phrase,
        "status": status,
        "timezone": timezone,
        "cron": [],
        "month_days": [],
        "interval": None,
        "start": None,
        "end": None,
        "except": [],
        "dst": None,
        "means": None,
        "evidence": None,
        "assumptions": [],
        "warnings": [],
        "readings": [],
        "message": None,
        "next": [],
    }


def _reading_json(reading: Reading) -> dict[str, Json]:
    return {"means": english(reading.timing), **rule_to_json(reading.timing)}


def explanation_text(phrase: str, result: Compiled | Question, *, start: datetime, count: int, paint: Paint) -> str:
    """Return the explanation of *phrase* for a terminal."""
    title = paint(f'"{safe(phrase)}"', "bold")
    if isinstance(result, Question):
        return "\n".join([f"{title}: {paint(safe(result.message), 'yellow')}", *question_lines(result, start)]) + "\n"
    reading = result.reading
    rows: list[tuple[str, str]] = [
        ("means", paint(english(reading.timing), "green")),
        *_rule_rows(reading.timing),
        ("evidence", _EVIDENCE[result.evidence]),
        *(("assumes", assumption) for assumption in reading.assumptions),
        *(("warning", paint(warning, "yellow")) for warning in all_warnings(reading, start)),
        *_next_rows(reading.timing, start, count),
    ]
    return "\n".join([title, *(f"  {paint(f'{name:<9}', 'dim')} {text}" for name, text in rows)]) + "\n"


def _rule_rows(timing: Timing) -> Iterator[tuple[str, str]]:
    for key, found in rule_to_json(timing).items():
        for at, member in enumerate(found if isinstance(found, list) else [found] if found else []):
            yield (_LABELS.get(key, key) if at == 0 else "", json.dumps(member))


def _next_rows(timing: Timing, start: datetime, count: int) -> Iterator[tuple[str, str]]:
    for at, due in enumerate(due_times(timing, start, count)):
        yield ("next" if at == 0 else "", moment(due, timing.timezone))


def question_lines(question: Question, now: datetime) -> Sequence[str]:
    """Return the readings of *question* with their next due times, and what to write instead."""
    lines = []
    for number, reading in enumerate(question.readings, 1):
        lines.append(f"  {number}. {english(reading.timing)}")
        lines += [f"       next {moment(due, reading.timing.timezone)}" for due in due_times(reading.timing, now, 2)]
    if question.hint:
        lines.append(f"  {safe(question.hint)}")
    return lines
