"""Workflow commands that GitHub shows beside a line of a pull request."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator

from reconciler.errors import Problem
from reconciler.model import Origin
from reconciler.review.escaping import for_log
from reconciler.review.text import plural

MOST = 10
"""How many annotations of a kind GitHub shows of one step; it drops the rest without a word."""


def error_annotations(problems: Iterable[Problem], *, title: str) -> Iterator[str]:
    """Yield a line for each of *problems*, as many as are shown; the last one says how many more there are."""
    return _annotations("error", problems, title, "the log and the summary name every one")


def warning_annotations(problems: Iterable[Problem], *, title: str) -> Iterator[str]:
    """Yield a line for each of *problems*, which nothing fails for, as `error_annotations` does."""
    return _annotations("warning", problems, title, "the log names every one")


def _annotations(kind: str, problems: Iterable[Problem], title: str, where: str) -> Iterator[str]:
    found = list(problems)
    shown = found if len(found) <= MOST else found[: MOST - 1]
    for problem in shown:
        yield _annotation(kind, problem, title)
    if len(shown) < len(found):
        rest = plural(len(found) - len(shown), f"more {'problem' if kind == 'error' else kind}")
        yield _annotation(kind, Problem(f"{rest}: {where}"), title)


def unheeded(lines: Iterable[str]) -> Iterator[str]:
    """Yield *lines* so that the runner takes none of them for a command, wherever in it one may stand."""
    mark = f"reconcile-{secrets.token_hex(16)}"
    yield f"::stop-commands::{mark}"
    yield from lines
    yield f"::{mark}::"


def annotation(kind: str, lines: Iterable[str], *, title: str, origin: Origin | None) -> str:
    """Return the command that shows *lines* as a *kind* (`error`, `warning`, `notice`) at *origin*.

    What GitHub reads as its own syntax is escaped by its own rules: `%`, line ends, and `:` and `,` in properties.
    """
    properties = {"title": title}
    if origin:
        properties = {"file": origin.file, "line": str(origin.line), "col": str(origin.column), **properties}
    named = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{kind} {named}::{_escaped(chr(10).join(map(for_log, lines)))}"


def _annotation(kind: str, problem: Problem, title: str) -> str:
    lines = [problem.message, *(problem.hint or "").splitlines()]
    return annotation(kind, lines, title=title, origin=problem.origin)


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(for_log(text)).replace(":", "%3A").replace(",", "%2C")
