"""Validated files become one declaration: tasks found, placeholders filled, options inherited.

An option comes from the schedule, else from its task, else from the defaults of the schedule's file, else
it has its built-in value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Any

from reconciler.declaration.yaml_nodes import Mapping, Node
from reconciler.durations import parse_duration
from reconciler.errors import Problem
from reconciler.model import (
    CatchUp,
    Conventions,
    Declaration,
    DstPolicy,
    Expect,
    OnOverlap,
    Origin,
    Retries,
    RunSpec,
    Schedule,
)
from reconciler.timing import UnknownZone, check_zone

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]")
_MOST_NAMES_SHOWN = 8
_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class File:
    """One validated YAML file: its name in messages, its nodes (for places) and its value."""

    name: str
    nodes: Mapping
    value: AbstractMapping[str, Any]

    def section(self, name: str) -> Iterator[tuple[str, Any, Node, Origin]]:
        """Yield (key, value, node, origin of the key) of the mapping *name*, if the file has it."""
        node = self.nodes.values.get(name)
        if isinstance(node, Mapping):
            for key, value in self.value.get(name, {}).items():
                at = node.keys[key]
                yield key, value, node.values[key], Origin(self.name, at.line, at.column)

    def origin(self, node: Node) -> Origin:
        """Return where *node* of this file is."""
        return Origin(self.name, node.line, node.column)


@dataclass(frozen=True, slots=True)
class _Task:
    """A task and where it is declared."""

    value: AbstractMapping[str, Any]
    file: File
    node: Node
    origin: Origin


class _Wrong(Exception):
    """Something that cannot be resolved, as a problem."""

    def __init__(self, message: str, origin: Origin, hint: str | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(message, origin, hint)


class _NoTask(_Wrong):
    """A schedule names a task that is nowhere."""


def resolve(files: Iterable[File], *, complete: bool) -> tuple[Declaration, list[Problem]]:
    """Return the declaration of *files* and every problem that only shows when they are taken together.

    With *complete* false some file could not be read, and a task that is not found may be in there.
    """
    files = list(files)
    problems: list[Problem] = []
    tasks = _tasks(files, problems)
    conventions = _conventions(files, problems)
    schedules: dict[str, Schedule] = {}
    for file in files:
        problems += _zone_problems(file, file.nodes, file.value)
        problems += _option_problems(file.value.get("defaults", {}), _child(file.nodes, "defaults"), file)
        for id, value, node, origin in file.section("schedules"):
            if id in schedules:
                hint = f"the other is at {schedules[id].origin}; give one of them another name"
                problems.append(Problem(f"two schedules are called {id}", origin, hint))
                continue
            try:
                schedules[id] = _schedule(id, value, node, origin, file, tasks, problems)
            except _Wrong as wrong:
                if complete or not isinstance(wrong, _NoTask):
                    problems.append(wrong.problem)
    problems += _moves(schedules.values())
    return Declaration(tuple(schedules[id] for id in sorted(schedules)), conventions), problems


def _tasks(files: Iterable[File], problems: list[Problem]) -> dict[str, _Task]:
    tasks: dict[str, _Task] = {}
    for file in files:
        for name, value, node, origin in file.section("tasks"):
            if name in tasks:
                hint = f"the other is at {tasks[name].origin}; give one of them another name"
                problems.append(Problem(f"two tasks are called {name}", origin, hint))
            else:
                tasks[name] = _Task(value, file, node, origin)
                problems += _task_problems(tasks[name])
    return tasks


def _task_problems(task: _Task) -> Iterator[Problem]:
    command = _child(task.node, "command")
    for word, node in zip(task.value.get("command", ()), getattr(command, "items", ()), strict=False):
        if any(match[0] in ("{", "}") for match in _PLACEHOLDER.finditer(word)):
            hint = "a placeholder is {name}; a brace itself is written {{ or }}"
            yield Problem(f"a lone brace in the command: {_cut(word)!r}", task.file.origin(node), hint)
    yield from _option_problems(task.value, task.node, task.file)
    yield from _program_problems(task.value, "command", task.node, task.file)


def _program_problems(value: AbstractMapping[str, Any], key: str, node: Node, file: File) -> Iterator[Problem]:
    if key in value and not value[key][0].strip():
        yield Problem(f"`{key}:` begins with an empty text", file.origin(_child(node, key)), "name the program first")


def _option_problems(value: AbstractMapping[str, Any], node: Node, file: File) -> Iterator[Problem]:
    """Yield a problem for each duration in *value* that no run could live with."""
    places = [(value, node, key) for key in ("timeout", "grace", "jitter")]
    if "retries" in value:
        places.append((value["retries"], _child(node, "retries"), "backoff"))
    for holder, where, key in places:
        if key not in holder:
            continue
        length = parse_duration(holder[key])
        at = file.origin(_child(where, key))
        if length > _LONGEST:
            yield Problem(f"`{key}:` is longer than a year", at, "write at most 366d")
        elif key == "timeout" and not length:
            yield Problem("`timeout:` is zero", at, "write how long a run may take; leave it out for no limit")


def _moves(schedules: Iterable[Schedule]) -> Iterator[Problem]:
    """Yield a problem for each `moved:` that does not name one schedule of the past."""
    known = {schedule.id: schedule for schedule in schedules}
    taken: dict[str, Schedule] = {}
    for schedule in known.values():
        old = schedule.moved
        if old is None:
            continue
        if old in known:
            hint = f"{old} is declared at {known[old].origin}; `moved:` names an id that is no more"
            yield Problem(f"{schedule.id} cannot have moved from {old}, which is still here", schedule.origin, hint)
        elif old in taken:
            hint = f"the other is {taken[old].id} at {taken[old].origin}; keep one of the two"
            yield Problem(f"two schedules have moved from {old}", schedule.origin, hint)
        taken.setdefault(old, schedule)


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"


def _conventions(files: Iterable[File], problems: list[Problem]) -> Conventions:
    found = [(file, file.nodes.values["conventions"]) for file in files if "conventions" in file.value]
    for file, node in found[1:]:
        hint = f"they are for the whole directory, and already at {found[0][0].origin(found[0][1])}"
        problems.append(Problem("conventions in a second file", file.origin(node), hint))
    if not found:
        return Conventions()
    file, node = found[0]
    try:
        values = {key: _convention(key, text) for key, text in file.value["conventions"].items()}
    except ValueError as error:
        hint = "write a date that exists, and business hours such as 9:00-17:00"
        problems.append(Problem(f"conventions: {error}", file.origin(node), hint))
        return Conventions()
    return Conventions(**values)


def _convention(key: str, text: str) -> Any:
    if key == "anchor":
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"there is no such date: {text}") from None
    if key == "business_hours":
        start, _, end = text.partition("-")
        if _clock(start) >= _clock(end):
            raise ValueError("business hours end before they begin")
        return (_clock(start), _clock(end))
    return _clock(text)


def _clock(text: str) -> time:
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


def _schedule(
    id: str,
    value: AbstractMapping[str, Any],
    node: Node,
    origin: Origin,
    file: File,
    tasks: AbstractMapping[str, _Task],
    problems: list[Problem],
) -> Schedule:
    """Return the schedule *id*; raise _Wrong if what it runs cannot be resolved, add lesser problems to *problems*."""
    defaults = file.value.get("defaults", {})
    problems += _zone_problems(file, node, value)
    phrases, origins = _phrases(value["when"], _child(node, "when"), file)
    problems += [found for pair in zip(phrases, origins, strict=True) for found in _phrase_problems(*pair)]
    dst = {**defaults.get("dst", {}), **value.get("dst", {})}
    problems += _option_problems(value, node, file)
    problems += _program_problems(value, "run", node, file)
    return Schedule(
        id=id,
        phrases=phrases,
        timezone=value.get("timezone", file.value.get("timezone")),
        run=_run(value, node, file, tasks, defaults),
        origin=origin,
        phrase_origins=origins,
        dst=DstPolicy(**dst),
        description=value.get("description"),
        owner=value.get("owner", defaults.get("owner")),
        runbook=value.get("runbook", defaults.get("runbook")),
        paused=value.get("paused", False),
        moved=value.get("moved"),
        expect=_expect(value.get("expect", {}), node, file),
    )


def _child(node: Node, key: str) -> Node:
    return node.values.get(key, node) if isinstance(node, Mapping) else node


def _zone_problems(file: File, node: Node, value: AbstractMapping[str, Any]) -> Iterator[Problem]:
    if "timezone" in value:
        try:
            check_zone(value["timezone"])
        except UnknownZone as error:
            yield Problem(str(error), file.origin(_child(node, "timezone")), error.hint)


def _phrases(when: str | list[str], node: Node, file: File) -> tuple[tuple[str, ...], tuple[Origin, ...]]:
    if isinstance(when, str):
        return (when,), (file.origin(node),)
    items = getattr(node, "items", [])
    return tuple(when), tuple(file.origin(item) for item in items)


def _phrase_problems(phrase: str, origin: Origin) -> Iterator[Problem]:
    if phrase.isprintable() and phrase.strip():
        return
    odd = next((char for char in phrase if unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")), None)
    if odd is not None and odd not in "\n\t":
        name = unicodedata.name(odd, f"U+{ord(odd):04X}")
        yield Problem(f"an invisible character in the phrase: {name}", origin, "type the phrase again, in plain text")
    elif "\n" in phrase or "\t" in phrase:
        yield Problem(
            "the phrase has a line break or a tab in it", origin, "write it on one line, or as a list of phrases"
        )
    elif not phrase.strip():
        yield Problem("the phrase is empty", origin, "write for example `every weekday at 9am`")


def _run(
    value: AbstractMapping[str, Any],
    node: Node,
    file: File,
    tasks: AbstractMapping[str, _Task],
    defaults: AbstractMapping[str, Any],
) -> RunSpec:
    given: dict[str, str] = dict(value.get("with", {}))
    if "run" in value:
        if given:
            raise _Wrong("`with:` fills a task, and this has `run:`", file.origin(_child(node, "with")), "use `task:`")
        return _with_options(RunSpec(command=tuple(value["run"])), defaults, {}, value)
    task = _task(value["task"], file.origin(_child(node, "task")), tasks)
    base = _filled(task, given, file.origin(_child(node, "with") if given else _child(node, "task")))
    return _with_options(base, defaults, task.value, value)


def _task(name: str, origin: Origin, tasks: AbstractMapping[str, _Task]) -> _Task:
    if name in tasks:
        return tasks[name]
    close = get_close_matches(name, tasks, n=1)
    known = ", ".join(sorted(tasks)[:_MOST_NAMES_SHOWN]) or "none"
    hint = f"did you mean {close[0]}?" if close else f"tasks are declared under `tasks:`; known: {known}"
    raise _NoTask(f"there is no task {name!r}", origin, hint)


def _filled(task: _Task, given: AbstractMapping[str, str], origin: Origin) -> RunSpec:
    """Return what *task* runs with the values *given*; raise _Wrong where the two do not fit."""
    if "python" in task.value:
        bad = next((name for name in given if not name.isidentifier()), None)
        if bad is not None:
            raise _Wrong(f"{bad!r} cannot be the name of an argument", origin, "use letters, digits and _")
        return RunSpec(python=task.value["python"], arguments=tuple(sorted(given.items())))
    used: set[str] = set()
    command = tuple(_fill(word, given, used, task, origin) for word in task.value["command"])
    unused = sorted(given.keys() - used)
    if unused:
        close = get_close_matches(unused[0], used, n=1)
        known = f"its placeholders: {', '.join(sorted(used)) or 'none'}"
        hint = f"did you mean {close[0]}?" if close else known
        raise _Wrong(f"the task has no placeholder {{{unused[0]}}}", origin, hint)
    return RunSpec(command=command)


def _fill(word: str, given: AbstractMapping[str, str], used: set[str], task: _Task, origin: Origin) -> str:
    def value_of(match: re.Match[str]) -> str:
        text, name = match[0], match[1]
        if text in ("{{", "}}"):
            return text[0]
        if name is None:  # a lone brace, which the task's own problem is about
            return text
        if name not in given:
            hint = f"add `with: {{{name}: …}}` to the schedule; the task is at {task.origin}"
            raise _Wrong(f"the task needs a value for {{{name}}}", origin, hint)
        used.add(name)
        return given[name]

    return _PLACEHOLDER.sub(value_of, word)


def _with_options(
    base: RunSpec,
    defaults: AbstractMapping[str, Any],
    task: AbstractMapping[str, Any],
    schedule: AbstractMapping[str, Any],
) -> RunSpec:
    """Return *base* with its options, each from the most specific place that sets it."""
    options = {**defaults, **task, **schedule}
    retries = {**defaults.get("retries", {}), **task.get("retries", {}), **schedule.get("retries", {})}
    return RunSpec(
        command=base.command,
        python=base.python,
        arguments=base.arguments,
        env=tuple(options.get("env", ())),
        timeout=parse_duration(options["timeout"]) if "timeout" in options else None,
        retries=Retries(
            retries.get("attempts", Retries().attempts),
            _duration(retries, "backoff", Retries().backoff),
        ),
        on_overlap=OnOverlap(options.get("on_overlap", base.on_overlap)),
        catch_up=CatchUp(options.get("catch_up", base.catch_up)),
        grace=_duration(options, "grace", base.grace),
        jitter=_duration(options, "jitter", base.jitter),
    )


def _duration(options: AbstractMapping[str, Any], key: str, default: timedelta) -> timedelta:
    return parse_duration(options[key]) if key in options else default


def _expect(value: AbstractMapping[str, Any], node: Node, file: File) -> Expect:
    fires = [_wall(text, _child(_child(node, "expect"), "fires"), file) for text in value.get("fires", ())]
    for text in value.get("never", ()):
        if text[0].isdigit():
            _wall(text, _child(_child(node, "expect"), "never"), file)
    return Expect(tuple(fires), tuple(value.get("never", ())))


def _wall(text: str, node: Node, file: File) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        hint = "write a date that exists, such as 2026-03-02 09:00"
        raise _Wrong(f"there is no such date or time: {text}", file.origin(node), hint) from None
