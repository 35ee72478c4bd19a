"""As much of GitHub's runner as a composite action needs: its environment, its files, its reading of the log."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_COMMAND = re.compile(r"::([a-z-]+)(?: (.*?))?::(.*)")
_OLD_COMMAND = re.compile(r"##\[([a-z-]+)(?: (.*?))?\](.*)")
INSTALL = "Install reconcile"


@dataclass
class Ran:
    """What an action left: how it ended, its log, its outputs, its summary, and the steps that ran."""

    code: int
    log: str
    outputs: dict[str, dict[str, str]]
    summary: str
    steps: list[str]

    @property
    def commands(self) -> list[tuple[str, dict[str, str], str]]:
        """Return what the runner takes for commands in the log: name, properties, message."""
        found: list[tuple[str, dict[str, str], str]] = []
        stopped: str | None = None
        for line in self.log.split("\n"):
            match = _COMMAND.match(line.lstrip()) or _OLD_COMMAND.search(line)
            if stopped is not None:
                if line.strip() == f"::{stopped}::":
                    stopped = None
            elif match and match[1] == "stop-commands":
                stopped = match[3]
            elif match:
                properties = dict(part.split("=", 1) for part in (match[2] or "").split(",") if "=" in part)
                found.append((match[1], {key: _read(value) for key, value in properties.items()}, _read(match[3])))
        assert stopped is None, "the log ends with commands stopped"
        return found

    def errors(self) -> list[tuple[str | None, str | None, str]]:
        """Return the file, the line and the message of each error that is shown."""
        return [(given.get("file"), given.get("line"), text) for name, given, text in self.commands if name == "error"]


def _read(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


@dataclass
class Runner:
    """A machine with a checked-out *workspace* and a *temporary* directory, on which actions are run."""

    workspace: Path
    temporary: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, action: str, event: dict[str, Any], *, install: bool = False, **inputs: str) -> Ran:
        """Run every step of the composite *action* for *event*; without *install*, with what is installed here."""
        path = ROOT / ".github" / "actions" / action
        declared = yaml.safe_load((path / "action.yml").read_text())
        given = {
            name: inputs.get(name.replace("-", "_"), one.get("default")) for name, one in declared["inputs"].items()
        }
        assert None not in given.values(), "a required input is missing"
        if not install:
            self.put_installed()
        (self.temporary / "event.json").write_text(json.dumps(event))
        (self.temporary / "summary").touch()
        ran = Ran(0, "", {}, "", [])
        for step in declared["runs"]["steps"]:
            if step["name"] == INSTALL and not install:
                continue
            self._run_step(step, ran, path, given)
            if ran.code:
                break
        ran.summary = (self.temporary / "summary").read_text()
        return ran

    def _run_step(self, step: dict[str, Any], ran: Ran, path: Path, given: dict[str, str]) -> None:
        assert "${{" not in step["run"], "an expression in a script is an injection"
        assert step["shell"] == "bash"
        files = {name: self.temporary / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH")}
        for file in files.values():
            file.write_text("")
        script = self.temporary / "step.sh"
        script.write_text(step["run"])
        own = {
            key: _EXPRESSION.sub(lambda m: _value(m[1], given, ran.outputs), text)
            for key, text in step.get("env", {}).items()
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            cwd=self.workspace,
            env={
                "PATH": os.environ["PATH"].replace(f"{Path(sys.executable).parent}:", ""),
                "HOME": str(self.temporary),
                **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_REPOSITORY": "owner/project",
                "GITHUB_EVENT_PATH": str(self.temporary / "event.json"),
                "GITHUB_STEP_SUMMARY": str(self.temporary / "summary"),
                "GITHUB_WORKSPACE": str(self.workspace),
                "GITHUB_ACTION_PATH": str(path),
                "RUNNER_TEMP": str(self.temporary),
                **{name: str(file) for name, file in files.items()},
                **self.environment,
                **own,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="surrogateescape",
            check=False,
        )
        assert (files["GITHUB_ENV"].read_text(), files["GITHUB_PATH"].read_text()) == ("", "")
        ran.steps.append(step["name"])
        ran.log += done.stdout
        ran.code = done.returncode
        lines = files["GITHUB_OUTPUT"].read_text().splitlines()
        ran.outputs.setdefault(step.get("id", ""), {}).update(line.split("=", 1) for line in lines)

    def put_installed(self) -> None:
        """Put the package of this very Python where the action would have installed it."""
        binary = self.temporary / "reconcile" / "bin"
        binary.mkdir(parents=True, exist_ok=True)
        (binary / "reconcile").write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m reconciler "$@"\n')
        (binary / "reconcile").chmod(0o755)


def _value(expression: str, given: dict[str, str], outputs: dict[str, dict[str, str]]) -> str:
    match expression.split("."):
        case ["inputs", name]:
            return _EXPRESSION.sub(lambda m: _value(m[1], given, outputs), given[name])
        case ["steps", id, "outputs", name]:
            return outputs.get(id, {}).get(name, "")
        case ["github", "token"]:
            return "token-of-the-job"
    raise AssertionError(f"an expression that this runner does not know: {expression}")


def git(where: Path, *arguments: str, ok: bool = True) -> str:
    """Run git in *where* and return what it prints."""
    done = subprocess.run(["git", *IDENTITY, *arguments], cwd=where, capture_output=True, text=True, check=False)
    assert not ok or done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()
