"""What the command line names: a file of text, a timezone."""

from __future__ import annotations

import sys
from pathlib import Path

from reconciler.errors import InvalidInput
from reconciler.timing import UnknownZone, check_zone

NO_ZONE = "UTC"


def text_of(file: Path) -> str:
    """Return the text of *file*, of standard input for `-`; raise InvalidInput if it cannot be read as UTF-8."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: cannot be read as text: {error}") from None


def zone_or_utc(name: str | None) -> str:
    """Return the timezone *name*, UTC where none is given; raise InvalidInput for one that does not exist."""
    if name is None:
        return NO_ZONE
    try:
        return check_zone(name)
    except UnknownZone as error:
        raise InvalidInput(str(error), hint=error.hint) from None
