"""What a reviewer should look at in one changed schedule, each with a code for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from reconciler.durations import format_duration
from reconciler.model import Evidence, LockEntry, Policy, Timing
from reconciler.review.hot_spots import Traffic
from reconciler.review.text import command_line, moment
from reconciler.timing import breaches, calendar_warnings, dst_warnings, english, frequency, next_unpaused, warnings_for


class Level(StrEnum):
    """How bad it is, in the words of the hosts: an error breaks a rule, a warning needs an eye, a notice informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"

    @property
    def rank(self) -> int:
        """Return 0 for the worst."""
        return ("error", "warning", "notice").index(self.value)


@dataclass(frozen=True, slots=True)
class Concern:
    """A reason to look: a *code* that the schema of the report explains, and a sentence that may quote people."""

    level: Level
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a change is judged against: the time, the base's policy, how long runs usually take, the other schedules."""

    now: datetime
    policy: Policy
    usual: Mapping[str, timedelta]
    traffic: Traffic


def concerns(
    before: LockEntry | None, after: LockEntry | None, around: Surroundings, *, fires_alike: bool
) -> Iterator[Concern]:
    """Yield the concerns about a change, the worst first; what did not change is not complained about."""
    if after is None:
        if before is not None and before.protected:
            message = "it is protected: whoever applies this must name it with --allow-deletes"
            yield Concern(Level.WARNING, "protected", message)
        return
    if before is not None and before.protected and not after.protected:
        yield Concern(Level.WARNING, "protected", "it is no longer protected: a later change may stop it unnoticed")
    if before is None or (before.means, before.timing) != (after.means, after.timing):
        yield from _sentence(after)
    if not fires_alike:
        yield from _policy(after.timing, around.policy)
        if not (after.paused and after.paused_until is None) and next_unpaused(after, around.now) is None:
            yield Concern(Level.ERROR, "never-fires", "it does not fire again")
        yield from _overlong(after, around.usual)
    if after.evidence is Evidence.MODEL and (before is None or before.when != after.when or not fires_alike):
        yield Concern(Level.WARNING, "model-only", "only a model could read this phrase: check the fire times")
    if before is not None and before.conventions != after.conventions:
        yield _conventions(dict(before.conventions), dict(after.conventions))
    if not fires_alike:
        yield from _times(after.timing, around.now)
        yield from _hot_spot(after, around.traffic)
    yield from _assumptions(before, after)
    if before is not None and _what_runs(before) != _what_runs(after):
        message = f"it runs something else: {_what_runs(before)} → {_what_runs(after)}"
        yield Concern(Level.NOTICE, "command", message)


def _assumptions(before: LockEntry | None, after: LockEntry) -> Iterator[Concern]:
    """What a reading took for granted is for the reviewer to agree to, once."""
    for assumption in after.assumptions:
        if before is None or assumption not in before.assumptions:
            yield Concern(Level.NOTICE, "assumption", f"taken for granted: {assumption}")


def _what_runs(entry: LockEntry) -> str:
    run = entry.run
    return f"python {run.python}" if run.python else command_line(run.command)


def _sentence(entry: LockEntry) -> Iterator[Concern]:
    """Whoever can write a checksum can write a sentence that the fields do not bear out."""
    meant = english(entry.timing)
    if entry.means != meant:
        message = f'the lockfile says "{entry.means}", but its fields mean "{meant}"'
        yield Concern(Level.ERROR, "means", message)


def _policy(timing: Timing, policy: Policy) -> Iterator[Concern]:
    for message in breaches(policy, timing):
        yield Concern(Level.ERROR, "policy", message)


def _overlong(entry: LockEntry, usual: Mapping[str, timedelta]) -> Iterator[Concern]:
    took = usual.get(entry.id) or (usual.get(entry.moved) if entry.moved else None)
    shortest = frequency(entry.timing.rule).shortest if took else None
    if took is not None and shortest is not None and took > shortest:
        usually, apart = (format_duration(timedelta(seconds=round(one.total_seconds()))) for one in (took, shortest))
        message = f"its runs usually take {usually}, longer than the {apart} between two of them"
        yield Concern(Level.WARNING, "longer-than-interval", message)


def _conventions(before: Mapping[str, str], after: Mapping[str, str]) -> Concern:
    parts = [
        f"{name} {before.get(name, 'not used')} → {after.get(name, 'not used')}"
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]
    return Concern(Level.WARNING, "conventions", f"the conventions it uses changed: {', '.join(parts)}")


def _times(timing: Timing, now: datetime) -> Iterator[Concern]:
    for message in dst_warnings(timing, now):
        yield Concern(Level.WARNING, "dst", message)
    for message in warnings_for(timing):
        yield Concern(Level.WARNING, "short-month", message)
    for message in calendar_warnings(timing, now):
        yield Concern(Level.WARNING, "calendar", message)


def _hot_spot(entry: LockEntry, traffic: Traffic) -> Iterator[Concern]:
    spot = traffic.hottest(entry)
    if spot is not None:
        when = moment(spot.minute, entry.timing.timezone)
        yield Concern(Level.WARNING, "hot-spot", f"{spot.after:,} schedules start at {when}; {spot.before:,} before")
