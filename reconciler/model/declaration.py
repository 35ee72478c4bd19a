"""What people write, with defaults and tasks resolved."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from reconciler.model.timing import DstPolicy, Limits, Origin


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


def _convention_text(value: date | time | str | tuple[time, time]) -> str:
    if isinstance(value, str):
        return value
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
    week: str = "mon"

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
class InvalidSchedule:
    """A schedule that is declared but cannot be accepted as it is written; *moved* is the id that it says it had."""

    id: str
    moved: str | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """All schedules of a directory, sorted by id, and the project's conventions, policy and freeze.

    *invalid* are those that are there too, and of which nothing is known but this: what was compiled of them stays.
    """

    schedules: tuple[Schedule, ...]
    conventions: Conventions = Conventions()
    policy: Policy = Policy()
    freeze: DeclaredFreeze | None = None
    invalid: tuple[InvalidSchedule, ...] = ()
