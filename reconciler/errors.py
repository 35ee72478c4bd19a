"""Every way a command can fail on purpose, with its exit code.

ReconcileError        1   unexpected
├── InvalidInput      3   YAML, schema, phrase
├── LockInvalid       4   lockfile stale, corrupt or of a newer format
├── OpenQuestions     5   phrases that could not be compiled with certainty
├── StoreFailed       6   ledger or lockfile could not be written, apply failed
├── SourceFailed      7   the place the lockfile comes from cannot be read or trusted
├── AlreadyRunning    8   another instance holds the state
├── GuardRefused      9   a safety limit stopped the change
└── UsageError       64   the command line itself
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from reconciler.model import Origin


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what, and what to write instead."""

    message: str
    origin: Origin | None = None
    hint: str | None = None

    def __str__(self) -> str:
        where = f"{self.origin}: " if self.origin else ""
        return f"{where}{self.message}"


class ReconcileError(Exception):
    """A failure the user can act on; carries one or more `Problem`s and an exit code."""

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str | Iterable[Problem],
        *,
        origin: Origin | None = None,
        hint: str | None = None,
    ) -> None:
        if isinstance(message, str):
            self.problems: tuple[Problem, ...] = (Problem(message, origin, hint),)
        else:
            self.problems = tuple(message)
        super().__init__("\n".join(map(str, self.problems)))


class InvalidInput(ReconcileError):
    """What people wrote cannot be accepted: YAML, schema or phrase."""

    exit_code = 3


class LockInvalid(ReconcileError):
    """The lockfile is missing, stale, corrupt, hand-edited or of a newer format."""

    exit_code = 4


class OpenQuestions(ReconcileError):
    """Some phrases have no certain meaning; their authors have to decide."""

    exit_code = 5


class StoreFailed(ReconcileError):
    """The ledger or the lockfile could not be read or written."""

    exit_code = 6


class StoreBroken(StoreFailed):
    """The store holds something that this program never wrote: damage, another program's data, a planted trigger."""


class SourceFailed(ReconcileError):
    """The source of the lockfile cannot be read or trusted; the last good state stays."""

    exit_code = 7


class HistoryRewritten(SourceFailed):
    """The branch no longer contains what was applied last: a force-push, another history, an older commit."""


class NotVerified(SourceFailed):
    """A commit is not signed as the operator's policy asks."""


class AlreadyRunning(ReconcileError):
    """Another process holds the state directory."""

    exit_code = 8


class GuardRefused(ReconcileError):
    """A safety limit stopped the change; nothing was applied."""

    exit_code = 9


class UsageError(ReconcileError):
    """The command line cannot be understood."""

    exit_code = 64
