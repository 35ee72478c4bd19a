"""Which clauses an exception goes on to: `except on Sundays and in August`."""

from __future__ import annotations

from reconciler.compiler.grammar.clauses import Clause, Dates, Holidays, Refused, Separator, Values
from reconciler.compiler.grammar.draft import group_of, strong_of


def exceptions_carried_on(parts: list[Clause | Separator]) -> list[Clause | Separator]:
    """Return *parts* with what goes on an exception of dates or holidays marked as one.

    `except on Sundays and 2026-12-24` leaves out both, `except on 2026-12-24 and Sundays` too; where a
    time or other days follow, nobody can tell: Refused.
    """
    found: list[Clause | Separator] = []
    previous: Clause | None = None
    separator: str | None = None
    for index, part in enumerate(parts):
        if isinstance(part, Separator):
            separator = part.text
            previous = None if ";" in part.text else previous
        else:
            if previous is not None and strong_of(previous) == "EXCEPT" and strong_of(part) is None:
                part = _carried_on(previous, separator, part, parts[index + 1 :])  # noqa: PLW2901  as it is meant
            previous, separator = part, None
        found.append(part)
    return found


def _carried_on(previous: Clause, separator: str | None, clause: Clause, rest: list[Clause | Separator]) -> Clause:
    excepted = Clause(("EXCEPT", *clause.prefixes), clause.core)
    if isinstance(clause.core, Dates | Holidays):
        return excepted if separator is not None else clause
    if not isinstance(previous.core, Dates | Holidays) or group_of(clause) not in ("day", "scope", "period"):
        return clause
    goes_on = any(isinstance(one, Clause) and group_of(one) != "whole" for one in rest)
    if separator is None or "and" not in separator or goes_on:
        raise Refused("it is not clear what the exception covers", "put the exception last")
    return excepted


def still_excepted(clause: Clause, previous: Clause | None, separator: str | None) -> Clause:
    """Return *clause* as an exception if it goes on one: `except on Sundays and in August`."""
    if previous is None or strong_of(previous) != "EXCEPT" or strong_of(clause) == "EXCEPT":
        return clause
    group = group_of(clause)
    if separator is not None and "and" in separator and group in ("day", "scope") and not strong_of(clause):
        return Clause(("EXCEPT", *clause.prefixes), clause.core)
    a_time = group == "time" and isinstance(clause.core, Values) and "and" not in (separator or "")
    if group in ("day", "scope", "period", "time") and not a_time:
        raise Refused("it is not clear what the exception covers", "put the exception last")
    return clause
