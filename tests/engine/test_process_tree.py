from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine import processes
from reconciler.engine.ending import told
from reconciler.engine.leftovers import end_leftovers, installation_id
from reconciler.engine.process_tree import FAMILY
from reconciler.engine.processes import Marker, Process, children, descendants, marker_in, read
from reconciler.engine.runner import Ended, Execution
from reconciler.model import Run, RunSpec, RunState
from tests.engine.world import NINE, World, shell, spec, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to a process that asks")

HERE = f"test-{os.getpid()}"
GRACE = timedelta(seconds=0.5)
T = TypeVar("T")

DAEMONISE = """
import os, signal, sys, time
def daemonise(ignoring=(), environ=None):
    out, into = os.pipe()
    if os.fork():
        os.wait()
        print(int(os.read(out, 20)), flush=True)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in ignoring:
        signal.signal(number, signal.SIG_IGN)
    os.write(into, str(os.getpid()).encode())
    if environ is not None:
        os.execve("/bin/sleep", ["sleep", "60"], environ)
    time.sleep(60)
    os._exit(0)
"""


def execution(world: World, what: RunSpec, run_id: int = 1, grace: timedelta = GRACE) -> Execution:
    run = Run(run_id, "job", NINE, RunState.RUNNING)
    return Execution(what, run, world.project, kill_grace=grace, installation=HERE)


def daemoniser(then: str, arguments: str = "", **options: object) -> RunSpec:
    return spec(sys.executable, "-c", f"{DAEMONISE}\ndaemonise({arguments})\n{then}", **options)


def adopting(scenario: Callable[[], Awaitable[T]]) -> T:
    async def main() -> T:
        with FAMILY.adopting() as does:
            assert does
            return await scenario()

    return asyncio.run(main())


def ran(world: World, what: RunSpec, **options: object) -> Ended:
    return adopting(execution(world, what, **options).wait)  # type: ignore[arg-type]


def pids(ended: Ended) -> list[int]:
    return [int(word) for word in ended.output.head.split() if word.isdigit()]


def named(ended: Ended) -> list[int]:
    return [int(pid) for pid in re.findall(r"\(pid (\d+)\)", ended.left_behind or "")]


def lives(pid: int) -> bool:
    process = read(pid)
    return process is not None and not process.zombie


def zombies() -> list[int]:
    return [process.pid for process in map(read, children(os.getpid())) if process is not None and process.zombie]


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_timeout_ends_a_daemonised_child_too_and_names_it(world: World) -> None:
    ended = ran(world, daemoniser("time.sleep(60)", timeout=timedelta(seconds=0.6)))
    (daemon,) = pids(ended)
    assert (ended.timed_out, ended.signal) == (True, signal.SIGTERM)
    assert ended.left_behind == f"ended 1 process it left behind: {Path(sys.executable).name} (pid {daemon})"
    assert read(daemon) is None


def test_a_timeout_ends_a_tree_in_which_everyone_ignores_the_request(world: World) -> None:
    script = "trap '' TERM; sleep 60 & echo $!; sleep 60 & echo $!; setsid sleep 60 & echo $!; wait"
    began = time.monotonic()
    ended = ran(world, shell(script, timeout=timedelta(seconds=0.4)))
    assert 0.8 < time.monotonic() - began < 30
    assert (ended.timed_out, ended.signal) == (True, signal.SIGKILL)
    assert len(pids(ended)) == 3
    assert sorted(named(ended)) == sorted(pids(ended))
    assert [read(pid) for pid in pids(ended)] == [None] * 3


def test_those_that_end_when_asked_within_the_group_are_not_left_behind(world: World) -> None:
    ended = ran(world, shell("sleep 60 & sleep 60 & wait", timeout=timedelta(seconds=0.3)), grace=timedelta(seconds=5))
    assert (ended.timed_out, ended.left_behind) == (True, None)


def test_a_stop_ends_a_daemonised_child_too(world: World) -> None:
    async def scenario() -> Ended:
        one = execution(world, daemoniser("time.sleep(60)"))
        task = asyncio.create_task(one.wait())
        await asyncio.sleep(0.6)
        one.stop("replaced")
        return await task

    ended = adopting(scenario)
    assert ended.stopped == "replaced"
    assert named(ended) == pids(ended) != []
    assert read(pids(ended)[0]) is None


def test_what_a_finished_job_leaves_behind_is_ended_and_named_and_the_job_stays_succeeded(world: World) -> None:
    ended = ran(world, daemoniser("daemonise()"))
    assert ended.succeeded
    assert sorted(named(ended)) == sorted(pids(ended))
    assert len(pids(ended)) == 2
    assert (ended.left_behind or "").startswith("ended 2 processes it left behind: ")
    assert [read(pid) for pid in pids(ended)] == [None, None]


def test_what_stays_in_the_group_is_asked_before_it_is_killed(world: World) -> None:
    ended = ran(world, shell("(trap 'echo tidy; exit' TERM; echo ready; while :; do sleep 0.05; done) & sleep 0.3"))
    assert ended.succeeded
    assert ended.output.head.splitlines()[-1] == b"tidy"


def test_a_leftover_that_ignores_the_request_is_killed_after_the_grace(world: World) -> None:
    began = time.monotonic()
    ended = ran(world, daemoniser("", "ignoring=[signal.SIGTERM, signal.SIGHUP]"))
    assert 0.5 < time.monotonic() - began < 30
    assert ended.succeeded
    assert read(pids(ended)[0]) is None


def test_a_leftover_without_our_mark_is_found_by_its_parent_alone(world: World) -> None:
    ended = ran(world, daemoniser("", "environ={}"))
    assert named(ended) == pids(ended) != []
    assert read(pids(ended)[0]) is None


def test_a_daemonised_child_of_one_run_is_not_ended_with_another(world: World) -> None:
    async def scenario() -> tuple[Ended, bool, Ended]:
        long = execution(world, daemoniser("time.sleep(60)"), 1)
        unmarked = execution(world, daemoniser("time.sleep(60)", "environ={}"), 2)
        tasks = [asyncio.create_task(one.wait()) for one in (long, unmarked)]
        await asyncio.sleep(0.8)
        before = {process.pid for process in descendants(os.getpid())}
        short = await execution(world, daemoniser(""), 3).wait()
        still = before <= {process.pid for process in descendants(os.getpid()) if not process.zombie}
        long.stop("enough")
        unmarked.stop("enough")
        ended = [await task for task in tasks]
        assert named(ended[0])[:1] == pids(ended[0])
        assert {pid for one in ended for pid in named(one)} == {pid for one in ended for pid in pids(one)}
        return short, still, ended[0]

    short, still, _ = adopting(scenario)
    assert still
    assert named(short) == pids(short)


def test_no_other_child_is_reaped_or_ended(world: World) -> None:
    async def scenario() -> int:
        other = subprocess.Popen(["sh", "-c", "sleep 0.2; exit 7"])
        await asyncio.gather(*(execution(world, spec("true"), number).wait() for number in range(20)))
        await asyncio.sleep(0.4)
        return other.wait()

    assert adopting(scenario) == 7


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("count", "what"),
    [(1000, spec("true")), (100, shell("setsid sh -c 'sleep 60 & sleep 0.01' & setsid true & sleep 0.02"))],
    ids=["1000 quick jobs", "100 jobs that leave processes"],
)
def test_no_zombie_no_process_and_no_descriptor_is_left(world: World, count: int, what: RunSpec) -> None:
    async def scenario() -> None:
        slots = asyncio.Semaphore(16)

        async def one(number: int) -> Ended:
            async with slots:
                return await execution(world, what, number).wait()

        await asyncio.gather(*map(one, range(20)))
        before = descriptors()
        ended = await asyncio.gather(*map(one, range(count)))
        assert {done.exit_code for done in ended} == {0}
        await until(lambda: descriptors() <= before)
        await until(lambda: zombies() == [])

    others = children(os.getpid())
    adopting(scenario)
    assert set(children(os.getpid())) <= set(others)


def test_orphans_of_a_long_job_are_reaped_while_it_runs(world: World) -> None:
    async def scenario() -> int:
        one = execution(world, shell("for i in 1 2 3 4 5; do (setsid sleep 0.05 &); done; sleep 60"))
        task = asyncio.create_task(one.wait())
        await asyncio.sleep(1)
        dead = len(zombies())
        one.stop("enough")
        await task
        return dead

    assert adopting(scenario) == 0


def test_a_start_that_fails_leaves_nothing_behind(world: World) -> None:
    async def scenario() -> None:
        await execution(world, spec("/nonexistent")).wait()
        before = descriptors()
        for _ in range(50):
            assert (await execution(world, spec("/nonexistent")).wait()).error
        assert descriptors() <= before

    adopting(scenario)
    assert zombies() == []


def test_without_adoption_the_timeout_still_ends_what_hangs_below_the_process(world: World) -> None:
    script = "setsid sh -c 'trap \"\" TERM; sleep 60 & echo $!; wait' & sleep 60"
    ended = asyncio.run(execution(world, shell(script, timeout=timedelta(seconds=0.4))).wait())
    assert ended.timed_out
    assert len(pids(ended)) == 1
    assert not any(map(lives, pids(ended)))
    assert pids(ended)[0] in named(ended)


def test_where_there_is_no_proc_the_group_is_ended_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(processes, "_PROC", tmp_path / "none")
    script = "trap '' TERM; sleep 60 & echo $!; wait"
    ended = asyncio.run(execution(world, shell(script, timeout=timedelta(seconds=0.3))).wait())
    left = asyncio.run(end_leftovers(HERE, GRACE))
    monkeypatch.undo()
    assert (ended.timed_out, ended.signal, ended.left_behind, left) == (True, signal.SIGKILL, None, {})
    (pid,) = pids(ended)

    async def gone() -> None:
        await until(lambda: not lives(pid))

    asyncio.run(gone())


def test_children_are_found_in_a_kernel_that_does_not_list_them() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        assert child.pid in children(os.getpid())
        assert sorted(processes._children_by_parent(os.getpid())) == sorted(children(os.getpid()))
        child.kill()


@contextmanager
def orphan(installation: str, run: str = "7", script: str = "sleep 60") -> Iterator[int]:
    """Start a marked process whose parent ends at once, as a killed daemon's job."""
    marks = {"RECONCILE_INSTALLATION": installation, "RECONCILE_RUN_ID": run, "PATH": os.environ["PATH"]}
    command = f"setsid sh -c 'echo $$; exec >&-; {script}' &"
    started = subprocess.run(["sh", "-c", command], env=marks, stdout=subprocess.PIPE, check=True)
    pid = int(started.stdout)
    try:
        yield pid
    finally:
        with_mark = [process for process in [read(pid), *descendants(pid)] if process]
        for process in with_mark:
            os.kill(process.pid, signal.SIGKILL)


def test_leftovers_of_a_killed_daemon_are_found_by_their_mark_and_ended() -> None:
    with (
        orphan(f"{HERE}-a") as first,
        orphan(f"{HERE}-b") as foreign,
        orphan(f"{HERE}-a", "8", "exec sleep 60") as second,
    ):
        ended = asyncio.run(end_leftovers(f"{HERE}-a", GRACE))
        assert not lives(first)
        assert not lives(second)
        assert lives(foreign)
    assert set(ended) == {7, 8}
    assert re.fullmatch(rf"ended 1 process it left behind: (sh|sleep) \(pid {second}\)", ended[8])
    assert re.fullmatch(rf"ended 2 processes it left behind: .*\(pid {first}\).*", ended[7])


def test_leftovers_that_ignore_the_request_are_killed() -> None:
    with orphan(f"{HERE}-c", script='trap "" TERM; while :; do sleep 0.1; done') as pid:
        assert set(asyncio.run(end_leftovers(f"{HERE}-c", GRACE))) == {7}
        assert not lives(pid)


def test_a_daemon_that_a_job_started_does_not_end_itself() -> None:
    script = f"""
import asyncio, datetime
from reconciler.engine.leftovers import end_leftovers
print(asyncio.run(end_leftovers("{HERE}-d", datetime.timedelta(seconds=1))))
"""
    marks = {**os.environ, "RECONCILE_INSTALLATION": f"{HERE}-d", "RECONCILE_RUN_ID": "7"}
    done = subprocess.run(
        ["sh", "-c", '"$0" -c "$1"; exit $?', sys.executable, script], env=marks, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"{}\n")


def test_the_runs_of_this_very_process_are_no_leftovers(world: World) -> None:
    async def scenario() -> tuple[dict[int, str], Ended]:
        one = execution(world, shell("sleep 0.6"))
        task = asyncio.create_task(one.wait())
        await asyncio.sleep(0.2)
        return await end_leftovers(HERE, GRACE), await task

    found, ended = asyncio.run(scenario())
    assert found == {}
    assert ended.succeeded


def test_each_state_directory_has_a_mark_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "link").symlink_to("a")
    marks = [installation_id(tmp_path / name) for name in ("a", "b", "link")]
    assert marks[0] != marks[1]
    assert marks[0] == marks[2]
    assert re.fullmatch("[0-9a-f]{16}", marks[0])


def process(pid: int, name: str = "sleep") -> Process:
    return Process(pid, 1, pid, pid, 100, name, zombie=False)


def test_who_was_ended_is_told_in_one_line() -> None:
    assert told([], []) is None
    assert told([process(4, "a\n\x1b[2J")], []) == r"ended 1 process it left behind: 'a\n\x1b[2J' (pid 4)"
    both = told([process(4), process(5)], [process(5)])
    assert both == (
        "ended 1 process it left behind: sleep (pid 4); could not end 1 process it left behind: sleep (pid 5)"
    )
    many = told([process(pid) for pid in range(2, 30)], [])
    assert many is not None
    assert many.startswith("ended 28 processes it left behind: sleep (pid 2), ")
    assert many.endswith(" and 20 more")


@given(st.binary())
def test_any_environment_can_be_looked_at(environ: bytes) -> None:
    assert marker_in(environ) is None or b"RECONCILE_RUN_ID=" in environ


def test_the_mark_is_read_from_an_environment() -> None:
    environ = b"A=b=c\0RECONCILE_RUN_ID=7\0junk\0RECONCILE_INSTALLATION=ab12\0"
    assert marker_in(environ) == Marker("ab12", "7")
    assert marker_in(b"RECONCILE_RUN_ID=7\0") is None


def test_a_process_can_call_itself_anything_and_is_still_read_right() -> None:
    script = (
        "import ctypes, time; ctypes.CDLL(None).prctl(15, b'x) S 1 (\\n', 0, 0, 0); print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as odd:
        assert odd.stdout is not None
        odd.stdout.readline()
        found = read(odd.pid)
        odd.kill()
    assert found is not None
    assert (found.name, found.parent) == ("x) S 1 (\n", os.getpid())
