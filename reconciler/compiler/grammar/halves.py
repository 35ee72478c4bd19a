"""Times of day on the 24-hour clock: am and pm, parts of the day, midnights and nights."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

from reconciler.compiler.grammar.clauses import Clock, Refused
from reconciler.compiler.grammar.draft import Draft
from reconciler.compiler.grammar.notes import Notes
from reconciler.compiler.grammar.times import UNITS
from reconciler.model import Conventions

HALVES = ("rising", "forenoon", "afternoon")
_NIGHT_ENDS = 6  # o'clock
NIGHTS = ("the date that is named", "the morning after")
_IN_PARTS = {"afternoon": "3pm", "night": "10pm"}


class ClockSettler:
    """Puts the times of one draft on the 24-hour clock."""

    def __init__(self, draft: Draft, conventions: Conventions, notes: Notes) -> None:
        self.draft = draft
        self.conventions = conventions
        self.notes = notes

    def settle(self) -> None:
        """Replace the draft's times by those meant; raise Refused where more than one is likely."""
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
        if self.draft.every.keys() & UNITS.keys() or self.draft.past_every or "minute" in self.draft.values:
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


def _in_part(clock: Clock, part: str) -> Clock:
    """Return *clock* in the morning, afternoon, evening or at night; raise Refused where it cannot be."""
    low, high = {"morning": (0, 12), "afternoon": (12, 19), "evening": (16, 24), "night": (18, 30)}[part]
    if part == "morning" and clock.hour == 12 and not clock.halved:
        raise Refused("12 in the morning may be noon or midnight", "write 00:00 or 12:00")
    faces = [clock] if clock.sure and not clock.bare else [clock.forenoon(), clock.afternoon()]
    fitting = [face for face in faces if low <= face.hour < high or low <= face.hour + 24 < high]
    if len(fitting) != 1:
        raise Refused(f"{clock} is not in the {part}", "write the time as 20:00 or 8pm")
    return fitting[0]
