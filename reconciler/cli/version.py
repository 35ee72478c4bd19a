"""What a bug report needs to name."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from reconciler import __version__


def version_text() -> str:
    """Return our version and those of what decides about times: APScheduler, tzdata and Python."""
    return (
        f"reconcile {__version__} "
        f"(apscheduler {_installed('apscheduler')}, tzdata {_installed('tzdata')}, python {platform.python_version()})"
    )


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
