"""What clauses may not say together: `daily on Sundays`, `weekly every hour`, `from 5 to 15 of December`."""

from __future__ import annotations

from reconciler.compiler.grammar.clauses import (
    EACH_ALONE,
    Clause,
    DayPart,
    Each,
    Every,
    Months,
    Nth,
    Ordinals,
    Refused,
    UnitOnly,
    Values,
    Weekdays,
    YearDates,
)
from reconciler.compiler.grammar.draft import Draft, strong_of
from reconciler.timing.english_words import ordinal


def check_every_day(draft: Draft, previous: Clause | None, clause: Clause, separator: str | None) -> None:
    """Refuse `every day at 9am, 10am weekends`; `every day on the weekend` names the days at once."""
    core = clause.core.core if isinstance(clause.core, Each) else clause.core
    names_days = isinstance(core, Weekdays | Ordinals | Nth | YearDates) and strong_of(clause) != "EXCEPT"
    at_once = previous is not None and isinstance(previous.core, Every | DayPart)
    led = bool(clause.prefixes or separator) and len(draft.times) <= 1
    if names_days and strong_of(clause) != "FALLING" and draft.every.get("day") == 1 and not (at_once or led):
        raise _not_every_day()


def check_added(previous: Clause | None, clause: Clause, separator: str | None) -> None:
    """Refuse `every weekday and every day`, `every hour and on Mondays`: what is added is no limit of the other."""
    if previous is None or separator is None or not {"and", "&", "+", "plus", "also"} & set(separator.split()):
        return
    said = [one.core.core if isinstance(one.core, Each) else one.core for one in (previous, clause)]
    often = [isinstance(core, Every) for core in said]
    days = [
        isinstance(core, Weekdays | Ordinals | Nth | YearDates) and strong_of(one) is None
        for core, one in zip(said, (previous, clause), strict=True)
    ]
    if (often[0] and days[1]) or (days[0] and often[1]):
        raise Refused(
            "it is not clear whether `and` adds runs or days", "write a list of phrases, or leave out the and"
        )


def check_days_of_every_day(draft: Draft) -> None:
    """Refuse `daily on Sundays`, in any order; `daily on weekdays` is on each of these days."""
    if draft.every.get("day") != 1:
        return
    few = draft.weekdays is not None and len(draft.weekdays.days) == 1
    if few or len(draft.monthdays) == 1 or draft.nths or draft.dates:
        raise _not_every_day()


_COARSER = ("second", "minute", "hour", "day", "week", "month", "quarter", "half-year", "year")


def check_frequencies(draft: Draft) -> None:
    """Refuse `daily weekly`, `weekly every hour` and `once a week on Monday and Friday`."""
    if not (draft.adverbs or draft.once):
        return
    units = sorted({*draft.every, *(["hour"] if draft.past_every else [])}, key=_COARSER.index)
    coarse = [unit for unit in draft.adverbs if _COARSER.index(unit) > _COARSER.index(units[0])]
    if len(draft.adverbs) > 1 or any(unit != "day" for unit in coarse):
        alone = () if draft.names_days else EACH_ALONE  # one of them may be meant for other days
        raise Refused("two frequencies contradict each other", "write one of them", instead=alone)
    days = len(draft.weekdays.days) if draft.weekdays else len(draft.monthdays) + len(draft.nths) + len(draft.dates)
    several = len(set(draft.times)) > 1 or (days > 1 and bool(draft.every) and "day" not in draft.every)
    if draft.once and several and not set(units) & {"second", "minute", "hour"}:
        raise Refused(
            "`once` and several times contradict each other", "leave it out, or write one time", instead=EACH_ALONE
        )


def _not_every_day() -> Refused:
    hint = "name the days once, or write two phrases in a list"
    return Refused("`every day` and other days contradict each other", hint, instead=EACH_ALONE)


def check_numbers(previous: Clause | None, clause: Clause, separator: str | None) -> None:
    """Refuse `from 5 through 15 of December`: hours as such numbers are, or days of the month."""
    if previous is None or separator is not None or not isinstance(previous.core, Values):
        return
    months = isinstance(clause.core, Months) or (isinstance(clause.core, UnitOnly) and clause.core.unit == "month")
    ends = [end for item in previous.core.items for end in (item if isinstance(item, tuple) else (item,))]
    if months and clause.prefixes == ("IN",) and all(end.number for end in ends):
        first, last = ends[0].hour, ends[-1].hour
        raise Refused(
            f"it is not clear whether {first} to {last} are hours or days of the month",
            instead=(
                {previous.span: f"from {first:02}:00 to {last:02}:00"},
                {previous.span: f"from the {ordinal(first)} to the {ordinal(last)}"},
            ),
        )
