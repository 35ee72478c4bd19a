"""What the drawing promises, held by tests: directions, weights, sizes, codes."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler import errors

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "reconciler").rglob("*.py"))
HEAVY = {"apscheduler", "asyncio", "git", "h11", "jsonschema", "lark", "openai", "rich", "sqlite3", "watchdog", "yaml"}


def imported_by(*arguments: str, cwd: Path | None = None) -> set[str]:
    """Return which of the heavy packages a command imports, from Python's own trace of imports."""
    argv = [sys.executable, "-X", "importtime", "-m", "reconciler", *arguments]
    done = subprocess.run(argv, cwd=cwd or ROOT, capture_output=True, text=True, check=False)
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "click" in names
    return {name for name in names if name in HEAVY}


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (("--help",), set()),
        (("--version",), set()),
        (("compile", "--help"), {"jsonschema", "lark", "yaml"}),
        (("compile", "--check"), {"jsonschema", "lark", "yaml"}),
        (("compile", "--no-model"), {"jsonschema", "lark", "yaml"}),
        (("explain", "every weekday at 9am"), {"lark"}),
        (("eval", "--help"), {"lark"}),
        (("eval", "--no-model", "tests/golden/phrases.yaml"), {"jsonschema", "lark", "yaml"}),
        (("merge-lock", *3 * ("schedules/schedules.lock",)), set()),
        (("schema",), {"jsonschema", "yaml"}),
        (("diff", "--help"), set()),
        (("diff", "HEAD"), {"git", "jsonschema", "yaml", "sqlite3"}),
        (("--dry-run",), {"sqlite3"}),
        (("status",), {"sqlite3"}),
        (("wait", "--timeout", "0s"), {"sqlite3"}),
        (("history",), {"sqlite3"}),
        (("serve", "--help"), {"sqlite3", "asyncio", "apscheduler"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_imports_no_more_than_it_needs(arguments: tuple[str, ...], allowed: set[str]) -> None:
    assert imported_by(*arguments) <= allowed


@pytest.mark.tools
def test_imports_point_one_way() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_failure_has_an_exit_code_of_its_own_that_the_help_names() -> None:
    kinds = errors.ReconcileError.__subclasses__()
    codes = [kind.exit_code for kind in kinds]
    assert len(set(codes)) == len(codes)
    shown = subprocess.run(
        [sys.executable, "-m", "reconciler", "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.replace("\n", " ")
    assert all(f"{code} " in shown for code in codes)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is_for_and_is_not_too_long(path: Path) -> None:
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 600


def test_nothing_is_pickled() -> None:
    found = [
        (path, node)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
        if name.split(".")[0] in ("pickle", "marshal", "shelve", "dill")
    ]
    assert found == []
