from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.engine.capture import KEPT
from reconciler.engine.runner import Ended, Execution
from reconciler.model import Run, RunSpec, RunState
from tests.engine.world import NINE, World, shell, spec, until

RUN = Run(7, "db-backup", NINE, RunState.RUNNING)


def execution(world: World, what: RunSpec, **options: object) -> Execution:
    return Execution(what, RUN, world.project, **{"kill_grace": timedelta(seconds=0.5)} | options)  # type: ignore[arg-type]


def run(world: World, what: RunSpec, environment: Mapping[str, str] = os.environ) -> Ended:
    return asyncio.run(execution(world, what, environment=environment).wait())


def said(ended: Ended) -> str:
    return ended.output.head.decode()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    """Return whether the process has ended, a killed one being given a moment to."""
    for _ in range(100):
        if not alive(pid):
            return True
        time.sleep(0.02)
    return False


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_both_streams_are_kept_and_the_exit_code_is_told(world: World) -> None:
    ended = run(world, shell("echo out; echo err >&2; exit 3"))
    assert (ended.exit_code, ended.signal, ended.error, said(ended)) == (3, None, None, "out\nerr\n")
    assert not ended.succeeded


def test_an_argument_is_an_argument_and_nothing_to_a_shell(world: World) -> None:
    hostile = "$(touch canary); `touch canary` | & * \n'\""
    assert said(run(world, spec("printf", "%s", hostile))) == hostile
    assert not (world.project / "canary").exists()


def test_it_runs_in_the_project_with_an_empty_input_and_a_session_of_its_own(world: World) -> None:
    script = "import os; print(os.getcwd(), os.getsid(0) == os.getpid(), os.read(0, 9))"
    assert said(run(world, spec(sys.executable, "-c", script))) == f"{world.project} True b''\n"


def test_of_the_environment_only_harmless_names_and_those_asked_for_pass(world: World) -> None:
    own = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C",
        "GITHUB_TOKEN": "canary-1",
        "OPENAI_API_KEY": "canary-2",
        "PGPASSFILE": "/pg",
        "UNASKED": "canary-3",
    }
    shown = said(run(world, spec("env", env=("PGPASSFILE", "OPENAI_API_KEY", "ABSENT")), own))
    assert "canary" not in shown
    lines = dict(line.split("=", 1) for line in shown.splitlines())
    assert lines == {
        "PATH": own["PATH"],
        "LC_ALL": "C",
        "PGPASSFILE": "/pg",
        "RECONCILE_JOB_ID": "db-backup",
        "RECONCILE_RUN_ID": "7",
        "RECONCILE_SCHEDULED_AT": "2026-03-02T09:00:00Z",
    }


@pytest.mark.parametrize("name", ["SEGV", "KILL", "ABRT"])
def test_a_signal_is_no_exit_code(world: World, name: str) -> None:
    ended = run(world, shell(f"kill -{name} $$"))
    assert (ended.exit_code, ended.signal) == (None, signal.Signals[f"SIG{name}"])


def test_what_cannot_start_says_why_and_has_neither_code_nor_signal(world: World) -> None:
    (world.project / "plain").write_text("no program")
    (world.project / "lost").write_text("#!/nonexistent/interpreter\n")
    (world.project / "lost").chmod(0o755)
    for command, why in (
        ("/nonexistent", "No such file or directory"),
        ("./plain", "Permission denied"),
        ("./lost", "No such file or directory"),
        ("nul\0byte", "embedded null byte"),
    ):
        ended = run(world, spec(command))
        assert (ended.exit_code, ended.signal, ended.succeeded) == (None, None, False)
        assert ended.error == f"could not start {command}: {why}"
    assert "Argument list too long" in (run(world, spec("echo", "x" * 3_000_000)).error or "")


def test_a_timeout_ends_the_whole_tree_even_if_it_ignores_the_request(world: World) -> None:
    script = "trap '' TERM; sleep 60 & echo $!; sleep 60 & echo $!; wait"
    began = time.monotonic()
    ended = run(world, shell(script, timeout=timedelta(seconds=0.3)))
    assert (ended.timed_out, ended.signal, ended.succeeded) == (True, signal.SIGKILL, False)
    assert 0.7 < time.monotonic() - began < 3
    pids = [int(line) for line in said(ended).split()]
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def test_a_timeout_asks_first(world: World) -> None:
    ended = run(world, shell("trap 'echo tidy; exit 0' TERM; sleep 60 & wait", timeout=timedelta(seconds=0.3)))
    assert (ended.timed_out, ended.exit_code, said(ended)) == (True, 0, "tidy\n")
    assert not ended.succeeded


def test_a_grandchild_that_holds_the_output_does_not_hold_the_run(world: World) -> None:
    began = time.monotonic()
    ended = run(world, shell("setsid sleep 5 & echo done"))
    assert (ended.succeeded, said(ended)) == (True, "done\n")
    assert time.monotonic() - began < 2


def test_what_a_job_leaves_in_its_group_is_ended_with_it(world: World) -> None:
    ended = run(world, shell("sleep 60 & echo $!"))
    assert ended.exit_code == 0
    assert gone(int(said(ended)))


def test_output_is_kept_as_head_and_tail_and_the_rest_counted(world: World) -> None:
    ended = run(world, shell("printf begin; head -c 3000000 /dev/zero; printf end"))
    output = ended.output
    assert (len(output.head), len(output.tail)) == (KEPT, KEPT)
    assert (output.head[:5], output.tail[-3:]) == (b"begin", b"end")
    assert output.dropped == 3_000_008 - 2 * KEPT


def test_output_that_fits_is_whole(world: World) -> None:
    output = run(world, shell(f"head -c {KEPT + 10} /dev/zero; printf end")).output
    assert (len(output.head), output.tail, output.dropped) == (KEPT, b"\0" * 10 + b"end", 0)


def test_stopping_ends_it_and_says_why(world: World) -> None:
    async def scenario() -> Ended:
        one = execution(world, shell("sleep 60"))
        task = asyncio.create_task(one.wait())
        await asyncio.sleep(0.2)
        one.stop("replaced")
        return await task

    ended = asyncio.run(scenario())
    assert (ended.stopped, ended.signal, ended.succeeded) == ("replaced", signal.SIGTERM, False)


def test_stopped_before_it_starts_it_does_not_start(world: World) -> None:
    async def scenario() -> Ended:
        one = execution(world, shell("touch canary"))
        one.stop("replaced")
        return await one.wait()

    assert asyncio.run(scenario()).stopped == "replaced"
    assert not (world.project / "canary").exists()


def test_no_zombie_and_no_descriptor_is_left(world: World) -> None:
    async def scenario() -> None:
        async def some() -> None:
            await asyncio.gather(*(execution(world, spec("true")).wait() for _ in range(20)))

        await some()
        before = descriptors()
        await some()
        await until(lambda: descriptors() <= before)

    asyncio.run(scenario())
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    assert [pid for pid in children if not alive(int(pid))] == []


def test_a_python_task_runs_with_its_keyword_arguments_in_a_child(world: World) -> None:
    (world.project / "reports").mkdir()
    (world.project / "reports" / "daily.py").write_text("import os\ndef send(to): print(to, os.getpid())\n")
    ended = run(world, RunSpec(python="reports.daily:send", arguments=(("to", "ann"),)))
    to, pid = said(ended).split()
    assert (ended.exit_code, to) == (0, "ann")
    assert int(pid) != os.getpid()


@pytest.mark.parametrize(("body", "code"), [("os._exit(5)", 5), ("raise ValueError('no')", 1), ("os.abort()", None)])
def test_a_python_task_that_misbehaves_ends_only_itself(world: World, body: str, code: int | None) -> None:
    (world.project / "bad.py").write_text(f"import os\ndef work(): {body}\n")
    ended = run(world, RunSpec(python="bad:work"))
    assert ended.exit_code == code
    assert ended.signal == (signal.SIGABRT if code is None else None)


def test_a_project_cannot_shadow_our_own_modules(world: World) -> None:
    (world.project / "reconciler").mkdir()
    (world.project / "reconciler" / "__init__.py").write_text("raise SystemExit(99)")
    (world.project / "task.py").write_text("def work(): print('ok')\n")
    assert said(run(world, RunSpec(python="task:work"))) == "ok\n"
