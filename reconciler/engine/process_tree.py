"""The processes of a job as a whole: those in its group, and those that left it by `setsid` or a double fork.

On Linux a process that calls `Family.adopting` is given the orphans among its descendants, so nothing that a
job starts gets out of sight. Elsewhere, and without that call, what remains is the process group, and what
could be seen below it when it was ended.
"""

from __future__ import annotations

import asyncio
import os
import signal as signals
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from reconciler.engine.ending import Ending, told
from reconciler.engine.processes import Marker, Process, children_of_main_thread, descendants, marker_of, read

_PR_SET_CHILD_SUBREAPER = 36
_MOMENT = 0.05


class Family:
    """What this process knows of its children: the trees of its jobs, and whether it adopts orphans.

    There is one a process (`FAMILY`), as the kernel keeps children by process. It belongs to the event loop.
    """

    def __init__(self) -> None:
        self.adopts = False
        self._trees: set[Tree] = set()
        self._leaders: set[int] = set()
        self._starting = 0
        self._passed_over = False
        self._reaping: asyncio.TimerHandle | None = None

    @contextmanager
    def adopting(self) -> Iterator[bool]:
        """Adopt the orphans among our descendants, and reap them, until the end; False where the kernel cannot.

        To be entered in the main thread, where the event loop runs.
        """
        self.adopts = _set_subreaper(on=True)
        loop = asyncio.get_running_loop()
        if self.adopts:
            loop.add_signal_handler(signals.SIGCHLD, self._reap_soon, loop)
        try:
            yield self.adopts
        finally:
            if self.adopts:
                self.reap()
                loop.remove_signal_handler(signals.SIGCHLD)
                if self._reaping is not None:
                    self._reaping.cancel()
                    self._reaping = None
                self.adopts = not _set_subreaper(on=False)

    @contextmanager
    def starting(self, tree: Tree) -> Iterator[None]:
        """Count *tree* among the living, from before its leader exists."""
        self._trees.add(tree)
        self._starting += 1
        try:
            yield
        except BaseException:
            self._trees.discard(tree)
            raise
        finally:
            self._starting -= 1
            if self._passed_over and not self._starting:
                self._passed_over = False
                self.reap()

    def leads(self, pid: int) -> None:
        """Remember *pid* as a child that asyncio waits for."""
        self._leaders.add(pid)

    def reaped(self, pid: int) -> None:
        """Forget *pid*, which asyncio has waited for."""
        self._leaders.discard(pid)

    def over(self, tree: Tree) -> None:
        """Count *tree* among the living no more."""
        self._trees.discard(tree)

    def has_run(self, marker: Marker) -> bool:
        """Whether one of the living trees has *marker*."""
        return any(tree.marker == marker for tree in self._trees)

    def reap(self) -> None:
        """Take the exit status of adopted processes that have ended, and of no other child."""
        for process in self._adopted():
            if process.zombie:
                _wait_for(process.pid)

    def _reap_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """Reap once for all children that end within a moment: mostly it is leaders, which asyncio waits for."""
        if self._reaping is None:
            self._reaping = loop.call_later(_MOMENT, self._reap_now)

    def _reap_now(self) -> None:
        self._reaping = None
        self.reap()

    def left_by(self, tree: Tree) -> list[Process]:
        """Return the living processes that *tree* left behind, its leader having ended: all it can be told of.

        What carries no mark belongs to it if no other tree that is still led is old enough to have started it.
        """
        found: list[Process] = []
        for root in self._adopted():
            if root.zombie:
                _wait_for(root.pid)
            elif not self._is_of_another(root, tree):
                found += root, *descendants(root.pid)
        return [process for process in found if not process.zombie]

    def _is_of_another(self, root: Process, tree: Tree) -> bool:
        if root.session == tree.leader:
            return False
        others = self._trees - {tree}
        if any(root.session == one.leader for one in others):
            return True
        marker = marker_of(root.pid)
        if marker is None or marker.installation != tree.marker.installation:
            return any(one.led and one.born <= root.started for one in others)
        return any(one.marker == marker for one in others)

    def _adopted(self) -> Iterator[Process]:
        """Yield our children that we did not start: only they are in a session that is neither ours nor a new job's."""
        session = os.getsid(0)
        for pid in children_of_main_thread(os.getpid()):
            process = None if pid in self._leaders else read(pid)
            if process is None or process.session == session:
                continue
            if self._starting and process.session == pid:  # perhaps a leader whose number we are not told yet
                self._passed_over = True
                continue
            yield process


class Tree:
    """The processes of one job execution; its leader, told by `begun`, leads the process group and the session too.

    *led*: the leader has not ended yet.
    """

    def __init__(self, marker: Marker) -> None:
        self.marker = marker
        self.born = _ticks_now()
        self.leader = 0
        self.led = True
        self._seen: dict[tuple[int, int], Process] = {}
        self._ending = Ending(self._left)

    def begun(self, leader: int) -> None:
        """Take note of the leader."""
        self.leader = leader

    def ask(self) -> None:
        """Send SIGTERM to every process of the tree; the leader lives."""
        below = self._look()
        signal_group(self.leader, signals.SIGTERM)
        self._ending.asked.update(process.key for process in below if process.group == self.leader)
        self._ending.signal([process for process in below if process.group != self.leader], signals.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL to every process of the tree; the leader lives."""
        below = self._look()
        signal_group(self.leader, signals.SIGKILL)
        self._ending.signal(below, signals.SIGKILL)

    async def end_rest(self, grace: float) -> str | None:
        """End what the leader, having ended, left behind, within about *grace* seconds; return who it was, as text."""
        self.led = False
        if not FAMILY.adopts:
            signal_group(self.leader, signals.SIGKILL)
        survivors = await self._ending.end(grace)
        return told(list(self._ending.named.values()), survivors)

    def abandon(self) -> None:
        """Kill the group: nobody waits any longer for a gentle end."""
        signal_group(self.leader, signals.SIGKILL)

    def _look(self) -> list[Process]:
        below = [process for process in descendants(self.leader) if not process.zombie]
        if FAMILY.adopts:
            below += FAMILY.left_by(self)
        self._seen.update((process.key, process) for process in below)
        return below

    def _left(self) -> list[Process]:
        return FAMILY.left_by(self) if FAMILY.adopts else _living(self._seen.values())


FAMILY = Family()


def signal_group(group: int, signal: signals.Signals) -> None:
    """Send *signal* to the process group; one that is gone, or is not ours any more, is left alone."""
    assert group > 1  # 0 would be our own group, 1 everybody
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal)


def _living(processes: Iterable[Process]) -> list[Process]:
    now = [(process, read(process.pid)) for process in processes]
    return [found for process, found in now if found and found.key == process.key and not found.zombie]


def _wait_for(pid: int) -> None:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _ticks_now() -> int:
    """Return the time since the boot as /proc counts it; 0 where there is no such clock."""
    if sys.platform != "linux":
        return 0
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))


def _set_subreaper(*, on: bool) -> bool:
    """Make the kernel give us the orphans among our descendants, or stop that; return whether it does as told."""
    if sys.platform != "linux":
        return False
    import ctypes

    try:
        return bool(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
