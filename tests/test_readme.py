"""What the README shows is what happens: its YAML and its console sessions are run, in order, and compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text()
# what differs from day to day and from machine to machine
VOLATILE = [
    (re.compile(r"\w{3} \d{2} \w{3} \d{4} \d{2}:\d{2}(:\d{2})? [A-Z]{3,4} \([^)]*Z\)"), "<moment>"),
    (re.compile(r"\w{3} \w{3} [ \d]\d \d{2}:\d{2}:\d{2} UTC \d{4}"), "<date>"),
    (re.compile(r"sha256:[0-9a-f]+"), "<checksum>"),
    (re.compile(r"digest [0-9a-f]{12}"), "<digest>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "<instant>"),
    (re.compile(r"\b[0-9a-f]{10}\b"), "<revision>"),
    (re.compile(r"\b[\d.]+ m?s\b"), "<took>"),
    (re.compile(r"  +"), "  "),
]
FIXED = "reconcile explain"


def stable(text: str) -> str:
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return text.strip()


def sessions() -> list[tuple[str, str]]:
    found = []
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def test_every_session_prints_what_is_shown(tmp_path: Path) -> None:
    yaml = re.search(r"```yaml\n# (schedules/databases.yaml)\n(.*?)```", README, re.DOTALL)
    assert yaml is not None
    (tmp_path / "schedules").mkdir()
    (tmp_path / yaml[1]).write_text(f"# {yaml[1]}\n{yaml[2]}")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "LC_ALL": "C", "TZ": "UTC", "LOGNAME": "me"}
    shown = sessions()
    assert len(shown) >= 10
    for command, expected in shown:
        argv = ["sh", "-c", f"exec 2>&1; {command}"]
        done = subprocess.run(
            argv,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if command.startswith(FIXED):
            assert done.stdout.strip() == expected.strip()
        assert stable(done.stdout) == stable(expected), command


def test_the_table_of_exit_codes_is_that_of_the_code() -> None:
    from reconciler import errors

    for kind in errors.ReconcileError.__subclasses__():
        assert re.search(rf"\| {kind.exit_code} \|", README), kind


def test_the_table_of_keys_names_only_keys_that_exist() -> None:
    from reconciler.declaration.schema import load_schema

    known = load_schema("schedules")["properties"]["schedules"]["additionalProperties"]["properties"]
    table = README[README.index("| key | meaning") : README.index("`schemas/schedules.schema.json` explains")]
    named = {key for row in table.strip().splitlines()[2:] for key in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == set(known)
