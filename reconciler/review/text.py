"""The small things all reports share: safe text, times, counts, columns, colour."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reconciler.timing import on_wall

_CODES = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36", "bold": "1", "dim": "2"}
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def safe(text: str) -> str:
    """Return *text* with everything that does not print (controls, bidi marks, line ends) escaped.

    What people write reaches terminals, logs and pull requests; none of it may act there.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours text for a terminal, or leaves it alone."""

    enabled: bool = False

    def __call__(self, text: str, *styles: str) -> str:
        """Return *text* in *styles* (`red`, `bold`, …)."""
        if not self.enabled or not text:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"


def plural(count: int, noun: str) -> str:
    """Return `1 job`, `2 jobs`, `0 jobs`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def moment(instant: datetime, timezone: str) -> str:
    """Return *instant* on the wall of *timezone* and in UTC: `Mon 23 Nov 2026 09:00 CET (08:00Z)`."""
    wall, utc = on_wall(instant, timezone), instant.astimezone(UTC)
    clock = "%H:%M:%S" if wall.second else "%H:%M"
    other_day = "" if wall.date() == utc.date() else f"{utc:%a} "
    zone = wall.strftime("%Z")
    if zone == "UTC":
        return f"{wall:%a %d %b %Y} {wall.strftime(clock)} UTC"
    return f"{wall:%a %d %b %Y} {wall.strftime(clock)} {zone} ({other_day}{utc.strftime(clock)}Z)"


def ago(then: datetime, now: datetime) -> str:
    """Return how far *then* lies from *now*: `in 3 min`, `2 h ago`, `now`."""
    gap = abs(then - now)
    if gap < timedelta(seconds=1):
        return "now"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if gap >= timedelta(seconds=size):
            count = gap // timedelta(seconds=size)
            return f"in {count} {unit}" if then > now else f"{count} {unit} ago"
    raise AssertionError("unreachable: a gap of a second or more has a unit")


def columns(rows: Iterable[Sequence[str]], *, gap: str = "  ") -> list[str]:
    """Return *rows* as lines with aligned columns; colour codes take no room, the last column is not padded."""
    table = [list(row) for row in rows]
    if not table:
        return []
    widths = [max(_width(row[at]) for row in table) for at in range(len(table[0]) - 1)]
    return [gap.join([*map(_padded, row[:-1], widths), row[-1]]).rstrip() for row in table]


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(text: str) -> int:
    return len(_ANSI.sub("", text))


def command_line(argv: Sequence[str]) -> str:
    """Return an argument list as people read it: quoted where a word needs it, safe to print."""
    return " ".join(word if re.fullmatch(r"[\w@%+=:,./-]+", word, re.ASCII) else f"'{safe(word)}'" for word in argv)
