"""A diff as GitLab's code quality report: a JSON list that merge requests show at the lines it names."""

from __future__ import annotations

from collections import Counter

from reconciler.model import Json, digest
from reconciler.review.changes import Report
from reconciler.review.concerns import Level
from reconciler.review.diff_github import remarks
from reconciler.review.escaping import for_log

_SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "minor", Level.NOTICE: "info"}


def diff_gitlab(report: Report, *, lock_file: str) -> list[Json]:
    """Return the report; what has no place of its own is shown at *lock_file*.

    A fingerprint stays the same while the line moves, so that GitLab knows an old finding again.
    """
    found: list[Json] = []
    seen: Counter[tuple[str, str, str]] = Counter()
    for one in remarks(report):
        key = (one.code, one.title, one.message)
        seen[key] += 1
        place = one.origin
        found.append(
            {
                "type": "issue",
                "check_name": f"reconcile/{one.code}",
                "description": for_log(f"{one.title}: {one.message}"),
                "categories": ["Bug Risk"],
                "severity": _SEVERITIES[one.level],
                "fingerprint": digest([*key, seen[key]]).removeprefix("sha256:"),
                "location": {
                    "path": for_log(place.file if place else lock_file),
                    "lines": {"begin": place.line if place else 1},
                },
            }
        )
    return found
