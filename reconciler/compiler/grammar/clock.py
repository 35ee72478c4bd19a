"""The time-of-day half of a draft: cadence, times, windows and offsets as hour, minute and second fields."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import time, timedelta

from reconciler.compiler.grammar.clauses import EACH_ALONE, Clock, NotUnderstood, Refused
from reconciler.compiler.grammar.draft import Draft, Window
from reconciler.compiler.grammar.times import DAY, TimeFields, fields_of, listed, stepped
from reconciler.model import Conventions

_UNITS = {"second": 1, "minute": 60, "hour": 3600}
HALVES = ("rising", "forenoon", "afternoon")
_IN_PARTS = {"afternoon": "3pm", "night": "10pm"}
PHASES = ("on after midnight", "to the end of the day")
_NIGHT_ENDS = 6  # o'clock
NIGHTS = ("the date that is named", "the morning after")
_MOST_CLOCKS = 5000
_SIZES = {"second": 60, "minute": 60, "hour": 24}


@dataclass(slots=True)
class Notes:
    """What a reading takes for granted, as it is found out."""

    assumptions: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    conventions: dict[str, str] = field(default_factory=dict)
    choice: str | None = None

    def assume(self, sentence: str) -> None:
        """Add *sentence* once."""
        if sentence not in self.assumptions:
            self.assumptions.append(sentence)


@dataclass(frozen=True, slots=True)
class DayTimes:
    """When in a day: field sets, or a step of elapsed time that no day can hold; *said* unless midnight was assumed."""

    fields: tuple[TimeFields, ...] = ()
    elapsed: timedelta | None = None
    said: bool = True


class ClockReader:
    """Reads the time of day of one draft."""

    def __init__(self, draft: Draft, conventions: Conventions, notes: Notes, *, anchored: bool) -> None:
        self.anchored = anchored
        self.draft = draft
        self.conventions = conventions
        self.notes = notes
        cadences = [unit for unit in _UNITS if unit in draft.every]
        self.cadence = cadences[0] if cadences else None
        self.n = draft.every[cadences[0]] if cadences else 1
        self.coarser = {unit: draft.every[unit] for unit in cadences[1:]}

    def read(self) -> DayTimes:
        """Return when in a day the draft is due."""
        self._settle_clocks()
        for unit in sorted(self.draft.counted):
            nth = self.draft.values[unit][0]
            self.notes.assume(f"{unit}s are numbered from 0: the one that is called {nth}")
        self._apply_past()
        draft = self.draft
        if draft.business_hours:
            self._business_hours()
        if draft.after or draft.before:
            self._half_windows()
        if draft.windows:
            return self._in_windows()
        if draft.times:
            return self._at_times()
        if draft.not_times or draft.not_windows:
            return self._with_exceptions()
        if self.cadence is None:
            return self._offsets_only()
        return self._cadence()

    # ---- am and pm

    def _settle_clocks(self) -> None:
        draft = self.draft
        self._end_of_day()
        draft.times = self._settled(draft.times)
        draft.not_times = self._settled(draft.not_times)
        for window in [*draft.windows, *draft.not_windows]:
            if window.first and window.last:
                window.first, window.last = self._settled_pair(window.first, window.last)
        if draft.after and draft.before:
            draft.after, draft.before = self._settled_pair(draft.after, draft.before)
        elif draft.after:
            draft.after = self._settled([draft.after])[0]
        elif draft.before:
            draft.before = self._settled([draft.before])[0]
        if draft.part and not draft.times and not draft.windows:
            self._part_alone()
        self._night()

    def _end_of_day(self) -> None:
        """Read 24:00 as the midnight that ends the day, where that is the same on every day."""
        draft = self.draft
        for window in (*draft.windows, *draft.not_windows):
            if window.last is not None and window.last.hour == 24:
                window.last, window.open_end = replace(window.last, hour=0, sure=True), True
        if draft.before is not None and draft.before.hour == 24:
            draft.before, draft.before_open = replace(draft.before, hour=0, sure=True), True
        starts = [*draft.times, *draft.not_times, *(window.first for window in draft.windows), draft.after]
        if not any(clock is not None and clock.hour == 24 for clock in starts):
            return
        if draft.names_days or draft.windows or draft.after or draft.not_times:
            raise Refused("24:00 is the midnight that ends the day", "write 00:00 and the day that begins then")
        draft.times = [replace(clock, hour=clock.hour % 24, sure=True) for clock in draft.times]
        self.notes.assume("24:00 is the midnight that ends the day")

    def _night(self) -> None:
        """Ask which date `Saturday night at 1am` is on; `Friday at midnight` is when Friday begins."""
        draft = self.draft
        early = [clock for clock in draft.times if clock.hour < _NIGHT_ENDS]
        if draft.part == "night" and early and draft.names_days:
            if self.notes.choice not in NIGHTS:
                raise Refused(
                    f"{early[0]} in the night of a day may be on that date or on the next",
                    "write the date that is meant, without the night",
                    options=NIGHTS if draft.only_weekdays and len(early) == len(draft.times) else (),
                )
            draft.day_after = self.notes.choice == NIGHTS[1]
        elif early and draft.weekdays and draft.weekdays.span and len(draft.weekdays.days) == 2:
            raise Refused(
                f"{early[0]} from one day to the next may be one night or two",
                "write the date that is meant",
            )
        elif draft.names_days and any(clock.halved and clock.seconds == 0 for clock in draft.times):
            self.notes.assume("midnight is 00:00, when the day begins")

    def _part_alone(self) -> None:
        part = self.draft.part
        if self.cadence is not None:
            raise Refused(f"it is not clear when the {part} begins and ends", "write a span from one time to another")
        known = {"morning": self.conventions.morning, "evening": self.conventions.evening}
        if part not in known:
            raise Refused(
                f"no time of the {part} is given",
                "write the time",
                instead=({"$": f" at {_IN_PARTS.get(part or '', '9am')}"},),
            )
        at: time = known[part]
        self.draft.times = [Clock(at.hour, at.minute, at.second, sure=True)]
        self.notes.conventions[part] = f"{at:%H:%M}"
        self.notes.assume(f"the {part} is {at:%H:%M}, by the project's conventions")

    def _settled(self, clocks: list[Clock], *, pair: bool = False) -> list[Clock]:
        """Return *clocks* on the 24-hour clock; raise Refused where am and pm are both likely."""
        part = self.draft.part
        if part:
            return [_in_part(clock, part) for clock in clocks]
        on_24 = any(clock.hour > 12 or clock.hour == 0 for clock in clocks)
        on_24 = on_24 and not any(clock.halved for clock in clocks)
        clocks = self._sharing_a_half(clocks)
        if any(clock.bare for clock in clocks) and not on_24:
            return self._bare(clocks, HALVES[1:] if pair or len(clocks) == 1 else HALVES)
        for clock in clocks:
            if not clock.sure:
                self.notes.assume(f"{clock} is read on the 24-hour clock")
        return clocks

    def _bare(self, clocks: list[Clock], choices: tuple[str, ...]) -> list[Clock]:
        """Return *clocks* by the choice made; raise Refused with the *choices* there are if none was made."""
        if self.notes.choice == HALVES[0] and self.notes.choice in choices:
            return _rising(clocks)
        if self.notes.choice in HALVES[1:]:
            morning = self.notes.choice == HALVES[1]
            return [(c.forenoon() if morning else c.afternoon()) if c.bare else c for c in clocks]
        bare = next(clock for clock in clocks if clock.bare)
        shown = f"{bare.hour}:{bare.minute:02}" if bare.minute else str(bare.hour)
        raise Refused(
            f"`{shown}` may be morning or evening",
            f"write {bare.forenoon()} or {bare.afternoon()}",
            options=choices,
        )

    def _sharing_a_half(self, clocks: list[Clock]) -> list[Clock]:
        """Return `9, 10 and 11am` with all of them in the morning: they rise to the one that says so."""
        *before, last = clocks or [Clock(0)]
        if not (before and last.halved and last.hour % 12 and all(clock.bare for clock in before)):
            return clocks
        shared = [clock.afternoon() if last.hour > 12 else clock.forenoon() for clock in before]
        rising = [clock.seconds for clock in (*shared, last)]
        if rising != sorted(set(rising)):
            return clocks
        self.notes.assume(f"{', '.join(map(str, shared))}: in the same half of the day as {last}")
        return [*shared, last]

    def _settled_pair(self, first: Clock, last: Clock) -> tuple[Clock, Clock]:
        """Return both ends of a window; `2 to 4pm` gives its pm to both."""
        if first.bare and last.sure and not last.bare and last.hour >= 12 and first.hour < 12:
            if first.afternoon().seconds < last.seconds and first.hour != 12:
                if self.notes.choice in HALVES[1:]:
                    return (first.forenoon() if self.notes.choice == HALVES[1] else first.afternoon()), last
                raise Refused(
                    f"{first.hour} may be morning or afternoon",
                    f"write {first.forenoon()} or {first.afternoon()}",
                    options=HALVES[1:],
                )
            return first.forenoon(), last
        if first.bare and last.bare and not self.draft.part and self.notes.choice in HALVES[1:]:
            begin = first.forenoon() if self.notes.choice == HALVES[1] else first.afternoon()
            later = [face for face in (last.forenoon(), last.afternoon()) if face.seconds > begin.seconds]
            return begin, (later or [last.forenoon()])[0]
        pair = self._settled([first, last], pair=True)
        return pair[0], pair[1]

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
        step = n * _UNITS[unit]
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
        if self.draft.from_value.keys() & _UNITS.keys():
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
        fields |= {part: self._coarse(part) for part in _UNITS if part not in (unit, *finer)}
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
        return DayTimes(elapsed=timedelta(seconds=self.n * _UNITS[str(self.cadence)]))

    def _uneven(self) -> DayTimes:
        step = self.n * _UNITS[str(self.cadence)]
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
        fields = dict.fromkeys(_UNITS, "*")
        for part in _UNITS:
            if part == unit:
                break
            fields[part] = listed(self.draft.values.get(part, [0]))
        fields[unit] = listed(self.draft.values[unit])
        return DayTimes(((fields["hour"], fields["minute"], fields["second"]),))

    def _from_finer(self) -> DayTimes:
        """`every 30 minutes, starting at minute 5`; `every 2 hours starting at minute 15`."""
        raise NotUnderstood("what the start counts is not understood", "write the minutes: at minute 5 and 35")

    # ---- windows

    def _in_windows(self) -> DayTimes:
        draft = self.draft
        if draft.times or draft.not_times or draft.not_windows:
            raise Refused("times and spans of the day are mixed", "write one of the two")
        if "hour" in draft.values:
            raise Refused("hours and spans of the day are mixed", "write one of the two")
        cadence = self.cadence
        if cadence is None and "minute" in draft.values:
            cadence = "hour"
        if cadence is None:
            raise Refused(
                "how often within the span is not said",
                "write an interval, such as every 15 minutes",
                instead=({"^": "every hour "}, {"^": "every 15 minutes "}),
            )
        if cadence == "second":
            return self._seconds_in_window()
        due: set[int] = set()
        for window in draft.windows:
            due |= self._window_clocks(window, cadence)
        if not due:
            raise Refused("nothing is due within the span", "check the span and the interval")
        return DayTimes(fields_of(due))

    def _window_clocks(self, window: Window, cadence: str) -> set[int]:
        first, last = window.first, window.last
        assert first is not None
        assert last is not None
        low, high = first.seconds, last.seconds
        if low == high:
            raise Refused("the span begins and ends at the same time", "write two different times")
        if window.open_end:
            high = (high - 1) % DAY
        due = set(self._aligned(window, low, high, cadence))
        end = last.seconds
        if end in due:
            self.notes.assume(f"{last} is the last start")
        elif window.open_end:
            self.notes.assume(f"nothing starts at {last} itself")
        elif due:
            late = max(clock if clock >= low else clock + DAY for clock in due) % DAY
            self.notes.assume(f"the last start is {late // 3600:02}:{late // 60 % 60:02}")
        return due

    def _aligned(self, window: Window, low: int, high: int, cadence: str) -> list[int]:
        step = self.n * _UNITS[cadence] if self.cadence else 3600
        values = self.draft.values
        if cadence == "hour":
            if "minute" not in values and "second" not in values:
                self._check_alignment(window, low, step, 3600)
                return stepped(low, high, step)
            base = low // 3600 * 3600
            offsets = [
                minute * 60 + second for minute in values.get("minute", [0]) for second in values.get("second", [0])
            ]
            return [
                (clock + offset) % DAY
                for clock in stepped(base, high, step)
                for offset in offsets
                if _within((clock + offset) % DAY, low, high)
            ]
        if cadence in values or self.coarser.keys() - {"hour"} or self.coarser.get("hour", 1) != 1:
            raise NotUnderstood("two intervals within a span are not understood", "write one interval")
        self._check_alignment(window, low, step, step if 3600 % step == 0 else 60)
        seconds = values.get("second", [0])
        return [(clock + second) % DAY for clock in stepped(low, high, step) for second in seconds]

    def _seconds_in_window(self) -> DayTimes:
        """Seconds by whole minutes: the span's last minute is due in its first second only, `:59` throughout."""
        draft = self.draft
        first, last = draft.windows[0].first, draft.windows[0].last
        assert first is not None
        assert last is not None
        if len(draft.windows) > 1 or draft.values.keys() - {"minute"} or self.coarser.keys() - {"minute", "hour"}:
            raise NotUnderstood("intervals of seconds within these spans are not understood", "write a list of phrases")
        if first.second or last.second:
            return self._odd_seconds(first.seconds, last.seconds)
        if 60 % self.n or any(step != 1 for step in self.coarser.values()) or first == last:
            raise NotUnderstood(
                "this interval of seconds within a span is not understood", "write one that divides a minute"
            )
        minutes = set(draft.values.get("minute", range(60)))
        whole = stepped(first.seconds, last.seconds, 60)
        end: tuple[TimeFields, ...] = ()
        if last.minute != 59:
            whole = whole[:-1]
            self.notes.assume(
                f"nothing starts at {last} itself" if draft.windows[0].open_end else f"{last} is the last start"
            )
            if not draft.windows[0].open_end and last.minute in minutes:
                end = ((str(last.hour), str(last.minute), "0"),)
        else:
            self.notes.assume(f"the span ends with the minute {last}")
        seconds = "*" if self.n == 1 else "0" if self.n == 60 else f"*/{self.n}"
        kept = fields_of(clock for clock in whole if clock // 60 % 60 in minutes)
        if not kept:
            raise Refused("nothing is due within the span", "check the span and the interval")
        return DayTimes((*((hour, minute, seconds) for hour, minute, _ in kept), *end))

    def _odd_seconds(self, low: int, high: int) -> DayTimes:
        if self.draft.values or self.coarser or (high - low) % DAY // self.n > _MOST_CLOCKS:
            raise NotUnderstood(
                "this interval of seconds within a span is not understood", "write the span in whole minutes"
            )
        self.notes.assume("counted from the start of the span, its end included")
        return DayTimes(fields_of(stepped(low, high, self.n)))

    def _check_alignment(self, window: Window, low: int, step: int, grid: int) -> None:
        if low % grid and window.between:
            raise Refused(
                f"it is not clear whether the interval is counted from {window.first}",
                "write from when to when if it is",
            )
        if low % grid or step > grid or (3600 % step and step != 3600):
            self.notes.assume(f"counted from {window.first}")

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
            out |= {clock for clock in due if clock != high and _within(clock, low, high)}
            if high in due:
                self.notes.assume(f"it runs again at {window.last}")
        if draft.not_times and not out <= due:
            raise Refused(
                "the excepted time is not one of the schedule's", "leave the exception out", instead=({"except": ""},)
            )
        if due <= out:
            raise Refused("nothing is left after the exceptions", "check the exceptions")
        return DayTimes(fields_of(due - out))


def _rising(clocks: list[Clock]) -> list[Clock]:
    """Return the clocks in the halves of the day that make each later than the one before: 9, 12 and 5 to 9, 12, 17."""
    found: list[Clock] = []
    for clock in clocks:
        faces = [clock.forenoon(), clock.afternoon()] if clock.bare else [clock]
        if clock.bare and clock.hour == 12:
            faces.reverse()
        later = [face for face in faces if not found or face.seconds > found[-1].seconds]
        found.append((later or faces)[0])
    return found


def _next(unit: str) -> str:
    return {"second": "minute", "minute": "hour", "hour": "day"}[unit]


def _within(clock: int, low: int, high: int) -> bool:
    return low <= clock <= high if low <= high else clock >= low or clock <= high


def _values(text: str, size: int) -> list[int]:
    if text == "*":
        return list(range(size))
    if text.startswith("*/"):
        return list(range(0, size, int(text[2:])))
    return [int(part) for part in text.split(",")]


def _expanded(member: TimeFields) -> list[int]:
    hours, minutes, seconds = (_values(text, size) for text, size in zip(member, (24, 60, 60), strict=True))
    return [h * 3600 + m * 60 + s for h in hours for m in minutes for s in seconds]


def _in_part(clock: Clock, part: str) -> Clock:
    """Return *clock* in the morning, afternoon, evening or at night; raise Refused where it cannot be."""
    low, high = {"morning": (0, 12), "afternoon": (12, 19), "evening": (16, 24), "night": (18, 30)}[part]
    faces = [clock] if clock.sure and not clock.bare else [clock.forenoon(), clock.afternoon()]
    fitting = [face for face in faces if low <= face.hour < high or low <= face.hour + 24 < high]
    if len(fitting) != 1:
        raise Refused(f"{clock} is not in the {part}", "write the time as 20:00 or 8pm")
    return fitting[0]
