"""The time-of-day half of a draft: cadence, times, windows and offsets as hour, minute and second fields."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from reconciler.compiler.grammar.clauses import EACH_ALONE, Clock, NotUnderstood, Refused
from reconciler.compiler.grammar.draft import Draft, Window
from reconciler.compiler.grammar.halves import ClockSettler
from reconciler.compiler.grammar.notes import Notes
from reconciler.compiler.grammar.times import DAY, UNITS, DayTimes, TimeFields, fields_of, listed, within
from reconciler.compiler.grammar.windows import WindowReader
from reconciler.model import Conventions

PHASES = ("on after midnight", "to the end of the day")
_SIZES = {"second": 60, "minute": 60, "hour": 24}


class ClockReader:
    """Reads the time of day of one draft."""

    def __init__(self, draft: Draft, conventions: Conventions, notes: Notes, *, anchored: bool) -> None:
        self.anchored = anchored
        self.draft = draft
        self.conventions = conventions
        self.notes = notes
        cadences = [unit for unit in UNITS if unit in draft.every]
        self.cadence = cadences[0] if cadences else None
        self.n = draft.every[cadences[0]] if cadences else 1
        self.coarser = {unit: draft.every[unit] for unit in cadences[1:]}

    def read(self) -> DayTimes:
        """Return when in a day the draft is due."""
        ClockSettler(self.draft, self.conventions, self.notes).settle()
        for unit in sorted(self.draft.counted & self.draft.values.keys()):
            nth = self.draft.values[unit][0]
            self.notes.assume(f"{unit}s are numbered from 0: the one that is called {nth}")
        self._apply_past()
        draft = self.draft
        if draft.business_hours:
            self._business_hours()
        if draft.after or draft.before:
            self._half_windows()
        if draft.windows:
            return WindowReader(draft, self.notes, self.cadence, self.n, self.coarser).read()
        if draft.times:
            return self._at_times()
        if draft.not_times or draft.not_windows:
            return self._with_exceptions()
        if self.cadence is None:
            return self._offsets_only()
        return self._cadence()

    # ---- seconds and minutes past

    def _apply_past(self) -> None:
        """Let `past the hour` mean every hour and `past the minute` mean what else is said about minutes."""
        draft = self.draft
        if "second" in draft.values and self.cadence is None and "minute" not in draft.values and not draft.times:
            if not draft.past_every:
                raise Refused(
                    "it is not clear whether every minute is meant",
                    "write the minutes too",
                    instead=({"^": "every minute "}, {"^": "every hour at minute 0 "}),
                )
            self.cadence, self.n = "minute", 1

    def _business_hours(self) -> None:
        first, last = self.conventions.business_hours
        shown = f"{first:%H:%M} to {last:%H:%M}"
        self.notes.conventions["business_hours"] = f"{first:%H:%M}-{last:%H:%M}"
        self.notes.assume(f"business hours are {shown}")
        self.draft.windows.append(
            Window(Clock(first.hour, first.minute, sure=True), Clock(last.hour, last.minute, sure=True))
        )

    def _half_windows(self) -> None:
        draft = self.draft
        if draft.windows or draft.times:
            raise Refused("a span of the day is given twice", "write one span", instead=EACH_ALONE)
        if draft.before is None:
            return self._phase()
        draft.windows.append(Window(draft.after or Clock(0, sure=True), draft.before, open_end=draft.before_open))
        if draft.after is None:
            self.notes.assume("counted from 00:00")
        return None

    def _phase(self) -> None:
        """`every 8 hours starting at 05:00`: fine where counting on over midnight and stopping there are the same."""
        start = self.draft.after
        assert start is not None
        unit = next(iter(self.coarser), self.cadence)
        if unit is None:
            raise Refused(
                "a start without an interval",
                "write an interval, or a time of day",
                instead=({"time": f"at {start}"}, {"^": "every hour "}),
            )
        n = self.coarser.get(unit, self.n)
        step = n * UNITS[unit]
        on = {clock % DAY for clock in range(start.seconds, start.seconds + DAY, step)} if DAY % step == 0 else set()
        today = set(range(start.seconds, DAY, step))
        # a single start a day is not what an interval is for: `every 12 hours starting at 19:00`
        goes_on = on == today or (bool(on) and len(today) == 1) or self.notes.choice == PHASES[0]
        if unit != "hour" or not (goes_on or self.notes.choice == PHASES[1]):
            raise Refused(
                f"it is not clear whether the count from {start} goes on after midnight",
                "say from when to when",
                options=PHASES if on and unit == "hour" else (),
            )
        due = on if goes_on else today
        if due != today:
            self.notes.assume(f"the count from {start} goes on after midnight")
        self._set_hours(sorted(clock // 3600 for clock in due))
        if self.cadence == unit:
            self._put_minutes([start.minute])
            self.cadence = None
        elif start.minute:
            raise NotUnderstood("a start within the hour is not understood here", "write the hours as a list")
        self.coarser.pop(unit, None)
        self.draft.after = None

    def _set_hours(self, hours: list[int]) -> None:
        if "hour" in self.draft.values:
            raise Refused("hours are given twice", "write them in one list", instead=EACH_ALONE)
        self.draft.values["hour"] = hours

    def _put_minutes(self, minutes: list[int]) -> None:
        if minutes != [0]:
            if "minute" in self.draft.values:
                raise Refused("minutes are given twice", "write them in one list", instead=EACH_ALONE)
            self.draft.values["minute"] = minutes

    # ---- the kinds

    def _at_times(self) -> DayTimes:
        draft, times = self.draft, self.draft.times
        if draft.not_times or draft.not_windows:
            raise Refused("times are given and excepted", "write the times that are meant")
        if "hour" in draft.values or "hour" in draft.every:
            return self._hourly_with_times()
        if self.cadence is None and not draft.values:
            return DayTimes(fields_of(clock.seconds for clock in times))
        if any(clock.minute or clock.second for clock in times):
            raise Refused(
                "an interval and a time of day contradict each other",
                "write a span from one time to another, or only the time",
                instead=EACH_ALONE,
            )
        hours = listed(clock.hour for clock in times)
        within = (self._cadence() if self.cadence else self._offsets_only()).fields
        if not within:
            raise Refused(
                "an interval that runs on over midnight and a time of day contradict each other",
                "write one of the two",
                instead=EACH_ALONE,
            )
        _, minute, second = within[0]
        if self.cadence is not None:
            self.notes.assume(f"`at` {times[0]} means the whole hour from {times[0]}")
        return DayTimes(((hours, minute, second),))

    def _hourly_with_times(self) -> DayTimes:
        """`every 12 hours at 6am and 6pm`: fine where the times are as far apart as the interval says."""
        times = sorted(clock.seconds for clock in set(self.draft.times))
        step = 3600 * self.draft.every.get("hour", 0)
        alike = len(times) * step == DAY and all(later - one == step for one, later in pairwise(times))
        if alike and not (self.draft.values or self.anchored):
            return DayTimes(fields_of(times))
        raise Refused(
            "an interval of hours and a time of day contradict each other", "write one of the two", instead=EACH_ALONE
        )

    def _offsets_only(self) -> DayTimes:
        values = self.draft.values
        if not values:
            return self._no_time()
        hour = listed(values["hour"]) if "hour" in values else "*"
        minute = listed(values["minute"]) if "minute" in values else "0"
        if "second" in values and "minute" not in values and "hour" in values:
            raise Refused("the minute is not given", "write a time such as 09:00:05")
        return DayTimes(((hour, minute, listed(values.get("second", [0]))),))

    def _no_time(self) -> DayTimes:
        self.notes.assume("no time of day was given: 00:00")
        return DayTimes((("0", "0", "0"),), said=False)

    def _cadence(self) -> DayTimes:
        values, unit, n = self.draft.values, self.cadence, self.n
        assert unit is not None
        finer = {"second": (), "minute": ("second",), "hour": ("second", "minute")}[unit]
        if unit in values:
            raise Refused(
                f"every {n} {unit}s and numbered {unit}s contradict each other",
                "write one of the two",
                instead=EACH_ALONE,
            )
        if unit in self.draft.from_value:
            return self._from_value()
        if self.draft.from_value.keys() & UNITS.keys():
            return self._from_finer()
        if self.anchored:
            return self._anchored()
        if unit == "hour" and "day" in self.draft.of_units and n < 24:
            if n > 1:
                self.notes.assume(f"every {n} hours is counted from 00:00 each day")
        elif _SIZES[unit] % n and not self.coarser and not values and not self.draft.not_times:
            return self._uneven()
        elif _SIZES[unit] % n:
            raise Refused(f"every {n} {unit}s does not fit into {_SIZES[unit]}", "write an interval that does")
        fields = {part: listed(values.get(part, [0])) for part in finer}
        fields |= {part: self._coarse(part) for part in UNITS if part not in (unit, *finer)}
        fields[unit] = "*" if n == 1 else ("0" if n == _SIZES[unit] else f"*/{n}")
        if unit == "hour" and n == 24:
            fields["hour"] = "0"
            self.notes.assume("every 24 hours is counted from 00:00")
        if n == _SIZES[unit] and unit != "hour" and (_next(unit) in self.coarser or _next(unit) in values):
            raise Refused("two intervals contradict each other", "write one of the two", instead=EACH_ALONE)
        return DayTimes(((fields["hour"], fields["minute"], fields["second"]),))

    def _coarse(self, part: str) -> str:
        values = self.draft.values
        if part in values:
            if part in self.coarser and self.coarser[part] != 1:
                raise Refused(f"{part}s are given twice", "write one of the two", instead=EACH_ALONE)
            return listed(values[part])
        step = self.coarser.get(part, 1)
        if _SIZES[part] % step and not (part == "hour" and "day" in self.draft.of_units and step < 24):
            raise Refused(f"every {step} {part}s does not fit into {_SIZES[part]}", "write an interval that does")
        return "*" if step == 1 else f"*/{step}"

    def _anchored(self) -> DayTimes:
        if self.coarser or self.draft.values:
            raise Refused("an interval counted from a moment cannot be limited to some hours", "leave one of them out")
        return DayTimes(elapsed=timedelta(seconds=self.n * UNITS[str(self.cadence)]))

    def _uneven(self) -> DayTimes:
        step = self.n * UNITS[str(self.cadence)]
        if step > 3600 and step % 60 == 0 and DAY % step == 0:
            self.notes.assume(f"every {self.n} {self.cadence}s is counted from 00:00 each day")
            if step % 3600 == 0:
                hours = step // 3600
                return DayTimes(((f"*/{hours}" if hours < 24 else "0", "0", "0"),))
            return DayTimes(fields_of(range(0, DAY, step)))
        return DayTimes(elapsed=timedelta(seconds=step))

    def _from_value(self) -> DayTimes:
        """`every second from second 10`: to the end of the minute, over again."""
        unit = str(self.cadence)
        first = self.draft.from_value[unit]
        self.draft.values[unit] = list(range(first, _SIZES[unit], self.n))
        self.notes.assume(f"from {unit} {first} to the last of each {_next(unit)}")
        fields = dict.fromkeys(UNITS, "*")
        for part in UNITS:
            if part == unit:
                break
            fields[part] = listed(self.draft.values.get(part, [0]))
        fields[unit] = listed(self.draft.values[unit])
        return DayTimes(((fields["hour"], fields["minute"], fields["second"]),))

    def _from_finer(self) -> DayTimes:
        """`every 30 minutes, starting at minute 5`; `every 2 hours starting at minute 15`."""
        raise NotUnderstood("what the start counts is not understood", "write the minutes: at minute 5 and 35")

    def _with_exceptions(self) -> DayTimes:
        draft = self.draft
        if self.cadence is None and not draft.values:
            raise Refused(
                "the excepted time is not one of the schedule's", "leave the exception out", instead=({"except": ""},)
            )
        if self.cadence == "second" or "second" in draft.values:
            raise Refused("exceptions of times do not go with seconds", "write the span that is meant")
        every = self._cadence() if self.cadence else self._offsets_only()
        if every.elapsed is not None:
            raise Refused("exceptions of times do not go with this interval", "write an interval that fits an hour")
        due = {clock for member in every.fields for clock in _expanded(member)}
        out = {clock.seconds for clock in draft.not_times}
        for window in draft.not_windows:
            assert window.first is not None
            assert window.last is not None
            low, high = window.first.seconds, window.last.seconds
            out |= {clock for clock in due if clock != high and within(clock, low, high)}
            if high in due:
                self.notes.assume(f"it runs again at {window.last}")
        if draft.not_times and not out <= due:
            raise Refused(
                "the excepted time is not one of the schedule's", "leave the exception out", instead=({"except": ""},)
            )
        if due <= out:
            raise Refused("nothing is left after the exceptions", "check the exceptions")
        return DayTimes(fields_of(due - out))


def _next(unit: str) -> str:
    return {"second": "minute", "minute": "hour", "hour": "day"}[unit]


def _values(text: str, size: int) -> list[int]:
    if text == "*":
        return list(range(size))
    if text.startswith("*/"):
        return list(range(0, size, int(text[2:])))
    return [int(part) for part in text.split(",")]


def _expanded(member: TimeFields) -> list[int]:
    hours, minutes, seconds = (_values(text, size) for text, size in zip(member, (24, 60, 60), strict=True))
    return [h * 3600 + m * 60 + s for h in hours for m in minutes for s in seconds]
