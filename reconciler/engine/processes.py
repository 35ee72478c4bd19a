"""Processes as Linux shows them in /proc: who descends from whom, and the mark that a job's process carries.

On systems without /proc everything here finds nothing.
"""

from __future__ import annotations

import os
import signal as signals
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
INSTALLATION = "RECONCILE_INSTALLATION"
RUN_ID = "RECONCILE_RUN_ID"


@dataclass(frozen=True, slots=True)
class Process:
    """One process at one moment; *started* (clock ticks since the boot) tells it from a later one with its number."""

    pid: int
    parent: int
    group: int
    session: int
    started: int
    name: str
    zombie: bool

    @property
    def key(self) -> tuple[int, int]:
        """What stays the same for as long as it lives."""
        return self.pid, self.started

    def __str__(self) -> str:
        # A process chooses its own name: nothing in it may move a terminal's cursor.
        name = self.name if self.name.isprintable() else ascii(self.name)
        return f"{name} (pid {self.pid})"


@dataclass(frozen=True, slots=True)
class Marker:
    """Which run, of which installation, a process belongs to."""

    installation: str
    run: str


def read(pid: int) -> Process | None:
    """Return the process numbered *pid*, or None if there is none to be seen."""
    try:
        with open(f"{_PROC}/{pid}/stat", "rb", buffering=0) as file:  # noqa: PTH123 -- asked for every job
            text = file.readall().decode(errors="replace")
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    return Process(
        pid=pid,
        parent=int(fields[1]),
        group=int(fields[2]),
        session=int(fields[3]),
        started=int(fields[19]),
        name=name,
        zombie=fields[0] in "ZX",
    )


def every_pid() -> list[int]:
    """Return the numbers of all processes there are."""
    try:
        return [int(entry.name) for entry in os.scandir(_PROC) if entry.name.isdecimal()]
    except OSError:
        return []


def children_of_main_thread(pid: int) -> list[int]:
    """Return the children that the first thread of *pid* started or was given; adopted orphans are among these."""
    try:
        found = _children_of_thread(pid, pid)
        # The kernel may pass over one while another is reaped: two equal answers are believed.
        while (again := _children_of_thread(pid, pid)) != found:
            found = again
    except OSError:  # a kernel without CONFIG_PROC_CHILDREN
        return _children_by_parent(pid)
    return found


def children(pid: int) -> list[int]:
    """Return the children of *pid*."""
    try:
        threads = [entry.name for entry in os.scandir(_PROC / str(pid) / "task")]
    except OSError:
        return []
    try:
        return [child for thread in threads for child in _children_of_thread(pid, int(thread))]
    except OSError:
        return _children_by_parent(pid)


def _children_of_thread(pid: int, thread: int) -> list[int]:
    with open(f"{_PROC}/{pid}/task/{thread}/children", "rb", buffering=0) as file:  # noqa: PTH123 -- asked for every job
        return [int(word) for word in file.readall().split()]


def _children_by_parent(pid: int) -> list[int]:
    return [one.pid for one in map(read, every_pid()) if one is not None and one.parent == pid]


def descendants(pid: int) -> Iterator[Process]:
    """Yield the children of *pid*, theirs, and so on, zombies included."""
    for child in children(pid):
        process = read(child)
        if process is not None:
            yield process
            yield from descendants(child)


def ancestors(pid: int) -> Iterator[int]:
    """Yield *pid*, its parent, and so on."""
    process = read(pid)
    while process is not None:
        yield process.pid
        process = read(process.parent)


def marker_in(environ: bytes) -> Marker | None:
    """Return the mark in *environ*, the content of /proc/PID/environ; None if it has none. Pure."""
    values = dict(line.split(b"=", 1) for line in environ.split(b"\0") if b"=" in line)
    try:
        return Marker(values[INSTALLATION.encode()].decode(), values[RUN_ID.encode()].decode())
    except (KeyError, UnicodeDecodeError):
        return None


def marker_of(pid: int) -> Marker | None:
    """Return the mark of the process; None if it has none, is a zombie, or may not be looked at."""
    try:
        return marker_in((_PROC / str(pid) / "environ").read_bytes())
    except OSError:
        return None


def of_own_user(pid: int) -> bool:
    """Return whether the process runs as the user that this one runs as."""
    try:
        return (_PROC / str(pid)).stat().st_uid == os.geteuid()
    except OSError:
        return False


def send(process: Process, signal: signals.Signals) -> None:
    """Send *signal* to *process* and never to another one that has its number now; one that is gone is left alone."""
    with suppress(ProcessLookupError, PermissionError), _held(process.pid) as descriptor:
        now = read(process.pid)
        if now is None or now.started != process.started:
            return
        if descriptor is None:
            os.kill(process.pid, signal)
        else:
            signals.pidfd_send_signal(descriptor, signal)


@contextmanager
def _held(pid: int) -> Iterator[int | None]:
    """Hold on to the process, so that its number means no other; None where the kernel (or a sandbox) has no pidfd."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except OSError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)
