"""The values that every room of the program hands to the next.

Frozen, comparable, free of I/O and of third-party imports. A `Schedule` is what people wrote, a `Timing`
what it means, a `LockEntry` what was reviewed, a `Job` what the engine holds, a `Run` what happened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal, TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical_json(value: Json) -> str:
    """Return *value* as one line of JSON that is the same for equal values: sorted keys, no spaces."""
    return _CANONICAL.encode(value)


def digest(value: Json) -> str:
    """Return `sha256:` and the hex digest of *value*'s canonical JSON."""
    return "sha256:" + hashlib.sha256(canonical_json(value).encode()).hexdigest()


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """A place in a file that a person wrote; *line* and *column* count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


# ---------------------------------------------------------------- timing


@dataclass(frozen=True, slots=True)
class CronFields:
    """One set of APScheduler cron kwargs in canonical form; all fields must match (AND).

    Build it with `timing.cron_fields`, which validates and normalises; a bare constructor call
    is for values known to be canonical.
    """

    year: str = "*"
    month: str = "*"
    day: str = "*"
    week: str = "*"
    day_of_week: str = "*"
    hour: str = "*"
    minute: str = "0"
    second: str = "0"

    def kwargs(self) -> dict[str, str]:
        """Return the kwargs as written to the lockfile: hour and minute always, the rest where it says something."""
        shown: dict[str, str] = {}
        for name in ("year", "month", "day", "week", "day_of_week"):
            value: str = getattr(self, name)
            if value != "*":
                shown[name] = value
        shown |= {"hour": self.hour, "minute": self.minute}
        if self.second != "0":
            shown["second"] = self.second
        return shown


@dataclass(frozen=True, slots=True)
class CalendarInterval:
    """Every *every* days, weeks or months on the wall calendar, counted from *anchor*.

    Weeks are Monday to Sunday; the week that holds *anchor* is week zero and *weekdays* (Monday = 0)
    are the days of it that count (none given: the anchor's own weekday). Months fire on the anchor's
    day of the month, and not in months that lack it. Nothing fires before *anchor*.
    """

    unit: Literal["days", "weeks", "months"]
    every: int
    anchor: date
    times: tuple[time, ...]
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ElapsedInterval:
    """Every *every* of elapsed time, counted from the instant *anchor* (aware); DST does not touch it."""

    every: timedelta
    anchor: datetime


@dataclass(frozen=True, slots=True)
class DstPolicy:
    """What happens to due times that the wall clock skips (*gap*) or shows twice (*overlap*).

    *gap* `after`: one run at the first instant after the gap; `skip`: none. *overlap* `first`, `last`
    or `both` passes. Cron fields whose hour is `*` or `*/n` follow elapsed time instead.
    """

    gap: Literal["after", "skip"] = "after"
    overlap: Literal["first", "last", "both"] = "first"


Rule: TypeAlias = "tuple[CronFields, ...] | CalendarInterval | ElapsedInterval"


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """The public holidays of a country, a part of one, or a market: `DE`, `DE-BY`, `XNYS`.

    *days* are the dates, with their names, of the whole years that were looked up; in other years
    nothing is known. No days: not looked up yet.
    """

    code: str
    days: tuple[tuple[date, str], ...] = ()

    def __hash__(self) -> int:
        # asked with every due time: the years and the length tell calendars apart well enough
        return hash((self.code, len(self.days), self.days[:1]))

    @property
    def known_until(self) -> date | None:
        """The last day of the last year that was looked up, or None."""
        return date(self.days[-1][0].year, 12, 31) if self.days else None


@dataclass(frozen=True, slots=True)
class Timing:
    """When a schedule is due: a rule in a timezone (IANA key), its DST policy and its limits.

    *start* and *end* are inclusive wall dates; nothing fires on the dates in *exclude* nor on the
    holidays of *calendars*.
    """

    timezone: str
    rule: Rule
    dst: DstPolicy = DstPolicy()
    start: date | None = None
    end: date | None = None
    exclude: tuple[date, ...] = ()
    calendars: tuple[HolidayCalendar, ...] = ()

    @property
    def excluded(self) -> frozenset[date]:
        """Every date on which nothing fires."""
        holidays = (day for calendar in self.calendars for day, _ in calendar.days)
        return frozenset((*self.exclude, *holidays))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a schedule's keys `start`, `end` and `except` say beside its phrases; *calendars* are codes."""

    start: date | None = None
    end: date | None = None
    exclude: tuple[date, ...] = ()
    calendars: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a phrase: a `Timing`, what it takes for granted, and what the project decided for it.

    *zone_in_phrase* says that the phrase itself names the timezone. *conventions* are the project's
    conventions the reading used, by name (`anchor`, `business_hours`, …) with the value used.
    """

    timing: Timing
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    zone_in_phrase: bool = False
    conventions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A phrase without one certain meaning: why, the possible readings, and what to write instead.

    *understood* says that the phrase was read to its end and refused, which no second reader may overrule.
    """

    message: str
    hint: str | None = None
    readings: tuple[Reading, ...] = ()
    understood: bool = False


class Evidence(StrEnum):
    """Why a compiled timing is believed."""

    AGREED = "agreed"
    GRAMMAR = "grammar"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A reading that was accepted, who vouches for it (*evidence*) and who read it (*compiled_by*)."""

    reading: Reading
    evidence: Evidence
    compiled_by: str


# ---------------------------------------------------------------- what people write


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a failed run is tried in all, first try included, and the pause before the second (doubling after).

    No try begins at or after the next due time, unless *past_next* asks for it.
    """

    attempts: int = 1
    backoff: timedelta = timedelta(seconds=10)
    past_next: bool = False


class OnOverlap(StrEnum):
    """What a due time does while the job's previous run is still going."""

    SKIP = "skip"
    QUEUE = "queue"
    REPLACE = "replace"
    ALLOW = "allow"


class CatchUp(StrEnum):
    """Which of the due times that passed unattended are run afterwards, within `grace`."""

    SKIP = "skip"
    LATEST = "latest"
    ALL = "all"


class OnInterrupt(StrEnum):
    """What becomes of a run that the end of the daemon cut short: the record of it, or a run once more."""

    RECORD = "record"
    RERUN = "rerun"


@dataclass(frozen=True, slots=True)
class History:
    """How many ended runs of a job are kept, and for how long after their due time; what exceeds either goes."""

    runs: int = 5000
    age: timedelta = timedelta(days=180)


OWN_VARIABLES = ("OPENAI_", "RECONCILE_")
"""Beginnings of the names that are for this program alone: the model's key, git's token, the webhook's secret."""


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What runs and how: an argument list, or a Python callable run in a child process of its own.

    The defaults here are part of lockfile version 1: an entry that leaves a key out means this value.
    *arguments* are the keyword arguments of a Python task. *env* names variables to pass on, and
    *secrets* those whose values are masked in the captured output besides.
    *timeout* None means no limit. *jitter* delays each start by up to that long.
    """

    command: tuple[str, ...] = ()
    python: str | None = None
    arguments: tuple[tuple[str, str], ...] = ()
    env: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    timeout: timedelta | None = None
    retries: Retries = Retries()
    on_overlap: OnOverlap = OnOverlap.SKIP
    catch_up: CatchUp = CatchUp.LATEST
    grace: timedelta = timedelta(hours=1)
    jitter: timedelta = timedelta(0)
    on_interrupt: OnInterrupt = OnInterrupt.RECORD
    history: History = History()


@dataclass(frozen=True, slots=True)
class Expect:
    """The author's own tests of a compiled timing: wall times it must fire at, and days or times it must not.

    *fires* are naive wall times in the schedule's timezone. *never* mixes weekday names (`sat`), dates
    (`2026-12-24`) and wall times (`2026-03-02 10:00`), as text already validated by the schema.
    """

    fires: tuple[datetime, ...] = ()
    never: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """One entry of the YAML with defaults and task resolved.

    *timezone* is the declared IANA key, or None where only the phrase can name one. *phrase_origins*
    are the places of *phrases*, one each. *paused_until* (naive wall time in its zone) ends what *paused* says.
    """

    id: str
    phrases: tuple[str, ...]
    timezone: str | None
    run: RunSpec
    origin: Origin
    phrase_origins: tuple[Origin, ...]
    dst: DstPolicy = DstPolicy()
    limits: Limits = Limits()
    description: str | None = None
    owner: str | None = None
    runbook: str | None = None
    paused: bool = False
    paused_until: datetime | None = None
    protected: bool = False
    moved: str | None = None
    expect: Expect = Expect()


def _convention_text(value: date | time | tuple[time, time]) -> str:
    if isinstance(value, tuple):
        return "-".join(map(_convention_text, value))
    return f"{value:%H:%M}" if isinstance(value, time) else value.isoformat()


@dataclass(frozen=True, slots=True)
class Conventions:
    """What a project means by words that name no exact time; each is a default that readings state as an assumption."""

    anchor: date = date(2024, 1, 1)
    business_hours: tuple[time, time] = (time(9), time(17))
    morning: time = time(9)
    evening: time = time(18)

    def as_text(self) -> dict[str, str]:
        """Return every convention by name, with its value as the lockfile writes it: `09:00-17:00`."""
        return {field.name: _convention_text(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Policy:
    """How often a schedule of the project may fire: the least time between two due times, the most of them in a day."""

    min_interval: timedelta | None = None
    max_runs_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class DeclaredFreeze:
    """When changes are to be held back, in phrases with a place each, on the wall clock of *timezone*."""

    phrases: tuple[str, ...]
    timezone: str
    origins: tuple[Origin, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """All schedules of a directory, sorted by id, and the project's conventions, policy and freeze."""

    schedules: tuple[Schedule, ...]
    conventions: Conventions = Conventions()
    policy: Policy = Policy()
    freeze: DeclaredFreeze | None = None


# ---------------------------------------------------------------- the lockfile


@dataclass(frozen=True, slots=True)
class LockEntry:
    """One schedule as reviewed: the question (*when*), the answer (*timing*), what runs, and where it came from.

    *timezone_from_phrase* is true where the phrase, not the declaration, named the zone: then a new
    default zone does not make the entry stale. *conventions* likewise are those the answer used.
    *declared* is the part of the timing's limits that comes from the declaration's keys and not from a phrase.
    *source* is the YAML file, relative to the project. *paused_until* (naive wall time in the timing's zone) ends what
    *paused* says; `timing.paused_in_git` knows. A *protected* job is stopped only if an operator names it.
    """

    id: str
    when: tuple[str, ...]
    means: str
    timing: Timing
    evidence: Evidence
    compiled_by: str
    run: RunSpec
    source: str
    timezone_from_phrase: bool = False
    assumptions: tuple[str, ...] = ()
    conventions: tuple[tuple[str, str], ...] = ()
    declared: Limits = Limits()
    description: str | None = None
    owner: str | None = None
    runbook: str | None = None
    paused: bool = False
    paused_until: datetime | None = None
    protected: bool = False
    moved: str | None = None


@dataclass(frozen=True, slots=True)
class Freeze:
    """When changes are held back: *timing* is due in every minute of it. *source* is the YAML file."""

    when: tuple[str, ...]
    means: str
    timing: Timing
    source: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """The compiled schedules of a project, by id, and when changes are held back."""

    entries: Mapping[str, LockEntry]
    freeze: Freeze | None = None


# ---------------------------------------------------------------- the engine


@dataclass(frozen=True, slots=True)
class Pause:
    """Someone paused a job by hand: who, why, when (UTC) and until when."""

    by: str
    at: datetime
    reason: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """What the engine holds for one lock entry.

    *entry* is the lock entry as the engine holds it, and *checksum* that entry's checksum, computed
    from what is held, so that an edit behind our back shows. *applied* is the checksum of the entry
    this reconciler applied last (None: never). *owner* names the installation that made the job.
    """

    id: str
    entry: LockEntry
    checksum: str
    owner: str
    applied: str | None
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What an engine holds: our jobs, the foreign ones that must not be touched, and what was applied last.

    *applied* maps the id of every job this reconciler believes to exist to the checksum it applied. *buried*
    are the jobs that git named until lately, of which what a revert brings back is kept.
    """

    jobs: Mapping[str, Job]
    foreign: frozenset[str]
    applied: Mapping[str, str]
    buried: frozenset[str] = frozenset()


class RunState(StrEnum):
    """Where a run stands; the last five are final."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    INTERRUPTED = "interrupted"
    MISSED = "missed"

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to the run."""
        return self not in (RunState.WAITING, RunState.RUNNING)


class MissReason(StrEnum):
    """Why a run did not start."""

    LATE = "late"
    OVERLAP = "overlap"
    DOWNTIME = "downtime"
    CLOCK = "clock"
    PAUSED = "paused"
    REMOVED = "removed"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Run:
    """One due time of one job and what became of it; instants are aware UTC.

    *trigger* is `schedule`, `manual` for `reconcile run`, or `ahead`: the clock was ahead and was set back since,
    so that the due time came again. *count* is more than 1 only for a row
    that stands for many missed due times, *scheduled_at* being the first and *last_scheduled_at* the
    last of them. *exit_code* is None where a *signal* ended the process or it could not start
    (*error* says why).
    """

    id: int
    job_id: str
    scheduled_at: datetime
    state: RunState
    trigger: Literal["schedule", "manual", "ahead"] = "schedule"
    attempts: int = 0
    exit_code: int | None = None
    signal: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    reason: MissReason | None = None
    error: str | None = None
    count: int = 1
    last_scheduled_at: datetime | None = None


# ---------------------------------------------------------------- the plan


class Action(StrEnum):
    """What a change does to a job."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    PAUSE = "pause"
    RESUME = "resume"
    NOOP = "noop"


class Reason(StrEnum):
    """Why a change is due."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    DRIFT = "drift"
    MISSING = "missing"
    RESTORED = "restored"
    MOVED = "moved"
    ADOPTED = "adopted"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a plan: *before* is what the engine holds, *after* what the lock says.

    *previous_id* is set where `moved:` renames a job, which keeps its history.
    """

    action: Action
    id: str
    reason: Reason
    before: LockEntry | None = None
    after: LockEntry | None = None
    previous_id: str | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit the plan breaks: what, and the option that allows it."""

    message: str
    hint: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The ordered changes that make the engine match the lock; *drift* are those nobody asked for in git.

    A plan with *breaches* must not be applied. *digest* identifies what would be done.
    """

    changes: tuple[Change, ...]
    drift: tuple[Change, ...]
    unchanged: int
    breaches: tuple[Breach, ...]
    digest: str

    @property
    def pending(self) -> tuple[Change, ...]:
        """All changes, drift included, in the order they are applied."""
        return self.changes + self.drift
