"""From what people call a time zone to its IANA id: one table for `timezone:`, for phrases and for hints.

A text names one zone, several (then it is asked, wherever it stands) or none. The names come from
`zone_table.py`, the keys and their clocks from the tzdata package. What is compiled has canonical ids; a key
that stands in a lockfile is left as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, lru_cache
from typing import NamedTuple

from reconciler.timing.zones import offset_at, zone_keys

# winter and summer of a year in which what is decided today has happened: whether a zone has both is asked of it
_SEASONS = tuple(int(datetime(2036, month, 1, tzinfo=UTC).timestamp()) for month in (1, 7))
_NOT_OFFERED = ("Etc/", "US/", "SystemV/", "Brazil/", "Canada/", "Chile/", "Mexico/")
# last parts of keys that are no city, or say something else in a phrase
_NO_CITIES = frozenset("christmas easter center act lhi north south west".split())
_OFFSET = re.compile(r"(?:(?P<of>utc|gmt) ?)?(?P<sign>[+-]) ?(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-9]{2}))?")
_FIXED = re.compile(r"Etc/GMT([+-])([1-9][0-9]?)")
_MOST_NAMED = 3
_LONGEST_ABBREVIATION = 4
_CONSIDERED = 5
_SIMILAR = 0.75


class Kind(StrEnum):
    """What sort of name it is, which decides where in a phrase it counts."""

    KEY = "key"
    ABBREVIATION = "abbreviation"
    STANDARD = "standard"
    SUMMER = "summer"
    REGION = "region"
    CITY = "city"


class Named(NamedTuple):
    """What a name stands for: canonical ids, more than one where it is asked, and what sort of name it is."""

    zones: tuple[str, ...]
    kind: Kind


class UnknownZone(ValueError):
    """A text that is not the name of one zone; *hint* says what to write."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


# ---------------------------------------------------------------- keys


@cache
def _aliases() -> dict[str, str]:
    from reconciler.timing.zone_table import ALIASES

    return {old: zone for zone, olds in ALIASES.items() for old in olds.split()}


def canonical(key: str) -> str:
    """Return the id that the IANA key *key* has today: `America/New_York` for `US/Eastern`.

    A key with its own offset behind it, as it is shown, is the key: `Etc/GMT-2 (UTC+02:00)`. A key whose letters mean
    something else to people (`EST`) has no other id than itself; what is no key is returned as it is.
    """
    bare = key.partition(" (")[0]
    if bare != key and "/" in bare and shown(bare) == key:
        key = bare
    return _aliases().get(key, key)


@cache
def _keys() -> dict[str, str]:
    return {key.lower(): key for key in sorted(zone_keys())}


def zone_names() -> list[str]:
    """Return the zones that people choose from: places, sorted, and UTC; older spellings are accepted, not offered."""
    places = {name for name in zone_keys() if "/" in name and not name.startswith(_NOT_OFFERED)}
    return ["UTC", *sorted(places)]


# ---------------------------------------------------------------- names


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Return *text* as the table has names: lower case, no accents, dots and apostrophes, words one space apart."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char) and char not in ".'\u2019")
    return " ".join(re.sub(r"[-_&]", " ", plain).split())


@cache
def spoken() -> dict[str, Named]:
    """Return what each name stands for, folded, but for the keys that are written in full and for offsets."""
    from reconciler.timing import zone_table as table

    found: dict[str, Named] = {}
    # what comes later wins: a name of its own before a city, what is asked before all
    for key in sorted(zone_keys(), key=lambda key: (canonical(key) == key, key)):
        area, _, city = key.rpartition("/")
        if area and not key.startswith(_NOT_OFFERED) and folded(city) not in _NO_CITIES:
            found[folded(city)] = Named((canonical(key),), Kind.CITY)
    for kind, rows, parted in (
        (Kind.CITY, table.CITIES, ", "),
        (Kind.REGION, table.REGIONS, ", "),
        (Kind.STANDARD, table.STANDARD, ", "),
        (Kind.SUMMER, table.SUMMER, ", "),
        (Kind.ABBREVIATION, table.ABBREVIATIONS, " "),
    ):
        found |= {name: Named((zone,), kind) for zone, names in rows.items() for name in names.split(parted)}
    return found | {name: Named(tuple(zones.split()), _asked_kind(name)) for name, zones in table.ASKED.items()}


def _asked_kind(name: str) -> Kind:
    if name.endswith(" time"):
        return Kind.STANDARD
    return Kind.ABBREVIATION if len(name) <= _LONGEST_ABBREVIATION else Kind.REGION


def named(text: str) -> Named | None:
    """Return what *text* names, in any case: a key, an offset in whole hours, an English name, a city; or None.

    Raises UnknownZone for an offset that no zone has, or only zones of places.
    """
    said = folded(text)
    name = spoken().get(said)
    if name is None and said.endswith(" time"):
        name = spoken().get(said.removesuffix(" time"))
    if name is not None and (len(name.zones) > 1 or "/" not in text):
        return name
    key = _keys().get(text.lower())
    if key is not None:
        return Named((canonical(key),), Kind.KEY)
    offset = _OFFSET.fullmatch(text.strip().lower())
    return Named((_offset_zone(offset, text),), Kind.KEY) if offset else None


# ---------------------------------------------------------------- offsets


def _offset_zone(offset: re.Match[str], text: str) -> str:
    """Return the zone of an offset in whole hours; raise UnknownZone for others, with zones that have it."""
    hours, minutes = int(offset["hours"]), int(offset["minutes"] or 0)
    ahead = offset["sign"] == "+"
    if (hours, minutes) == (0, 0):
        return "Etc/GMT" if offset["of"] == "gmt" else "UTC"
    # POSIX writes the sign the other way round: Etc/GMT-2 is two hours ahead of UTC
    key = f"Etc/GMT{'-' if ahead else '+'}{hours}"
    if minutes == 0 and key in zone_keys():
        return key
    seconds = (hours * 3600 + minutes * 60) * (1 if ahead else -1)
    places = _places_at(seconds)
    if not places:
        raise UnknownZone(f"no timezone has the offset {text}", "write the zone of a place, such as Europe/Berlin")
    season = "" if not has_summer_time(places[0]) else ", which has summer time"
    raise UnknownZone(
        f"{text} is an offset with minutes, which is no timezone by itself", f"write {either(places)}{season}"
    )


@cache
def _places_at(seconds: int) -> tuple[str, ...]:
    """Return a few zones *seconds* ahead of UTC, all year if there are such; those that names stand for first."""
    from reconciler.timing.zone_table import REGIONS

    places = [key for key in zone_names() if canonical(key) == key and seconds in _offsets(key)]
    places = [key for key in places if not has_summer_time(key)] or places
    return tuple(sorted(places, key=lambda key: (key not in REGIONS, key))[:_MOST_NAMED])


@lru_cache(maxsize=1024)
def _offsets(key: str) -> tuple[int, ...]:
    """Return the seconds that the zone *key* is ahead of UTC, in January and in July."""
    return tuple(offset_at(key, instant) for instant in _SEASONS)


def has_summer_time(key: str) -> bool:
    """Return whether the clock of the zone *key* is another in January than in July."""
    return len(set(_offsets(key))) > 1


def own_offset(key: str) -> str | None:
    """Return `UTC+02:00` for a key that does not say its offset as people do, such as `Etc/GMT-2` or `EST`, or None."""
    fixed = _FIXED.fullmatch(key)
    if fixed:
        return f"UTC{'-' if fixed[1] == '+' else '+'}{int(fixed[2]):02}:00"
    if "/" in key or key == "UTC" or len(spoken().get(key.lower(), ((), ""))[0]) < 2:
        return None
    minutes = _offsets(key)[0] // 60
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


# ---------------------------------------------------------------- what people read


def shown(key: str) -> str:
    """Return *key* as people read it: `Etc/GMT-2 (UTC+02:00)`, others as they are."""
    offset = own_offset(key)
    return f"{key} ({offset})" if offset else key


def zone_text(key: str) -> str:
    """Return the words for the zone *key* in a sentence that the phrase grammar reads back."""
    # a key without a slash may look like an abbreviation; `zone` says that it is a key
    return shown(key) if "/" in key or key == "UTC" else f"zone {shown(key)}"


def either(zones: Sequence[str]) -> str:
    """Return *zones* as what to write: `Asia/Kolkata, Europe/Dublin or Asia/Jerusalem`."""
    *others, last = map(shown, zones)
    return f"{', '.join(others)} or {last}" if others else last


def asked(text: str, name: Named) -> UnknownZone | None:
    """Return why *text*, which stands for *name*, is not read, or None if it is."""
    if len(name.zones) > 1:
        return UnknownZone(f"`{text}` may be more than one time zone", f"write {either(name.zones)}")
    if name.kind is Kind.SUMMER and not has_summer_time(name.zones[0]):
        hint = f"write {either(name.zones)}"
        return UnknownZone(f"`{text}` is a summer time, and there is none in {name.zones[0]}", hint)
    return None


# ---------------------------------------------------------------- what people declare


def check_zone(name: str) -> str:
    """Return *name* if it is an IANA key, written exactly so; raise UnknownZone with what to write otherwise."""
    if name in zone_keys():
        return name
    unknown = f"unknown timezone {name!r}"
    known = named(name)  # an offset that no zone has says so itself
    if known is not None:
        against = asked(name, known)
        raise against or UnknownZone(unknown, f"write {either(known.zones)}")
    raise UnknownZone(unknown, _nearest(name))


def declared_zone(name: str) -> str:
    """Return the canonical id of the IANA key *name*; raise UnknownZone for all else, and for what is asked."""
    zone = check_zone(canonical(name))
    against = asked_key(zone)
    if against is not None:
        raise against
    return zone


def asked_key(key: str) -> UnknownZone | None:
    """Return what has to be asked about the IANA key *key* (`EST`, `MST`) before it is compiled, or None."""
    name = spoken().get(key.lower()) if "/" not in key else None
    return asked(key, name) if name is not None else None


def _nearest(name: str) -> str:
    """Return a hint for a text that names nothing: the zone of the name that is closest, or how names look."""
    for said in _close(name):
        close = named(said)
        assert close is not None, "what is close is a key or a name"
        return f"did you mean {either(close.zones)}?"
    return "write an IANA name such as Europe/Berlin or UTC"


def _close(name: str) -> Iterator[str]:
    key = name.lower()[:60]
    letters = sorted(key)
    close = get_close_matches(key, _keys(), n=_CONSIDERED, cutoff=_SIMILAR)
    yield from sorted(close, key=lambda one: sorted(one) != letters)[:1]  # `Apai` is Apia before it is Saipan
    yield from get_close_matches(folded(name)[:60], spoken(), n=1, cutoff=_SIMILAR)
