"""Unions as JSON: the cron fields, and beside them the days counted within the month."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from reconciler.model import Json, Member, MonthDays
from reconciler.timing import fields_as_written, month_days_as_written

MONTH_DAYS = "month_days"
"""The field of what is counted; `text.py` knows which version of the lockfile it needs."""


def union_to_json(members: tuple[Member, ...]) -> dict[str, list[Json]]:
    """Return the kwargs of *members*, of either kind under its own key; an empty list if it has none."""
    counted = [dict[str, Json](one.kwargs()) for one in members if isinstance(one, MonthDays)]
    cron = [dict[str, Json](one.kwargs()) for one in members if not isinstance(one, MonthDays)]
    return {"cron": [*cron], MONTH_DAYS: [*counted]}


def union_from_json(value: Mapping[str, Any]) -> tuple[Member, ...]:
    """Return the members that *value* holds; raise ValueError, KeyError or TypeError if `union_to_json` wrote none."""
    counted = value.get(MONTH_DAYS, ())
    cron = value.get("cron", ()) if counted else value["cron"]
    members = tuple(_member(tuple(kwargs.items()), counted=False) for kwargs in cron)
    members += tuple(_member(tuple(kwargs.items()), counted=True) for kwargs in counted)
    if not members:
        raise ValueError("no cron fields")
    return members


@lru_cache(maxsize=16384)
def _member(kwargs: tuple[tuple[str, str], ...], *, counted: bool) -> Member:
    return month_days_as_written(dict(kwargs)) if counted else fields_as_written(dict(kwargs))
