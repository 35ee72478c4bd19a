"""A project in a directory of its own, driven through real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.engine.auditing import audit_ledger
from reconciler.errors import StoreFailed
from tests import warm

YAML = """\
timezone: Europe/Berlin
schedules:
  db-backup:
    when: every weekday at 9am
    run: [echo, backup]
  clean-up:
    when: every Sunday at 3:30am
    run: [echo, clean]
  report:
    when: last day of the month at 18:00
    run: [echo, report]
"""


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Project:
    """A project directory and the means to run `reconcile` in it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    daemons: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def lock(self) -> Path:
        return self.root / "schedules" / "schedules.lock"

    def write(self, text: str, name: str = "schedules.yaml") -> None:
        path = self.root / "schedules" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def run(self, *arguments: str, input: str | None = None, **environment: str) -> Result:
        """Run a command in a process of its own, which is made quickly where nothing of its start matters."""
        if not warm.starts_alike({**self.environment, **environment}):
            return self.spawn(*arguments, input=input, **environment)
        done = warm.run(arguments, cwd=self.root, environment=self._environment(environment), input=input)
        return self._result(done)

    def spawn(self, *arguments: str, input: str | None = None, **environment: str) -> Result:
        """Run a command as a shell does: by starting a process."""
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.root,
            env=self._environment(environment),
            input=input,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return self._result(done)

    def _result(self, done: subprocess.CompletedProcess[str]) -> Result:
        assert "Traceback" not in done.stderr, done.stderr
        return Result(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str) -> Result:
        result = self.run(*arguments)
        assert result.code == 0, result.err
        return result

    def serve(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        log = (self.root / f"daemon-{len(self.daemons)}.log").open("w")
        daemon = subprocess.Popen(
            [sys.executable, "-m", "reconciler", "serve", *arguments],
            cwd=self.root,
            env=self._environment(environment),
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
        log.close()
        self.daemons.append(daemon)
        return daemon

    def daemon_log(self, number: int = -1) -> str:
        return (self.root / f"daemon-{number % len(self.daemons)}.log").read_text()

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return {**kept, **self.environment, **more}


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Return *condition*'s result as soon as it is true; fail after *seconds*."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("what was waited for did not come")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path / "project")
    made.root.mkdir()
    made.write(YAML)
    yield made
    for daemon in made.daemons:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()
    with suppress(StoreFailed):  # a test may have broken it
        audit = audit_ledger(made.root / ".reconcile")
        assert audit.clean, audit.findings


@pytest.fixture
def compiled(project: Project) -> Project:
    project.ok("compile")
    return project
