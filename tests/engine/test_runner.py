from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.engine.capture import KEPT
from reconciler.engine.runner import Ended, Execution
from reconciler.model import Run, RunSpec, RunState
from tests.engine.world import NINE, World, shell, spec

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
        "RECONCILE_INSTALLATION": "",
        "RECONCILE_SCHEDULED_AT": "2026-03-02T09:00:00Z",
    }


@pytest.mark.parametrize("name", ["SEGV", "KILL", "ABRT"])
def test_a_signal_is_no_exit_code(world: World, name: str) -> None:
    ended = run(world, shell(f"kill -{name} $$"))
    assert (ended.exit_code, ended.signal) == (None, signal.Signals[f"SIG{name}"])


@pytest.mark.parametrize("code", [0, 1, 2, 126, 127, 128, 137, 255])
def test_an_exit_code_is_no_signal(world: World, code: int) -> None:
    ended = run(world, spec("sh", "-c", f"exit {code}"))
    assert (ended.exit_code, ended.signal, ended.error, ended.succeeded) == (code, None, None, code == 0)


def test_all_256_exit_codes_arrive_as_they_are(world: World) -> None:
    async def scenario() -> list[Ended]:
        return await asyncio.gather(*(execution(world, shell(f"exit {code}")).wait() for code in range(256)))

    ended = asyncio.run(scenario())
    assert [one.exit_code for one in ended] == list(range(256))
    assert {(one.signal, one.error) for one in ended} == {(None, None)}


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("/nonexistent", "No such file or directory"),
        ("nonexistent-program", "there is no such program in PATH"),
        ("./plain", "it is not executable (chmod +x)"),
        ("./directory", "it is a directory"),
        ("./lost", "its interpreter /nonexistent/interpreter does not exist"),
        ("./barred", "its interpreter {project}/plain may not be executed"),
        ("./garbage", "Exec format error"),
        ("./plain/below", "Not a directory"),
        ("nul\0byte", "embedded null byte"),
        ("", "an empty command"),
    ],
)
def test_what_cannot_start_says_why_and_has_neither_code_nor_signal(world: World, command: str, why: str) -> None:
    (world.project / "plain").write_text("no program")
    (world.project / "directory").mkdir()
    scripts = {"lost": "#!/nonexistent/interpreter -x\n", "barred": f"#!{world.project}/plain\n", "garbage": "\x01\x02"}
    for name, text in scripts.items():
        (world.project / name).write_text(text)
        (world.project / name).chmod(0o755)
    ended = run(world, spec(command))
    assert (ended.exit_code, ended.signal, ended.succeeded) == (None, None, False)
    if command:
        assert ended.error == f"could not start {command}: {why.format(project=world.project)}"
    else:
        assert (ended.error or "").startswith(f"could not start {why}: ")


def test_arguments_that_are_too_many_say_so(world: World) -> None:
    assert run(world, spec("echo", "x" * 3_000_000)).error == "could not start echo: Argument list too long"


def test_a_working_directory_that_is_gone_is_not_taken_for_a_missing_program(world: World) -> None:
    missing = replace_project(world, world.root / "gone")
    assert asyncio.run(missing.wait()).error == (
        f"could not start true: its working directory {world.root / 'gone'} is gone"
    )


def replace_project(world: World, project: Path) -> Execution:
    return Execution(spec("true"), RUN, project)


def test_a_timeout_ends_the_whole_tree_even_if_it_ignores_the_request(world: World) -> None:
    script = "trap '' TERM; sleep 60 & echo $!; sleep 60 & echo $!; wait"
    began = time.monotonic()
    ended = run(world, shell(script, timeout=timedelta(seconds=0.3)))
    assert (ended.timed_out, ended.signal, ended.succeeded) == (True, signal.SIGKILL, False)
    assert 0.7 < time.monotonic() - began < 30
    pids = [int(line) for line in said(ended).split()]
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def test_a_timeout_asks_first(world: World) -> None:
    ended = run(world, shell("trap 'echo tidy; exit 0' TERM; sleep 60 & wait", timeout=timedelta(seconds=0.3)))
    assert (ended.timed_out, ended.exit_code, said(ended)) == (True, 0, "tidy\n")
    assert not ended.succeeded


def test_a_grandchild_that_holds_the_output_does_not_hold_the_run(world: World) -> None:
    began = time.monotonic()
    ended = run(world, shell("setsid sleep 60 & echo done"))
    assert (ended.succeeded, said(ended)) == (True, "done\n")
    assert time.monotonic() - began < 30


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


def test_output_that_is_no_text_is_kept_byte_for_byte(world: World) -> None:
    written = bytes(range(256)) + b"\xff\xfe\xc3("
    script = f"import os; os.write(1, bytes(range(256)) + {written[256:]!r})"
    assert run(world, spec(sys.executable, "-c", script)).output.head == written


def test_a_job_that_closes_its_output_is_waited_for(world: World) -> None:
    ended = run(world, shell("echo first; exec >&- 2>&-; sleep 0.4; exit 4"))
    assert (ended.exit_code, said(ended)) == (4, "first\n")


BIG_WRITER = """
import asyncio, pathlib, resource, sys
from datetime import UTC, datetime
from reconciler.engine.runner import Execution
from reconciler.model import Run, RunSpec, RunState

def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

async def main():
    run = Run(1, "big", datetime.now(UTC), RunState.RUNNING)
    async def written(megabytes):
        spec = RunSpec(command=("head", "-c", f"{megabytes}M", "/dev/zero"), secrets=("TOKEN",))
        execution = Execution(spec, run, pathlib.Path("."), environment={"PATH": "/bin:/usr/bin", "TOKEN": sys.argv[1]})
        ended = await execution.wait()
        return len(ended.output.head) + ended.output.dropped + len(ended.output.tail)
    await written(1)
    before = peak()
    total = await written(300)
    print(total, peak() - before)
asyncio.run(main())
"""


@pytest.mark.parametrize("secret", ["", "a-secret-of-some-length"])
def test_memory_does_not_grow_with_300_megabytes_of_output(secret: str) -> None:
    done = subprocess.run([sys.executable, "-c", BIG_WRITER, secret], capture_output=True, text=True, check=True)
    total, grown = map(int, done.stdout.split())
    assert total == 300 * 1024 * 1024
    assert grown <= 4


def test_secrets_pass_like_env_and_are_masked_in_what_is_kept(world: World) -> None:
    own = {"PATH": os.environ["PATH"], "TOKEN": "hunter2-hunter2", "PLAIN": "shown", "GITHUB_TOKEN": "canary"}
    script = 'echo "$PLAIN $TOKEN ${#TOKEN} $GITHUB_TOKEN"; printf %s "$TOKEN" | base64 >&2'
    ended = run(world, shell(script, env=("PLAIN",), secrets=("TOKEN", "ABSENT")), own)
    assert said(ended) == "shown *** 15 \n***\n"


def test_a_secret_split_over_two_writes_and_over_the_cut_is_masked(world: World) -> None:
    own = {"PATH": os.environ["PATH"], "TOKEN": "hunter2-hunter2"}
    script = f"""import sys, time
sys.stdout.write("x" * {KEPT - 5} + "hunter2"); sys.stdout.flush()
time.sleep(0.1)
sys.stdout.write("-hunter2" + "y" * 100_000 + "hunter2-hunter2")
"""
    output = run(world, spec(sys.executable, "-c", script, secrets=("TOKEN",)), own).output
    assert output.head == b"x" * (KEPT - 5) + b"***yy"
    assert output.tail.endswith(b"y***")
    assert b"hunter" not in output.head + output.tail


def test_a_secret_too_short_to_be_masked_is_not_started_with(world: World) -> None:
    own = {"PATH": os.environ["PATH"], "PIN": "123", "EMPTY": ""}
    ended = run(world, shell("touch canary", secrets=("EMPTY", "PIN")), own)
    assert ended.error == "not started: PIN has fewer than 4 characters, too few to be masked"
    assert (ended.exit_code, ended.signal, ended.succeeded) == (None, None, False)
    assert not (world.project / "canary").exists()
    assert run(world, shell("true", secrets=("EMPTY",)), own).succeeded


def test_the_keys_of_the_model_do_not_pass_as_secrets_either(world: World) -> None:
    own = {"PATH": os.environ["PATH"], "OPENAI_API_KEY": "canary-1", "RECONCILE_MODEL": "canary-2"}
    names = ("OPENAI_API_KEY", "RECONCILE_MODEL")
    shown = said(run(world, spec("env", secrets=names[:1], env=names), own))
    assert "OPENAI" not in shown
    assert "RECONCILE_MODEL" not in shown


def test_the_limit_of_core_dumps_stays_what_the_user_set(world: World) -> None:
    script = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE))"
    assert said(run(world, spec(sys.executable, "-c", script))) == f"{resource.getrlimit(resource.RLIMIT_CORE)}\n"


def test_a_python_task_runs_with_its_keyword_arguments_in_a_child(world: World) -> None:
    (world.project / "reports").mkdir()
    (world.project / "reports" / "daily.py").write_text("import os\ndef send(to): print(to, os.getpid())\n")
    ended = run(world, RunSpec(python="reports.daily:send", arguments=(("to", "ann"),)))
    to, pid = said(ended).split()
    assert (ended.exit_code, to) == (0, "ann")
    assert int(pid) != os.getpid()


@pytest.mark.parametrize(
    ("body", "code", "number"),
    [
        ("os._exit(5)", 5, None),
        ("raise SystemExit(3)", 3, None),
        ("raise ValueError('no')", 1, None),
        ("work()", 1, None),
        ("os.closerange(0, 1024)", 0, None),
        ("os.abort()", None, signal.SIGABRT),
        ("ctypes.string_at(0)", None, signal.SIGSEGV),
        ("os.kill(os.getpid(), 9)", None, signal.SIGKILL),
    ],
)
def test_a_python_task_that_misbehaves_ends_only_itself(
    world: World, body: str, code: int | None, number: int | None
) -> None:
    (world.project / "bad.py").write_text(f"import ctypes, os\ndef work(): {body}\n")
    ended = run(world, RunSpec(python="bad:work"))
    assert (ended.exit_code, ended.signal) == (code, number)


def test_a_python_task_that_never_ends_is_ended_by_its_timeout(world: World) -> None:
    body = "import signal\ndef work():\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    while True: pass\n"
    (world.project / "bad.py").write_text(body)
    ended = run(world, RunSpec(python="bad:work", timeout=timedelta(seconds=0.7)))
    assert (ended.timed_out, ended.signal) == (True, signal.SIGKILL)


def test_a_project_cannot_shadow_our_own_modules(world: World) -> None:
    (world.project / "reconciler").mkdir()
    (world.project / "reconciler" / "__init__.py").write_text("raise SystemExit(99)")
    (world.project / "task.py").write_text("def work(): print('ok')\n")
    assert said(run(world, RunSpec(python="task:work"))) == "ok\n"
