"""The values that every room of the program hands to the next.

Frozen, comparable, free of I/O and of third-party imports. A `Schedule` is what people wrote, a `Timing`
what it means, a `LockEntry` what was reviewed, a `Job` what the engine holds, a `Run` what happened.

canonical     JSON values and their digest
timing        Timing and its rules, Reading, Question, Evidence
declaration   Schedule, InvalidSchedule, RunSpec, Conventions, Policy, Declaration
lock          LockEntry, Freeze, Lock
runs          Job, Observed, Run and its states
plan          Change, Breach, Plan
"""

from reconciler.model.canonical import Json, canonical_json, digest, parse_json
from reconciler.model.declaration import (
    OWN_VARIABLES,
    CatchUp,
    Conventions,
    Declaration,
    DeclaredFreeze,
    Expect,
    History,
    InvalidSchedule,
    OnInterrupt,
    OnOverlap,
    Policy,
    Retries,
    RunSpec,
    Schedule,
)
from reconciler.model.lock import Freeze, Lock, LockEntry
from reconciler.model.plan import Action, Breach, Change, Plan, Reason
from reconciler.model.runs import Job, MissReason, Observed, Pause, Run, RunState
from reconciler.model.timing import (
    CalendarInterval,
    Compiled,
    Counted,
    CronFields,
    DstPolicy,
    ElapsedInterval,
    Evidence,
    HolidayCalendar,
    Limits,
    Member,
    MonthDays,
    Origin,
    Question,
    Reading,
    Rule,
    Timing,
    Use,
)

__all__ = [
    "OWN_VARIABLES",
    "Action",
    "Breach",
    "CalendarInterval",
    "CatchUp",
    "Change",
    "Compiled",
    "Conventions",
    "Counted",
    "CronFields",
    "Declaration",
    "DeclaredFreeze",
    "DstPolicy",
    "ElapsedInterval",
    "Evidence",
    "Expect",
    "Freeze",
    "History",
    "HolidayCalendar",
    "InvalidSchedule",
    "Job",
    "Json",
    "Limits",
    "Lock",
    "LockEntry",
    "Member",
    "MissReason",
    "MonthDays",
    "Observed",
    "OnInterrupt",
    "OnOverlap",
    "Origin",
    "Pause",
    "Plan",
    "Policy",
    "Question",
    "Reading",
    "Reason",
    "Retries",
    "Rule",
    "Run",
    "RunSpec",
    "RunState",
    "Schedule",
    "Timing",
    "Use",
    "canonical_json",
    "digest",
    "parse_json",
]
