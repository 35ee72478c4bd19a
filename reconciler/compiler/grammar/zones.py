"""Time zones as people name them in a phrase: IANA keys, cities, regions, abbreviations.

An abbreviation that two zones share is never resolved: it is a Question.
"""

from __future__ import annotations

import re
from functools import cache
from zoneinfo import available_timezones

# spoken names that are no IANA city, and abbreviations with one meaning
_SPOKEN = {
    "utc": "UTC",
    "gmt": "Etc/GMT",
    "zulu": "UTC",
    "cet": "Europe/Paris",
    "cest": "Europe/Paris",
    "eet": "Europe/Athens",
    "eest": "Europe/Athens",
    "wet": "Europe/Lisbon",
    "jst": "Asia/Tokyo",
    "kst": "Asia/Seoul",
    "aest": "Australia/Sydney",
    "aedt": "Australia/Sydney",
    "nzst": "Pacific/Auckland",
    "nzdt": "Pacific/Auckland",
    "et": "America/New_York",
    "pt": "America/Los_Angeles",
    "est": "America/New_York",
    "edt": "America/New_York",
    "pdt": "America/Los_Angeles",
    "pst": "America/Los_Angeles",
    "mdt": "America/Denver",
    "cdt": "America/Chicago",
}
_WITH_TIME = {
    "eastern": "America/New_York",
    "us eastern": "America/New_York",
    "central": "America/Chicago",
    "us central": "America/Chicago",
    "mountain": "America/Denver",
    "us mountain": "America/Denver",
    "pacific": "America/Los_Angeles",
    "us pacific": "America/Los_Angeles",
    "central european": "Europe/Paris",
    "eastern european": "Europe/Athens",
    "western european": "Europe/Lisbon",
    "japan": "Asia/Tokyo",
    "indian": "Asia/Kolkata",
    "india": "Asia/Kolkata",
    "uk": "Europe/London",
    "german": "Europe/Berlin",
    "greenwich mean": "Etc/GMT",
    "coordinated universal": "UTC",
}
_EXTRA_CITIES = {
    "san francisco": "America/Los_Angeles",
    "seattle": "America/Los_Angeles",
    "boston": "America/New_York",
    "washington dc": "America/New_York",
    "miami": "America/New_York",
    "atlanta": "America/New_York",
    "dallas": "America/Chicago",
    "houston": "America/Chicago",
    "austin": "America/Chicago",
    "montreal": "America/Toronto",
    "munich": "Europe/Berlin",
    "hamburg": "Europe/Berlin",
    "frankfurt": "Europe/Berlin",
    "cologne": "Europe/Berlin",
    "geneva": "Europe/Zurich",
    "barcelona": "Europe/Madrid",
    "milan": "Europe/Rome",
    "edinburgh": "Europe/London",
    "manchester": "Europe/London",
    "mumbai": "Asia/Kolkata",
    "delhi": "Asia/Kolkata",
    "new delhi": "Asia/Kolkata",
    "bangalore": "Asia/Kolkata",
    "beijing": "Asia/Shanghai",
    "shenzhen": "Asia/Shanghai",
    "osaka": "Asia/Tokyo",
    "canberra": "Australia/Sydney",
    "wellington": "Pacific/Auckland",
}
# what an ambiguous abbreviation may mean, as zones to write instead
AMBIGUOUS = {
    "ist": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
    "cst": ("America/Chicago", "Asia/Shanghai", "America/Havana"),
    "bst": ("Europe/London", "Asia/Dhaka"),
    "mst": ("America/Denver", "America/Phoenix"),
    "ast": ("America/Halifax", "Asia/Riyadh"),
    "sst": ("Pacific/Pago_Pago", "Asia/Singapore"),
    "gst": ("Asia/Dubai", "Atlantic/South_Georgia"),
    "ct": ("America/Chicago", "Asia/Shanghai"),
    "mt": ("America/Denver", "Europe/Malta"),
    "wst": ("Pacific/Apia", "Australia/Perth"),
    "pkt": ("Asia/Karachi",),
    "msk": ("Europe/Moscow",),
}
_NOT_CITIES = {"christmas", "easter", "universal", "greenwich", "center", "general", "central", "eastern", "mountain"}
_OFFSET = re.compile(r"(?:utc|gmt)([+-])([0-9]{1,2})(?::?00)?")
_LONGEST_NAME = 4


@cache
def _cities() -> dict[str, str]:
    found: dict[str, str] = {}
    for key in sorted(available_timezones()):
        area, _, city = key.rpartition("/")
        spoken = city.replace("_", " ").replace("-", " ").lower()
        if area and not area.startswith(("Etc", "SystemV", "US", "posix", "right")) and spoken not in _NOT_CITIES:
            found.setdefault(spoken, key)
    return found | _EXTRA_CITIES


@cache
def _keys() -> dict[str, str]:
    return {key.lower(): key for key in available_timezones()}


def iana_key(word: str, *, named: bool = False) -> str | None:
    """Return the IANA key that *word* spells in any case (`europe/berlin`, `Etc/GMT+5`, `UTC+2`), or None.

    Keys without a slash count only where the phrase says that a zone is *named*.
    """
    if named:
        return _keys().get(word.lower())
    offset = _OFFSET.fullmatch(word.lower())
    if offset:
        # POSIX writes the sign the other way round: Etc/GMT-2 is two hours ahead of UTC
        sign = "-" if offset[1] == "+" else "+"
        return _keys().get(f"etc/gmt{sign}{int(offset[2])}")
    return _keys().get(word.lower()) if "/" in word else None


def is_abbreviation(spoken: str) -> bool:
    """Return whether *spoken* is an abbreviation that stands for a zone with summer time, by convention."""
    return spoken in _SPOKEN and spoken not in ("utc", "gmt", "zulu")


def spoken_zone(words: list[str], *, after_in: bool) -> tuple[int, str] | None:
    """Return how many of *words* name a zone and which, or None.

    A city counts only after `in` or before `time`; otherwise a place in a phrase is not taken for a zone.
    """
    for size in range(min(_LONGEST_NAME, len(words)), 0, -1):
        name = " ".join(words[:size])
        timed = len(words) > size and words[size] == "time"
        if timed and name in _WITH_TIME:
            return size + 1, _WITH_TIME[name]
        if name in _SPOKEN:
            return size + timed, _SPOKEN[name]
        if (timed or after_in) and name in _cities():
            return size + timed, _cities()[name]
    return None
