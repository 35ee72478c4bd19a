"""What to write instead of words that leave the time open: `three times a day`, `end of the week`."""

from __future__ import annotations

from reconciler.compiler.grammar.clauses import Edit, Refused

_SPREAD = {
    "day": {
        1: "every day at 09:00",
        2: "every day at 09:00 and 21:00",
        3: "every day at 08:00, 14:00 and 20:00",
        4: "every 6 hours",
        6: "every 4 hours",
        8: "every 3 hours",
    },
    "week": {
        1: "every Monday",
        2: "every Monday and Thursday",
        3: "every Monday, Wednesday and Friday",
        5: "every weekday",
    },
    "month": {
        1: "on the 1st of the month",
        2: "on the 1st and 15th of the month",
        3: "on the 1st, 11th and 21st of the month",
    },
    "year": {1: "every year on 1 January", 2: "every half-year", 4: "every quarter"},
}
"""So many times a period, spread over it: an example to write instead."""
WHOLE_OF = {"second": "minute", "minute": "hour"}
FIRST = {
    "hour": ("at 00:00", "at 01:00"),
    "minute": ("at minute 0", "at minute 1"),
    "second": ("at second 0", "at second 1"),
}
EDGES = {
    ("end", "week"): ("every Friday", "every Sunday"),
    ("middle", "week"): ("every Wednesday",),
    ("start", "day"): ("every day at 00:00", "every day at 09:00"),
    ("end", "day"): ("every day at 18:00", "every day at 23:59"),
    ("middle", "day"): ("every day at 12:00",),
    ("end", "hour"): ("at minute 59 of every hour",),
    ("middle", "hour"): ("at minute 30 of every hour",),
    ("middle", "quarter"): ("on the 15th of February, May, August and November",),
    ("middle", "year"): ("every year on 1 July",),
}


def when_it_runs(n: int, unit: str, target: str | tuple[int, int]) -> Refused:
    """Return the refusal of *n* times a *unit*, with times spread over it for the clause or group *target*."""
    times = {1: "once", 2: "twice"}.get(n, f"{n} times")
    article = "an" if unit == "hour" else "a"
    spread = _SPREAD.get(unit, {}).get(n) or (
        f"every {60 // n} minutes" if unit == "hour" and n and 60 % n == 0 else ""
    )
    instead: list[Edit] = [{target: spread}] if spread else []
    return Refused(f"`{times} {article} {unit}` does not say when", "write the days and the times", instead=instead)
