"""A state directory and a project directory for tests, and the ways to run an engine in them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reconciler.engine.dispatch import Dispatcher, Dispatching
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.protocol import Applied
from reconciler.engine.roster import Roster
from reconciler.engine.runner import Execution
from reconciler.engine.service import EngineService
from reconciler.engine.writer import Writer
from reconciler.model import Action, Change, LockEntry, Reason, Retries, Run, RunSpec
from tests.builders import entry, timing

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Hand:
    """A wall clock that a test moves by hand."""

    def __init__(self, now: datetime = NINE) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


def spec(*command: str, **options: Any) -> RunSpec:
    return RunSpec(command=command or ("true",), **options)


def shell(script: str, **options: Any) -> RunSpec:
    return RunSpec(command=("sh", "-c", script), **options)


def minutely(id: str = "tick", run: RunSpec | None = None, **changes: Any) -> LockEntry:
    return entry(id, timing=timing("UTC", hour="*", minute="*"), run=run or spec(), **changes)


def secondly(id: str = "tick", run: RunSpec | None = None, **changes: Any) -> LockEntry:
    return entry(id, timing=timing("UTC", hour="*", minute="*", second="*"), run=run or spec(), **changes)


def rarely(id: str = "tick", run: RunSpec | None = None, **changes: Any) -> LockEntry:
    """Return an entry that is due once a year, so that only what a test does makes it run."""
    return entry(id, timing=timing("UTC", month="2", day="29", hour="3"), run=run or spec(), **changes)


def create(held: LockEntry, reason: Reason = Reason.ADDED) -> Change:
    return Change(Action.CREATE, held.id, reason, None, held)


def update(before: LockEntry, after: LockEntry, reason: Reason = Reason.CHANGED) -> Change:
    return Change(Action.UPDATE, after.id, reason, before, after)


def delete(before: LockEntry) -> Change:
    return Change(Action.DELETE, before.id, Reason.REMOVED, before, None)


def retries(attempts: int, **backoff: float) -> Retries:
    return Retries(attempts, timedelta(**backoff))


@dataclass
class World:
    root: Path
    now: Callable[[], datetime] = field(default_factory=lambda: lambda: datetime.now(UTC))
    published: list[Run] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.project = self.root / "project"
        self.project.mkdir()
        self.state = self.project / ".reconcile"
        self.engine = EmbeddedEngine(self.state, now=self.now)

    def hold(self, *entries: LockEntry) -> tuple[Applied, ...]:
        return self.engine.apply([create(one) for one in entries], "r1")

    def runs(self, id: str | None = None) -> list[Run]:
        """Return the runs, oldest due time first."""
        return self.engine.runs(id, limit=10_000)[::-1]

    def states(self, id: str | None = None) -> list[str]:
        return [run.reason.value if run.reason else run.state.value for run in self.runs(id)]

    def output(self, run: Run) -> str:
        return self.engine.attempts(run.id)[-1].output.head.decode()

    def service(self, **options: Any) -> EngineService:
        return EngineService(
            self.state, self.project, **{"now": self.now, "kill_grace": timedelta(seconds=1)} | options
        )

    @asynccontextmanager
    async def dispatching(
        self, *, slots: int = 16, environment: Mapping[str, str] = os.environ
    ) -> AsyncIterator[Dispatcher]:
        """Run a dispatcher without a clock: the test says when to look."""
        writer, roster = Writer(self.state), Roster()
        await writer.open()
        await writer.read(roster.load)

        def execute(held: LockEntry, run: Run) -> Execution:
            return Execution(held.run, run, self.project, environment=environment, kill_grace=timedelta(seconds=1))

        dispatcher = Dispatcher(writer, roster, Dispatching(self.now, execute, self.published.append, slots))
        try:
            yield dispatcher
        finally:
            await dispatcher.stop(timedelta(seconds=5))
            await writer.close()

    async def settled(self, seconds: float = 60) -> None:
        """Wait until every run there is has ended."""
        await until(lambda: bool(self.runs()) and all(run.state.final for run in self.runs()), seconds)


async def until(true: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


def changed(held: LockEntry, **run: Any) -> LockEntry:
    return replace(held, run=replace(held.run, **run))
