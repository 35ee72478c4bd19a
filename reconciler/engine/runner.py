"""One process: an argument list in a session of its own, with bounds on its time, its output and its environment."""

from __future__ import annotations

import asyncio
import json
import os
import signal as signals
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from reconciler.engine.capture import Capture
from reconciler.engine.environment import job_environment
from reconciler.engine.protocol import Output
from reconciler.model import Run, RunSpec

KILL_GRACE = timedelta(seconds=5)
"""The time between SIGTERM and SIGKILL."""
_DRAIN_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: an exit code, or a signal, or (*error*) it could not start.

    *timed_out*: its timeout ended it. *stopped*: someone called `Execution.stop`, and why.
    """

    exit_code: int | None = None
    signal: int | None = None
    error: str | None = None
    timed_out: bool = False
    stopped: str | None = None
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

    def __init__(self) -> None:
        self.capture = Capture()
        loop = asyncio.get_running_loop()
        self.made: asyncio.Future[asyncio.SubprocessTransport] = loop.create_future()
        self.exited: asyncio.Future[None] = loop.create_future()
        self.drained: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.made.set_result(cast(asyncio.SubprocessTransport, transport))

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002
        self.capture.feed(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002
        if not self.drained.done():
            self.drained.set_result(None)

    def process_exited(self) -> None:
        if not self.exited.done():
            self.exited.set_result(None)


class Execution:
    """One process of *run*, started once with `wait` and ended early with `stop`."""

    def __init__(
        self,
        spec: RunSpec,
        run: Run,
        project: Path,
        *,
        environment: Mapping[str, str] = os.environ,
        kill_grace: timedelta = KILL_GRACE,
    ) -> None:
        self._spec = spec
        self._project = project
        self._environment = job_environment(spec, run, environment)
        self._kill_grace = kill_grace.total_seconds()
        self._stopped: str | None = None
        self._stop = asyncio.Event()

    def stop(self, why: str) -> None:
        """End the process as its timeout would; *why* is reported. A process not yet started does not start."""
        self._stopped = self._stopped or why
        self._stop.set()

    async def wait(self) -> Ended:
        """Start the process and return how it ended, nothing of its process group being left; never raises OSError."""
        if self._stopped is not None:
            return Ended(error="stopped before it started", stopped=self._stopped)
        watch = _Watch()
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
            return Ended(error=_could_not_start(self._spec, error))
        except (OSError, RuntimeError) as error:
            if await _ended_unwatched(watch):
                return Ended(error=f"killed at its start, as it could not be watched: {_why(error)}")
            return Ended(error=_could_not_start(self._spec, error))
        return await self._attend(transport, watch)

    async def _attend(self, transport: asyncio.SubprocessTransport, watch: _Watch) -> Ended:
        group = transport.get_pid()
        try:
            timed_out = not await self._until_exit_or_stop(watch)
            if not watch.exited.done():
                _signal_group(group, signals.SIGTERM)
                await asyncio.wait({watch.exited}, timeout=self._kill_grace)
            _signal_group(group, signals.SIGKILL)
            await watch.exited
            # A process that left the group may hold the pipe for ever; the run does not wait for it.
            await asyncio.wait({watch.drained}, timeout=_DRAIN_SECONDS)
        finally:
            _signal_group(group, signals.SIGKILL)
            transport.close()
        returned = cast(int, transport.get_returncode())
        return Ended(
            exit_code=returned if returned >= 0 else None,
            signal=-returned if returned < 0 else None,
            timed_out=timed_out,
            stopped=self._stopped,
            output=watch.capture.output(),
        )

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


def _signal_group(group: int, signal: signals.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal)


async def _ended_unwatched(watch: _Watch) -> bool:
    """Return whether there is a process after all, ending it: asyncio starts it first and may then lack the means."""
    await asyncio.wait({watch.made}, timeout=_DRAIN_SECONDS)
    if not watch.made.done():
        return False
    transport = watch.made.result()
    _signal_group(transport.get_pid(), signals.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        transport.get_extra_info("subprocess").wait(1)
    transport.close()
    return True


def _could_not_start(spec: RunSpec, error: Exception) -> str:
    program = next(iter(argument_list(spec)), "an empty command")
    return f"could not start {program}: {_why(error)}"


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
