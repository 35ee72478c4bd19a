"""What a bug report needs to name."""

from __future__ import annotations

import sys

import tzdata  # type: ignore[import-untyped]

from reconciler import __version__


def version_text() -> str:
    """Return our version and those of what decides about times: tzdata and Python."""
    python = ".".join(map(str, sys.version_info[:3]))
    return f"reconcile {__version__} (tzdata {tzdata.IANA_VERSION}, python {python})"
