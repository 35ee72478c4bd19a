"""What the command line names: a file of text, a timezone."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from reconciler.errors import InvalidInput, UsageError
from reconciler.timing import UnknownZone, declared_zone

NO_ZONE = "UTC"
_FIRST_YEAR, _LAST_YEAR = 1970, 9000


def text_of(file: Path) -> str:
    """Return the text of *file*, of standard input for `-`; raise InvalidInput if it cannot be read as UTF-8."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: cannot be read as text: {error}") from None


def zone_or_utc(name: str | None) -> str:
    """Return the id of the timezone *name*, UTC where none is given; raise InvalidInput if it is not one zone."""
    if name is None:
        return NO_ZONE
    try:
        return declared_zone(name)
    except UnknownZone as error:
        raise InvalidInput(str(error), hint=error.hint) from None


def instant_or_now(text: str | None, zone: str) -> datetime:
    """Return the instant that `--from` names, on the wall of *zone* unless it says its own; now, without one."""
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--from: not a time: {text!r}", hint="write it as 2026-03-01T09:00 or 2026-03-01") from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        hint = f"write a time of the years {_FIRST_YEAR} to {_LAST_YEAR}"
        raise UsageError(f"--from: nothing is worked out for the year {found.year}", hint=hint)
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
