"""Schedules that are written for a program: crontab's names such as `@daily` here, all others in `dialects`."""

from __future__ import annotations

from difflib import get_close_matches

from reconciler.compiler.grammar.clauses import Refused
from reconciler.compiler.grammar.dialects import reader_of, unwrapped
from reconciler.compiler.grammar.dialects.lines import read_fields
from reconciler.compiler.grammar.dialects.programs import CRONSIM_WITH_SECONDS, CRONTAB, timing_of
from reconciler.model import Reading, Timing

_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_IN_WORDS = {
    "@every_minute": "every minute",
    "@every_second": "every second",
    "@minutely": "every minute",
    "@secondly": "every second",
    "@weekdays": "every weekday at 00:00",
    "@weekends": "every weekend at 00:00",
}


def looks_like_crontab(phrase: str) -> bool:
    """Return whether *phrase* is a schedule of some program's, right or wrong, and no English."""
    line = unwrapped(phrase)
    return (line[:1] == "@" and not line[1:2].isspace()) or reader_of(phrase) is not None


def read_crontab(phrase: str, *, timezone: str | None) -> Reading:
    """Return what *phrase*, which `looks_like_crontab`, means.

    Raises Refused for what is wrong, what programs read differently, and what stands here in words.
    """
    found = reader_of(phrase)
    # what is refused is refused without a zone too, for a better reason
    zone = timezone or "UTC"
    reading = found[0](found[1], zone) if found else _read_nickname(unwrapped(phrase), zone)
    if timezone is None:
        raise Refused("no time zone is declared", "set `timezone:`")
    return reading


def read_cronsim(line: str, *, timezone: str) -> Timing:
    """Return what *line* means in the syntax of cronsim: five fields, or six with the seconds first; or `@daily`.

    For files that say which syntax they are in. Raises Refused for what is wrong.
    """
    words = line.lower().split()
    if len(words) not in (5, 6) and not line.startswith("@"):
        raise Refused(f"`{line}` is no crontab expression", "write five fields, such as `0 9 * * 1-5`")
    if line.startswith("@"):
        return read_crontab(line, timezone=timezone).timing
    return timing_of(words, CRONTAB if len(words) == 5 else CRONSIM_WITH_SECONDS, timezone)


def _read_nickname(text: str, zone: str) -> Reading:
    name, _, rest = text.partition(" ")
    known = name.lower()
    if known in _NICKNAMES and not rest:
        return read_fields(_NICKNAMES[known].split(), zone)
    if known in _NICKNAMES:
        raise Refused(
            f"{rest.strip()[:40]!r} stands after `{known}`, which says all by itself",
            f"write `{known}` in `when:` and a command in `run:`, or a sentence such as `every day at 09:00`",
        )
    if known == "@reboot":
        raise Refused("jobs do not run because the machine starts", "write times, such as `every day at 09:00`")
    if known in _IN_WORDS:
        raise Refused(f"`{known}` is not crontab's", f"write `{_IN_WORDS[known]}`")
    close = get_close_matches(known[:40], _NICKNAMES, n=1, cutoff=0.7)
    names = f"write `{close[0]}`" if close else f"the names are {', '.join(_NICKNAMES)}"
    raise Refused(f"`{name[:40]}` is not supported", names)
