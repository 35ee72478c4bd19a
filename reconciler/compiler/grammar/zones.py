"""Time zones as people name them in a phrase: where the names of `timing.zone_names` count, and where not.

A name of several zones is never resolved: it is a Question, as it is under `timezone:`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple

from reconciler.compiler.grammar.vocabulary import WORDS
from reconciler.timing import UnknownZone, equal_clocks
from reconciler.timing.zone_names import Kind, Named, asked, either, folded, has_summer_time, named, own_offset, spoken
from reconciler.timing.zones import zone_keys

# abbreviations that are words too: they count after a time of day only
_WORDS_TOO = frozenset("act art cat chat cot eat hast hat mt pet west wet wit".split())
# names that are nothing but a zone: they count after a time of day, where a place may be something else
BARE = frozenset(
    f"{us}{name}" for us in ("", "us ") for name in ("eastern", "central", "mountain", "pacific")
) | frozenset(("atlantic", "central european", "eastern european", "western european", "greenwich mean"))
_SHORTEST_TYPO, _SIMILAR, _ALIKE = 4, 0.8, 0.9
_JOINING = frozenset("-.&")
_OFFSET = re.compile(r"(?:utc|gmt) ?[+-]")
# names that an earlier program read and that are asked now, or are no zone, as it read them
_ONCE_READ = {
    "act": "Australia/ACT",
    "bajanorte": "Mexico/BajaNorte",
    "bajasur": "Mexico/BajaSur",
    "continental": "Chile/Continental",
    "denoronha": "Brazil/DeNoronha",
    "east": "Brazil/East",
    "easterisland": "Chile/EasterIsland",
    "est": "America/New_York",
    "lhi": "Australia/LHI",
    "north": "Australia/North",
    "samoa": "Pacific/Samoa",
    "south": "Australia/South",
    "west": "Australia/West",
}
_ONCE_KEYS = {"in pacific": "in Canada/Pacific", "zone est": "Etc/GMT+5", "zone mst": "America/Phoenix"}
_ONCE = re.compile(
    rf"(?<![\w/+-])(?:({'|'.join(_ONCE_KEYS)})|({'|'.join(_ONCE_READ)})(?: time)?)(?![\w/+-]| \()", re.IGNORECASE
)


class Spoken(NamedTuple):
    """A name of a zone in a phrase: how many of the texts it takes, its own text, and what it stands for."""

    size: int
    text: str
    name: Named

    @property
    def zone(self) -> str:
        """Return the zone; raise UnknownZone where the name is of several."""
        against = asked(self.text, self.name)
        if against is not None:
            raise against
        return self.name.zones[0]

    @property
    def assumed(self) -> str | None:
        """Return the name if it is of one season and its zone has two, which is then an assumption; else None."""
        seasonal = self.name.kind in (Kind.ABBREVIATION, Kind.STANDARD, Kind.SUMMER)
        return self.text if seasonal and has_summer_time(self.name.zones[0]) else None


def iana_key(word: str) -> str | None:
    """Return the zone of the IANA key or the offset that *word* is (`europe/berlin`, `UTC+2`, in any case), or None.

    Keys without a slash are none. Raises UnknownZone for an offset that is no zone.
    """
    if "/" not in word and _OFFSET.match(word.lower()) is None:
        return None
    found = named(word)
    return found.zones[0] if found is not None else None


def key_after_zone(word: str, offset: str | None) -> str | None:
    """Return the zone that *word* behind `zone` names, or None; its own *offset* in brackets may follow.

    Raises UnknownZone for what is asked, unless the offset settles it.
    """
    found = named(word)
    if found is None:
        return None
    if len(found.zones) > 1 and offset is not None:
        key = next((key for key in zone_keys() if key.lower() == word), None)
        return next((zone for zone in found.zones if key is not None and equal_clocks(key, zone)), None)
    return Spoken(1, word.upper(), found).zone


def check_offset(zone: str, word: str, offset: str) -> None:
    """Raise UnknownZone if *offset*, which follows *word* in brackets, is not that of *zone*, all year."""
    own = own_offset(zone) or own_offset(word.upper())
    if own is None or own.lower() != offset:
        meant = iana_key(offset)
        raise UnknownZone(f"`{word}` is not {offset.upper()} all year", f"write {either([zone, meant or zone])}")


@cache
def _longest() -> dict[str, int]:
    """Return for each word that names begin with the most words of such a name, `time` included."""
    found: dict[str, int] = {}
    for name in spoken():
        first, *rest = name.split()
        found[first] = max(found.get(first, 0), len(rest) + 2)
    return found


def spoken_zone(texts: Sequence[str], *, after_in: bool, after_clock: bool = False) -> Spoken | None:
    """Return the name of a zone that *texts*, words and the signs between them, begin with, or None.

    A place counts only after `in` or before `time`, those of `BARE` after a time of day too; otherwise a place in a
    phrase is not taken for a zone.
    """
    most = _longest().get(folded(texts[0]) if texts else "", 0)
    for size, said in reversed(_beginnings(texts, most)):
        bare = said.removesuffix(" time")
        timed = bare != said and bare not in _WORDS_TOO
        name = spoken().get(said) or (spoken().get(bare) if timed else None)
        if name is None or (not timed and not _counts(said, name, after_in=after_in, after_clock=after_clock)):
            continue
        letters = name.kind is Kind.ABBREVIATION or (name.kind is Kind.SUMMER and " " not in bare)
        return Spoken(size, bare.upper() if letters else said.title(), name)
    return None


def _counts(said: str, name: Named, *, after_in: bool, after_clock: bool) -> bool:
    if name.kind in (Kind.CITY, Kind.REGION):
        return after_in or (after_clock and said in BARE)
    return said not in _WORDS_TOO or after_clock


def _beginnings(texts: Sequence[str], most: int) -> list[tuple[int, str]]:
    """Return what *texts* begin with, up to *most* words: how many texts, and the words folded."""
    found: list[tuple[int, str]] = []
    words: list[str] = []
    for index, text in enumerate(texts):
        if len(words) >= most:
            break
        if text in _JOINING and words:
            continue
        if not text[:1].isalpha():
            break
        words.append(folded(text))
        found.append((index + 1, " ".join(words)))
    return found


def as_once_read(text: str) -> str:
    """Return *text* with the names of zones that an earlier program read otherwise written as it read them.

    So an entry that was compiled from such a name is still known to answer its phrase.
    """
    return _ONCE.sub(lambda match: {**_ONCE_READ, **_ONCE_KEYS}[(match[1] or match[2]).lower()], text)


def place_of(word: str) -> str | None:
    """Return the name of the city or region that *word* is, if it is one whose zone is known, or None."""
    found = spoken().get(folded(word))
    return word.title() if found is not None and found.kind in (Kind.CITY, Kind.REGION) else None


def zone_typo(word: str) -> str | None:
    """Return the name of a zone that *word*, which stands where one is expected, may be a misspelling of, or None."""
    if len(word) < _SHORTEST_TYPO or get_close_matches(word, WORDS, n=1, cutoff=_SIMILAR):
        return None
    close = get_close_matches(folded(word), spoken(), n=1, cutoff=_SIMILAR)
    return close[0].title() if close else None


def key_typo(text: str) -> str | None:
    """Return the IANA id that *text*, words with a slash between them, may be a misspelling of, or None."""
    area, *_ = text.split("/")
    cutoff = _SIMILAR if area in _areas() else _ALIKE
    close = get_close_matches(text, [key.lower() for key in sorted(zone_keys())], n=1, cutoff=cutoff)
    return iana_key(close[0]) if close else None


@cache
def _areas() -> frozenset[str]:
    return frozenset(key.partition("/")[0].lower() for key in zone_keys() if "/" in key)
