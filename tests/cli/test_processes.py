"""Every command, started as a shell starts it, does what the quick way of the other tests says it does."""

from __future__ import annotations

import re
import shutil

import pytest

from reconciler.cli import _COMMANDS
from tests.cli.conftest import Project, Result

PHRASES = "- {phrase: every weekday at 9am, cron: 0 9 * * 1-5}\n"
CALLS: dict[str, tuple[list[str], int]] = {
    "": (["--dry-run"], 0),
    "init": (["init"], 0),
    "compile": (["compile", "--check"], 0),
    "explain": (["explain", "daily at 9am", "--tz", "UTC"], 0),
    "merge-lock": (
        ["merge-lock", "schedules/schedules.lock", "schedules/schedules.lock", "schedules/schedules.lock"],
        0,
    ),
    "schema": (["schema"], 0),
    "eval": (["eval", "phrases.yaml"], 0),
    "diff": (["diff"], 7),
    "serve": (["serve", "--for", "1s"], 0),
    "sync": (["sync"], 1),
    "rollback": (["rollback", "1"], 7),
    "status": (["status"], 0),
    "wait": (["wait", "--timeout", "1s"], 0),
    "history": (["history"], 0),
    "events": (["events"], 0),
    "logs": (["logs", "1"], 0),
    "audit": (["audit"], 0),
    "run": (["run", "db-backup"], 0),
    "pause": (["pause", "db-backup"], 0),
    "resume": (["resume", "clean-up"], 0),
}


def shape(project: Project, result: Result) -> tuple[int, str, str]:
    """Return what two runs of one command share: not the place, the moments and the digests."""
    out, err = (
        re.sub(r"\b[0-9a-f]{10,}\b|\d+", "0", text.replace(str(project.root), ".")) for text in (result.out, result.err)
    )
    return result.code, out, err


def test_every_command_is_called() -> None:
    assert CALLS.keys() == {"", *_COMMANDS}


@pytest.mark.parametrize("command", CALLS)
def test_a_command_does_the_same_when_it_is_started_as_a_process(compiled: Project, command: str) -> None:
    (compiled.root / "phrases.yaml").write_text(PHRASES)
    if command == "init":
        shutil.rmtree(compiled.root / "schedules")
    else:
        compiled.ok()
        compiled.ok("run", "report")
        compiled.ok("pause", "clean-up")
    twin = Project(compiled.root.with_name("twin"))
    shutil.copytree(compiled.root, twin.root)
    arguments, code = CALLS[command]
    started = compiled.spawn(*arguments)
    assert started.code == code, started.err
    assert shape(compiled, started) == shape(twin, twin.run(*arguments))
