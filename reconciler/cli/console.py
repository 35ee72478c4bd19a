"""How a command speaks: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence

import click

from reconciler.errors import Problem, ReconcileError, UsageError
from reconciler.model import Json
from reconciler.review.text import Paint, safe


def paint_for(stream_is_tty: bool) -> Paint:
    """Return a Paint that obeys NO_COLOR (no-color.org), FORCE_COLOR and TERM=dumb."""
    if os.environ.get("NO_COLOR"):
        return Paint(enabled=False)
    forced = bool(os.environ.get("FORCE_COLOR"))
    return Paint(enabled=forced or (stream_is_tty and os.environ.get("TERM") != "dumb"))


def paint_out() -> Paint:
    """Return the Paint for standard output."""
    return paint_for(sys.stdout.isatty())


def paint_err() -> Paint:
    """Return the Paint for standard error."""
    return paint_for(sys.stderr.isatty())


def say(text: str) -> None:
    """Print a result; colour codes in it were put there on purpose."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def note(text: str) -> None:
    """Print what is not a result: progress, a summary, a hint."""
    sys.stdout.flush()  # in a log where both end up, what was said first comes first
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def say_json(document: Mapping[str, Json]) -> None:
    """Print the one JSON document of a command."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def problem_lines(problems: Iterable[Problem]) -> list[str]:
    """Return `file:line:col: message` and its hint, indented, for each problem."""
    paint = paint_err()
    lines = []
    for problem in problems:
        where = paint(f"{safe(str(problem.origin))}: ", "bold") if problem.origin else ""
        lines.append(f"{where}{paint(safe(problem.message), 'red')}")
        if problem.hint:
            lines += [f"    {safe(line)}" for line in problem.hint.split("\n")]
    return lines


def problem_json(problem: Problem) -> dict[str, Json]:
    """Return *problem* for `--json`."""
    origin = problem.origin
    return {
        "file": origin.file if origin else None,
        "line": origin.line if origin else None,
        "column": origin.column if origin else None,
        "message": problem.message,
        "hint": problem.hint,
    }


def report(error: Exception, arguments: Sequence[str]) -> int:
    """Print a failure and return its exit code."""
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.ClickException():
            error.show()
            return UsageError.exit_code
        case ReconcileError():
            if "--json" in arguments:
                problems = [problem_json(problem) for problem in error.problems]
                say_json({"format_version": "1.0", "error": {"exit_code": error.exit_code, "problems": problems}})
            for line in problem_lines(error.problems):
                note(line)
            return error.exit_code
        case MemoryError():  # no defect of ours, and no room to say more
            note("there is not enough memory for this")
            return ReconcileError.exit_code
        case _:
            return _report_unexpected(error)


def _report_unexpected(error: Exception) -> int:
    """Print a defect of ours with all that a report needs, and return exit code 1."""
    from reconciler.cli.version import version_text

    note("".join(traceback.format_exception(error)).rstrip())
    note(f"\nThis is a defect in reconcile, not in what you wrote ({type(error).__name__}).")
    note("Please report it with the lines above and this one:")
    note(version_text())
    return ReconcileError.exit_code
