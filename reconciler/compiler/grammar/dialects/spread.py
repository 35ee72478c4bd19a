"""Jenkins's `H` and cron's `~`: the program chooses a time, where a schedule in git names it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from reconciler.compiler.grammar.clauses import Refused

_LOWEST = {2: "1", 3: "1", 4: "1"}  # of the day, the month and the weekday
_HASHED = re.compile(r"H(?:\(([0-9]{1,2})-([0-9]{1,2})\))?(?:/([0-9]{1,3}))?", re.ASCII)
_RANDOM = re.compile(r"([0-9]{0,2})~([0-9]{0,2})(?:/([0-9]{1,3}))?", re.ASCII)


def is_spread(word: str) -> bool:
    """Return whether a field leaves the choice to the program: `H`, `H(0-29)/10`, `0~30`."""
    return any(_HASHED.fullmatch(item) or _RANDOM.fullmatch(item) for item in word.split(","))


def refuse_spread(words: Sequence[str], check: Callable[[Sequence[str]], object]) -> None:
    """Raise Refused, with one choice of times; *check* raises it for fields that are wrong beside."""
    chosen = [",".join(_chosen(item, place) for item in word.split(",")) for place, word in enumerate(words)]
    check(chosen)
    hashed = any("H" in word for word in words)
    sign, who = ("H", "Jenkins picks a time by the job's name") if hashed else ("~", "cron picks a time by chance")
    raise Refused(
        f"`{sign}` says that {who}; here the schedule names it",
        f"write the values that you want, such as `{' '.join(chosen)}`; `jitter:` spreads the starts",
    )


def _chosen(item: str, place: int) -> str:
    lowest = _LOWEST.get(place, "0")
    hashed = _HASHED.fullmatch(item)
    if hashed:
        first, last, step = hashed.groups()
        if step:
            return f"{first}-{last}/{step}" if first else f"*/{step}"
        return first or lowest
    drawn = _RANDOM.fullmatch(item)
    return (drawn[1] or lowest) if drawn else item
