"""Write reconciler/timing/zone_table.py and docs/zones.md from CLDR, as Babel has it, and from docs/zone_lists.py.

`python -m docs.zone_table` writes both files; `--check` exits 1 if they are not what would be written. CLDR has the
old names of zones, the English names and abbreviations of its metazones, and the English names of cities.
docs/zone_lists.py holds what CLDR has not: which zone of a metazone is meant by its name, what else an abbreviation is
used for, and cities that are no IANA key.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel import Locale
from babel.core import get_cldr_version, get_global, parse_locale
from babel.localedata import locale_identifiers

from docs.zone_lists import ALSO, ASKED, CANONICAL, CITIES, GONE, LEADING, NOT_ABBREVIATIONS, REGIONS, WINTER_OF
from reconciler.timing.zone_names import folded, shown

ROOT = Path(__file__).resolve().parent.parent
TABLE, PAGE = ROOT / "reconciler/timing/zone_table.py", ROOT / "docs/zones.md"

_HEAD = '''"""The names of time zones in English, by IANA id, and old ids by the one of today. Do not edit.

`python -m docs.zone_table` wrote this from CLDR {version}; docs/zones.md tells it in full.
"""

CLDR = "{version}"
'''
PAGE_TEXT = """# Time zones

Zones are those of the IANA database, by id: `Europe/Berlin`, `America/New_York`, `UTC`. They come from the
[`tzdata`](https://pypi.org/project/tzdata/) package, never from the machine, so that the same lockfile means the same
everywhere. `reconcile --version` names its version. When a country changes its rules, renew it and start again what
runs:

```
pip install -U tzdata
```

No lockfile changes by that: an entry names the zone, and the next due times follow the new rules.

## What may be written

- `timezone:` takes an IANA id, written exactly so; for anything else the error says which id to write.
- A phrase takes an id in any case (`9am Europe/Berlin`), a place after `in` or in front of `time` (`9am in Tokyo`,
  `9am New York time`, `9am Japan time`), an English name (`9am Eastern Standard Time`, `9am Pacific`), an abbreviation
  (`9am JST`) and an offset in whole hours (`9am UTC+2`). A place that follows a time of day without either word is
  asked: it may be something else.

All of them are looked up in one table, made from CLDR {version} by `python -m docs.zone_table`. So a name means the
same zone everywhere, or it is asked everywhere.

- **Old ids** (`US/Eastern`, `Asia/Calcutta`) are accepted. What is compiled gets the id of today
  (`America/New_York`, `Asia/Kolkata`). An entry that a lockfile has already keeps the id it has, byte for byte, for
  as long as it names the same zone as `timezone:`.
- **Offsets** in whole hours, `UTC+2`, `GMT+2` or `UTC+02:00`, are the zone `Etc/GMT-2`, whose sign is that of POSIX: it
  is shown as `Etc/GMT-2 (UTC+02:00)`. Such a zone has no summer time. An offset with minutes, `UTC+5:30`, is no zone;
  the error names places that have it, such as `Asia/Kolkata`.
- **Names of a season** (`PST`, `Central European Summer Time`) mean the zone with its summer time, all year, and the
  entry states that as an assumption. A summer time that is not in force (`Japan Daylight Time`, `AWDT`) is asked.
- In a phrase `zone` in front of an id says that an id follows that looks like a word: `9am zone Japan`.

## Abbreviations that are read

One zone is known by these letters: in the English of CLDR, or in daily use where CLDR has no letters for a zone. If the
IANA database has a key of the same letters, it shows the same time; otherwise the letters are asked. `UTC`, `GMT` and
`Zulu` are the world's clock and not London's.

| letters | zone |
|---|---|
{read}

## Names that are asked

These mean two zones or more, wherever they stand: write one of those on the right. `EST` and `MST` are IANA keys
without summer time, which is not what people mean in New York or Denver. An entry that was compiled from such a name
before stays as it is.

| name | zones to write |
|---|---|
{asked}
"""
_TABLES = {
    "ALIASES": "other keys of the IANA database",
    "ABBREVIATIONS": "the letters of one zone",
    "STANDARD": "names of a zone's standard time",
    "SUMMER": "names and letters of a zone's summer time, which not every zone has today",
    "REGIONS": "names of a zone in front of `time` or after `in`, whatever the season",
    "CITIES": "cities, in front of `time` or after `in`, beside those of the keys",
}
_PARTED = {"ALIASES": " ", "ABBREVIATIONS": " "}


class Tables(NamedTuple):
    """What the table holds: for each of `_TABLES` names by zone, and zones by each name that is asked."""

    by_zone: dict[str, dict[str, list[str]]]
    asked: dict[str, list[str]]


def _canonical(key: str) -> str:
    known: Mapping[str, str] = get_global("zone_aliases")
    found = CANONICAL.get(key) or known.get(key, key)
    return CANONICAL.get(found, found)


@cache
def _leading() -> dict[str, str]:
    """Return the zone of each metazone; raise SystemExit for one of several zones that `LEADING` does not have."""
    members: dict[str, set[str]] = {}
    for zone, metazone in get_global("meta_zones").items():
        members.setdefault(metazone, set()).add(_canonical(zone))
    found = dict(LEADING)
    for metazone in Locale("en").meta_zones.keys() - LEADING.keys():
        zones = members.get(metazone, set())
        if len(zones) != 1:
            raise SystemExit(f"docs/zone_lists.py: name the zone of {metazone} in LEADING: {sorted(zones)}")
        found[metazone] = zones.pop()
    return found


def _english() -> Iterator[Locale]:
    """Yield English and its regional forms, in Latin letters."""
    names = sorted(name for name in locale_identifiers() if name == "en" or name.startswith("en_"))
    yield from (Locale.parse(name) for name in names if parse_locale(name)[2] is None)


def _names(width: str) -> Iterator[tuple[str, str, str]]:
    """Yield (name, zone, `generic`, `standard` or `daylight`) of what CLDR calls its metazones and zones."""
    for locale in _english():
        for metazone, known in locale.meta_zones.items():
            for season, name in known.get(width, {}).items():
                if (metazone, season) not in WINTER_OF and name.isascii() | (width == "long"):
                    yield name, _leading()[metazone], season
        for zone, known in locale.time_zones.items():
            for season, name in known.get(width, {}).items():
                yield name, _canonical(zone), season


def _add(table: dict[str, list[str]], key: str, names: Iterable[str]) -> None:
    table[key] = list(dict.fromkeys([*table.get(key, ()), *names]))


def _abbreviations(tables: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    """Add the abbreviations of one zone, and return the zones of the others, which are asked."""
    meanings: dict[str, list[str]] = {}
    seasons: dict[str, set[str]] = {}
    for name, zone, season in sorted(_names("short"), key=lambda row: row[1]):
        if name.isalpha() and name.lower() not in NOT_ABBREVIATIONS:
            _add(meanings, name.lower(), [zone])
            seasons.setdefault(name.lower(), set()).add(season)
    for name, zones in ALSO.items():
        _add(meanings, name, zones.split())
    for name, zones in sorted(meanings.items()):
        if len(zones) == 1:
            kind = "SUMMER" if seasons.get(name) == {"daylight"} else "ABBREVIATIONS"
            _add(tables[kind], zones[0], [name])
    return {name: zones for name, zones in meanings.items() if len(zones) > 1}


def _long(tables: dict[str, dict[str, list[str]]]) -> None:
    """Add the names that CLDR writes out: those of a season as they are, others without `time`."""
    for name, zone, season in sorted(_names("long")):
        said = folded(name)
        bare = re.sub(r"(?: standard)? time$", "", said)
        if season == "daylight":
            _add(tables["SUMMER"], zone, [said])
        elif "standard" in said.split() and said not in ASKED:
            _add(tables["STANDARD"], zone, [said])
        if season != "daylight" and bare not in ASKED:
            _add(tables["REGIONS"], zone, [bare])
    for zone, names in REGIONS.items():
        _add(tables["REGIONS"], zone, names.split(", "))


def _cities() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for zone, known in Locale("en").time_zones.items():
        said = folded(str(known.get("city", "")).partition(",")[0])
        if said and zone != "Etc/Unknown" and said != folded(zone.rpartition("/")[2]):
            _add(found, _canonical(zone), [said])
    for zone, names in CITIES.items():
        _add(found, zone, names.split(", "))
    return found


@cache
def tables() -> Tables:
    """Return everything that the table holds."""
    by_zone: dict[str, dict[str, list[str]]] = {name: {} for name in _TABLES}
    asked = _abbreviations(by_zone)
    for key in sorted({*get_global("zone_aliases"), *CANONICAL} - GONE):
        if key.lower() not in asked and _canonical(key) != key:
            _add(by_zone["ALIASES"], _canonical(key), [key])
    _long(by_zone)
    by_zone["CITIES"] = _cities()
    for name, zones in ASKED.items():
        asked[name] = zones.split()
    return Tables(by_zone, dict(sorted(asked.items())))


def table() -> str:
    """Return the text of the module."""
    found = tables()
    parts = [_HEAD.format(version=get_cldr_version())]
    for name, about in _TABLES.items():
        parts += [f"# {about}", f"{name} = {{"]
        for zone, names in sorted(found.by_zone[name].items()):
            parts += _entry(zone, names, _PARTED.get(name, ", "))
        parts.append("}")
    parts += ["# names of several zones: never resolved, always asked", "ASKED = {"]
    parts += [f'    "{name}": "{" ".join(zones)}",' for name, zones in found.asked.items()]
    return "\n".join([*parts, "}", ""])


def _entry(zone: str, names: list[str], parted: str) -> Iterator[str]:
    """Yield the lines of one zone, none longer than the formatter leaves alone."""
    line = f'    "{zone}": "{parted.join(names)}",'
    if not names:
        return
    if len(line) <= 120:
        yield line
        return
    yield f'    "{zone}": ('
    piece = ""
    for index, name in enumerate(names):
        one = name + (parted if index + 1 < len(names) else "")
        if len(piece) + len(one) > 100:
            yield f'        "{piece}"'
            piece = ""
        piece += one
    yield f'        "{piece}"'
    yield "    ),"


def page() -> str:
    """Return the text of the page about zones."""
    found = tables()
    letters = [(name, zone) for zone, names in found.by_zone["ABBREVIATIONS"].items() for name in names]
    summer = [(name, f"{zone}, in summer") for zone, names in found.by_zone["SUMMER"].items() for name in names]
    read = sorted([*letters, *(row for row in summer if " " not in row[0])])
    asked = [f"| {_title(name)} | {', '.join(map(shown, zones))} |" for name, zones in found.asked.items()]
    rows = [f"| {name.upper()} | {zone} |" for name, zone in read]
    return PAGE_TEXT.format(version=get_cldr_version(), read="\n".join(rows), asked="\n".join(asked))


def _title(name: str) -> str:
    return name.title() if " " in name or len(name) > 4 else name.upper()


def main() -> int:
    """Write both files, or say with `--check` whether they are as they would be written."""
    written = {TABLE: table(), PAGE: page()}
    if "--check" in sys.argv[1:]:
        return int(any(path.read_text(encoding="utf-8") != text for path, text in written.items()))
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
