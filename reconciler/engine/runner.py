"""One process: an argument list in a session of its own, with bounds on its time, its output and its environment."""

from __future__ import annotations

import asyncio
import json
import os
import signal as signals
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from reconciler.engine.capture import Capture
from reconciler.engine.environment import job_environment
from reconciler.engine.masking import SHORTEST, needles, unmaskable
from reconciler.engine.process_tree import FAMILY, Tree, signal_group
from reconciler.engine.processes import Marker
from reconciler.engine.protocol import Output
from reconciler.engine.starting import could_not_start
from reconciler.model import Run, RunSpec

KILL_GRACE = timedelta(seconds=5)
"""The time between SIGTERM and SIGKILL."""
_DRAIN_SECONDS = 0.25
_DRAIN_ALL_SECONDS = 5.0  # where nobody is left who could hold the pipe


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: an exit code, or a signal, or (*error*) it could not start.

    *timed_out*: its timeout ended it. *stopped*: someone called `Execution.stop`, and why. *left_behind*: which of
    its processes lived on or had left its group, and were ended too; that makes no success a failure.
    """

    exit_code: int | None = None
    signal: int | None = None
    error: str | None = None
    timed_out: bool = False
    stopped: str | None = None
    left_behind: str | None = None
    output: Output = Output()

    @property
    def succeeded(self) -> bool:
        """Whether it did what it should: exit code 0, and nobody ended it."""
        return self.exit_code == 0 and not self.timed_out and self.stopped is None


def argument_list(spec: RunSpec) -> tuple[str, ...]:
    """Return the program and its arguments; a Python task runs in an interpreter of its own."""
    if spec.python is None:
        return spec.command
    arguments = json.dumps(dict(spec.arguments))
    # -P: the project directory must not shadow our own modules; the task adds it to the path itself.
    return (sys.executable, "-P", "-m", "reconciler.engine.python_task", spec.python, arguments)


class _Watch(asyncio.SubprocessProtocol):
    """Takes what the loop reports of a process.

    asyncio's own `Process.wait` waits for the end of the pipe too, and so for every grandchild that holds it.
    """

    def __init__(self, hidden: Iterable[bytes]) -> None:
        self.capture = Capture(hidden=hidden)
        self._pid = 0
        loop = asyncio.get_running_loop()
        self.made: asyncio.Future[asyncio.SubprocessTransport] = loop.create_future()
        self.exited: asyncio.Future[None] = loop.create_future()
        self.drained: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        made = cast(asyncio.SubprocessTransport, transport)
        self._pid = made.get_pid()
        FAMILY.leads(self._pid)
        self.made.set_result(made)

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002
        self.capture.feed(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002
        if not self.drained.done():
            self.drained.set_result(None)

    def process_exited(self) -> None:
        FAMILY.reaped(self._pid)
        if not self.exited.done():
            self.exited.set_result(None)


class Execution:
    """One process of *run*, started once with `wait` and ended early with `stop`.

    *installation* marks its processes, so that a later daemon of the same installation knows them for its own.
    """

    def __init__(
        self,
        spec: RunSpec,
        run: Run,
        project: Path,
        *,
        environment: Mapping[str, str] = os.environ,
        kill_grace: timedelta = KILL_GRACE,
        installation: str = "",
    ) -> None:
        self._spec = spec
        self._project = project
        self._environment = job_environment(spec, run, environment, installation)
        self._marker = Marker(installation, str(run.id))
        self._kill_grace = kill_grace.total_seconds()
        self._stopped: str | None = None
        self._stop = asyncio.Event()

    def stop(self, why: str) -> None:
        """End the process as its timeout would; *why* is reported. A process not yet started does not start."""
        self._stopped = self._stopped or why
        self._stop.set()

    async def wait(self) -> Ended:
        """Start the process and return how it ended, nothing that it started being left; never raises OSError."""
        if self._stopped is not None:
            return Ended(error="stopped before it started", stopped=self._stopped)
        if (secret := unmaskable(self._spec.secrets, self._environment)) is not None:
            return Ended(error=f"not started: {secret} has fewer than {SHORTEST} characters, too few to be masked")
        tree = Tree(self._marker)
        try:
            return await self._run(tree)
        finally:
            FAMILY.over(tree)

    async def _run(self, tree: Tree) -> Ended:
        watch = _Watch(needles(self._environment[name] for name in self._spec.secrets if name in self._environment))
        with FAMILY.starting(tree):
            try:
                transport, _ = await asyncio.get_running_loop().subprocess_exec(
                    lambda: watch,
                    *argument_list(self._spec),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.STDOUT,
                    cwd=self._project,
                    env=self._environment,
                    start_new_session=True,
                )
            except (FileNotFoundError, PermissionError, ValueError) as error:
                return self._not_started(error)
            except (OSError, RuntimeError) as error:
                if await _ended_unwatched(watch):
                    return Ended(error=f"killed at its start, as it could not be watched: {_why(error)}")
                return self._not_started(error)
            tree.begun(transport.get_pid())
        return await self._attend(transport, watch, tree)

    def _not_started(self, error: Exception) -> Ended:
        program = next(iter(argument_list(self._spec)), "")
        return Ended(error=could_not_start(program, error, self._project, self._environment))

    async def _attend(self, transport: asyncio.SubprocessTransport, watch: _Watch, tree: Tree) -> Ended:
        try:
            timed_out = not await self._until_exit_or_stop(watch)
            grace = self._kill_grace
            if not watch.exited.done():
                grace = await self._end_leader(watch, tree)
            left_behind = await tree.end_rest(grace)
            # A process that got out of sight may hold the pipe for ever; the run does not wait for it.
            await asyncio.wait({watch.drained}, timeout=_DRAIN_ALL_SECONDS if FAMILY.adopts else _DRAIN_SECONDS)
        except BaseException:
            tree.abandon()
            raise
        finally:
            transport.close()
        returned = cast(int, transport.get_returncode())
        return Ended(
            exit_code=returned if returned >= 0 else None,
            signal=-returned if returned < 0 else None,
            timed_out=timed_out,
            stopped=self._stopped,
            left_behind=left_behind,
            output=watch.capture.output(),
        )

    async def _end_leader(self, watch: _Watch, tree: Tree) -> float:
        """Ask the tree to end, and kill it if its leader does not; return what is left of the seconds of grace."""
        kill_at = time.monotonic() + self._kill_grace
        tree.ask()
        await asyncio.wait({watch.exited}, timeout=self._kill_grace)
        if not watch.exited.done():
            tree.kill()
            await watch.exited
        return max(0.0, kill_at - time.monotonic())

    async def _until_exit_or_stop(self, watch: _Watch) -> bool:
        """Return False if the timeout came before the end of the process or a call of `stop`."""
        stopping = asyncio.create_task(self._stop.wait())
        timeout = None if self._spec.timeout is None else self._spec.timeout.total_seconds()
        try:
            waited: set[asyncio.Future[Any]] = {watch.exited, stopping}
            done, _ = await asyncio.wait(waited, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        return bool(done)


async def _ended_unwatched(watch: _Watch) -> bool:
    """Return whether there is a process after all, ending it: asyncio starts it first and may then lack the means."""
    await asyncio.wait({watch.made}, timeout=_DRAIN_SECONDS)
    if not watch.made.done():
        return False
    transport = watch.made.result()
    signal_group(transport.get_pid(), signals.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        transport.get_extra_info("subprocess").wait(1)
    FAMILY.reaped(transport.get_pid())
    transport.close()
    return True


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
