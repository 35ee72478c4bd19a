"""What came back from a language model, and whether it may be believed to mean anything at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from reconciler.model import CronFields, Json, Reading, Timing
from reconciler.timing import (
    FieldError,
    NeverFires,
    UnknownZone,
    canonical,
    check_fires,
    check_zone,
    cron_fields,
    cron_union,
    uneven_step,
)

FIELDS = ("year", "month", "day", "week", "day_of_week", "hour", "minute", "second")
_TEXT_OR_NULL: Json = {"type": ["string", "null"]}
_FIELD_SET: Json = {
    "type": "object",
    "properties": dict.fromkeys(FIELDS, _TEXT_OR_NULL),
    "required": list(FIELDS),
    "additionalProperties": False,
}
# Keys and shape only: a pattern on a value turns detectable nonsense into a valid wrong answer.
SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "properties": {
        "schedules": {"type": "array", "items": _FIELD_SET},
        "timezone": _TEXT_OR_NULL,
        "assumptions": {"type": "array", "items": {"type": "string"}},
        "error": _TEXT_OR_NULL,
    },
    "required": ["schedules", "timezone", "assumptions", "error"],
    "additionalProperties": False,
}
_KEYS = frozenset((*FIELDS, "schedules", "timezone", "assumptions", "error"))
_MOST_CHARACTERS = 20_000
_MOST_SETS = 24
_MOST_ASSUMPTIONS = 6


@dataclass(frozen=True, slots=True)
class Proposed:
    """A reading that is valid; whether it is right is the referee's question. *raw* are the fields as sent."""

    reading: Reading
    raw: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Declined:
    """The model said that the phrase has no certain meaning."""

    reason: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """The model answered, and the answer is no schedule."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No answer came. *retryable*: asking again later may help. *lasting*: no other phrase will fare better."""

    reason: str
    retryable: bool
    lasting: bool = False


Answer: TypeAlias = Proposed | Declined | Malformed | Unavailable


def understand(
    text: str,
    *,
    phrase: str,
    timezone: str | None,
    now: datetime,
    withheld: Callable[[str], bool] = lambda _: False,
) -> Proposed | Declined | Malformed:
    """Return what the model's *text* proposes for *phrase*, whose declared zone is *timezone*.

    An answer with anything that *withheld* finds in it is Malformed, and no part of it is repeated.
    """
    try:
        answer = _only_object(text)
        if withheld(" ".join(_texts(answer))):
            return Malformed("the answer repeats what only the model should read")
        _check_shape(answer)
        error = answer["error"]
        if error is not None:
            return Declined(_short(str(error)) or "no reason given")
        return _proposed(answer, phrase, timezone, now)
    except (ValueError, NeverFires, UnknownZone, RecursionError) as error:
        return Malformed(_short(str(error)))


def _texts(value: Json) -> Iterator[str]:
    """Yield every text in *value*, keys that are none of ours included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            if key not in _KEYS:
                yield key
            yield from _texts(one)
    elif isinstance(value, Sequence):
        for one in value:
            yield from _texts(one)


def _short(text: str) -> str:
    printable = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(printable.split())[:200]


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("the answer repeats a key")
    return dict(pairs)


def _no_constant(name: str) -> Json:
    raise ValueError(f"the answer holds {name}")


def _only_object(text: str) -> dict[str, Json]:
    """Return the one JSON object in *text*, prose and fences around it aside; raise ValueError otherwise."""
    if len(text) > _MOST_CHARACTERS:
        raise ValueError("the answer is too long")
    start = text.find("{")
    if start < 0 or "[" in text[:start]:
        raise ValueError("the answer holds no JSON object")
    decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
    found, end = decoder.raw_decode(text, start)
    if re.search(r"[{}\[\]]", text[end:]):
        raise ValueError("the answer holds more than one JSON object")
    assert isinstance(found, dict)
    return found


def _check_shape(answer: dict[str, Json]) -> None:
    import jsonschema

    error = next(iter(jsonschema.Draft202012Validator(SCHEMA).iter_errors(answer)), None)
    if error is not None:
        raise ValueError(f"{error.json_path}: {error.message}")


def _proposed(answer: dict[str, Json], phrase: str, timezone: str | None, now: datetime) -> Proposed:
    sets, zone, assumptions = answer["schedules"], answer["timezone"], answer["assumptions"]
    assert isinstance(sets, Sequence)
    assert isinstance(assumptions, Sequence)
    if not 0 < len(sets) <= _MOST_SETS:
        raise ValueError(f"the answer holds {len(sets)} field sets")
    raw = tuple({k: v for k, v in one.items() if isinstance(v, str)} for one in sets if isinstance(one, Mapping))
    named = _zone(str(zone), phrase, timezone) if zone is not None else None
    key = named or timezone
    if key is None:
        raise ValueError("neither the declaration nor the phrase names a timezone")
    timing = Timing(key, cron_union(map(_fields, raw)))
    check_fires(timing, now)
    return Proposed(Reading(timing, _stated(assumptions), zone_in_phrase=named is not None), raw)


def _stated(assumptions: Sequence[Json]) -> tuple[str, ...]:
    """Return *assumptions* as the model's words: a phrase can make it say anything, such as that it was approved."""
    if len(assumptions) > _MOST_ASSUMPTIONS:
        raise ValueError(f"the answer holds {len(assumptions)} assumptions")
    return tuple(f'"{text}", says the model' for one in assumptions if (text := _short(str(one))))


def _fields(kwargs: Mapping[str, str]) -> CronFields:
    uneven = uneven_step(kwargs)
    if uneven is not None:
        raise FieldError(uneven, f"{kwargs[uneven]} does not divide evenly")
    if re.search(r"[0-9]", kwargs.get("day_of_week", "")):
        raise FieldError("day_of_week", "write names such as mon, never numbers")
    if "/" in kwargs.get("week", ""):
        raise FieldError("week", "a step of weeks is uneven at the end of a year")
    for name in ("hour", "minute"):
        if name not in kwargs:  # left out, an hour would mean every hour
            raise FieldError(name, "give it as text")
    return cron_fields(kwargs)


def _zone(zone: str, phrase: str, declared: str | None) -> str | None:
    """Return the id of the zone that *phrase* names, None if it is the declared one; raise ValueError otherwise."""
    check_zone(zone)
    if zone != declared and (zone.startswith("Etc/GMT") or ("/" not in zone and zone not in ("UTC", "GMT"))):
        # Etc/GMT+5 is five hours behind, and an abbreviation such as IST is three zones
        raise ValueError(f"{zone} is no zone of a place; write the place's")
    text = phrase.casefold()
    city = zone.rpartition("/")[2].replace("_", " ").casefold()
    if re.search(rf"(?<!\w)(?:{re.escape(zone.casefold())}|{re.escape(city)})(?!\w)", text):
        return canonical(zone)
    if zone == declared:
        return None
    raise ValueError(f"the phrase does not name the timezone {zone}")
