"""The freeze of a lockfile as JSON and as text: a block before the entries, under a name that no schedule can have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from reconciler.lockfile.unions import union_from_json, union_to_json
from reconciler.model import DstPolicy, Freeze, Json, Timing, digest
from reconciler.timing import check_zone

NAME = "change freeze"
EVERY_MINUTE = DstPolicy(gap="skip", overlap="both")
"""The frozen minutes are instants: each of them counts, and none that does not exist."""


def freeze_to_json(freeze: Freeze) -> dict[str, Json]:
    """Return *freeze* as the fields of the lockfile, in their order, without checksum."""
    rule = freeze.timing.rule
    assert isinstance(rule, tuple)
    shown: dict[str, Json] = {
        "when": list(freeze.when),
        "means": freeze.means,
        "timezone": freeze.timing.timezone,
        **union_to_json(rule),
        "start": _date_text(freeze.timing.start),
        "end": _date_text(freeze.timing.end),
        "except": [day.isoformat() for day in freeze.timing.exclude],
        "reason": freeze.reason,
        "source": freeze.source,
    }
    return {key: value for key, value in shown.items() if value not in (None, [])}


def _date_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def freeze_from_json(value: Mapping[str, Any]) -> Freeze:
    """Return the freeze that `freeze_to_json` gives as *value*; raise ValueError, KeyError or TypeError for others."""
    timing = Timing(
        check_zone(value["timezone"]),
        union_from_json(value),
        dst=EVERY_MINUTE,
        start=date.fromisoformat(value["start"]) if "start" in value else None,
        end=date.fromisoformat(value["end"]) if "end" in value else None,
        exclude=tuple(date.fromisoformat(text) for text in value.get("except", ())),
    )
    return Freeze(tuple(value["when"]), value["means"], timing, value["source"], value.get("reason"))


def freeze_checksum(freeze: Freeze) -> str:
    """Return the checksum of *freeze*: over every field that the lockfile shows."""
    return digest({"id": NAME, **freeze_to_json(freeze)})


def freeze_text(freeze: Freeze) -> str:
    """Return *freeze* as one line of JSON, for where it is remembered beside the lockfile."""
    return json.dumps(freeze_to_json(freeze), ensure_ascii=False)
