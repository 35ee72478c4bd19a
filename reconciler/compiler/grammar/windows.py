"""Intervals within spans of the day: `every 15 minutes from 9am to 5pm`."""

from __future__ import annotations

from reconciler.compiler.grammar.clauses import NotUnderstood, Refused
from reconciler.compiler.grammar.draft import Draft, Window
from reconciler.compiler.grammar.notes import Notes
from reconciler.compiler.grammar.times import DAY, UNITS, DayTimes, TimeFields, fields_of, stepped, within

_MOST_CLOCKS = 5000


class WindowReader:
    """Reads the spans of one draft; *cadence* is the finest unit that recurs, every *n*, *coarser* the others."""

    def __init__(self, draft: Draft, notes: Notes, cadence: str | None, n: int, coarser: dict[str, int]) -> None:
        self.draft = draft
        self.notes = notes
        self.cadence = cadence
        self.n = n
        self.coarser = coarser

    def read(self) -> DayTimes:
        """Return when in a day the draft is due; raise Refused where its spans do not go with the rest."""
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
        step = self.n * UNITS[cadence] if self.cadence else 3600
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
                if within((clock + offset) % DAY, low, high)
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
