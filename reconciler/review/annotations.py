"""Workflow commands that GitHub shows beside a line of a pull request."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator

from reconciler.errors import Problem
from reconciler.review.text import plural, safe

MOST = 10
"""How many annotations of a kind GitHub shows of one step; it drops the rest without a word."""


def error_annotations(problems: Iterable[Problem], *, title: str) -> Iterator[str]:
    """Yield a line for each of *problems*, as many as are shown; the last one says how many more there are."""
    found = list(problems)
    shown = found if len(found) <= MOST else found[: MOST - 1]
    for problem in shown:
        yield _error(problem, title)
    if len(shown) < len(found):
        rest = plural(len(found) - len(shown), "more problem")
        yield _error(Problem(f"{rest}: the log and the summary name every one"), title)


def unheeded(lines: Iterable[str]) -> Iterator[str]:
    """Yield *lines* so that the runner takes none of them for a command, wherever in it one may stand."""
    mark = f"reconcile-{secrets.token_hex(16)}"
    yield f"::stop-commands::{mark}"
    yield from lines
    yield f"::{mark}::"


def _error(problem: Problem, title: str) -> str:
    properties = {"title": title}
    if problem.origin:
        at = problem.origin
        properties = {"file": at.file, "line": str(at.line), "col": str(at.column), **properties}
    named = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = [problem.message, *(problem.hint or "").splitlines()]
    return f"::error {named}::{_escaped(chr(10).join(map(safe, text)))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(safe(text)).replace(":", "%3A").replace(",", "%2C")
