"""What a schedule runs: its task found, placeholders filled, options inherited.

An option comes from the schedule, else from its task, else from the defaults of the schedule's file, else
it has its built-in value. A variable named in both `env` and `secrets` is a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from reconciler.declaration.sections import File, NoTask, Wrong, child
from reconciler.declaration.yaml_nodes import Node
from reconciler.durations import format_duration, parse_duration
from reconciler.errors import Problem
from reconciler.model import OWN_VARIABLES, CatchUp, History, OnInterrupt, OnOverlap, Origin, Retries, RunSpec

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]")
_MOST_NAMES_SHOWN = 8
_LONGEST = timedelta(days=366)
_LONGEST_HISTORY = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Task:
    """A task and where it is declared."""

    value: AbstractMapping[str, Any]
    file: File
    node: Node
    origin: Origin


def find_tasks(files: Iterable[File], problems: list[Problem]) -> dict[str, Task]:
    """Return the tasks of all *files* by name; what is wrong with them is added to *problems*."""
    tasks: dict[str, Task] = {}
    for file in files:
        for name, value, node, origin in file.section("tasks"):
            if name in tasks:
                hint = f"the other is at {tasks[name].origin}; give one of them another name"
                problems.append(Problem(f"two tasks are called {name}", origin, hint))
            else:
                tasks[name] = Task(value, file, node, origin)
                problems += _task_problems(tasks[name])
    return tasks


def placeholders(command: Iterable[str]) -> list[str]:
    """Return the names that the words of *command* need values for, each once."""
    return list(dict.fromkeys(match[1] for word in command for match in _PLACEHOLDER.finditer(word) if match[1]))


def _task_problems(task: Task) -> Iterator[Problem]:
    command = child(task.node, "command")
    for word, node in zip(task.value.get("command", ()), getattr(command, "items", ()), strict=False):
        if any(match[0] in ("{", "}") for match in _PLACEHOLDER.finditer(word)):
            hint = "a placeholder is {name}; a brace itself is written {{ or }}"
            yield Problem(f"a lone brace in the command: {_cut(word)!r}", task.file.origin(node), hint)
    yield from option_problems(task.value, task.node, task.file)
    yield from program_problems(task.value, "command", task.node, task.file)


def program_problems(value: AbstractMapping[str, Any], key: str, node: Node, file: File) -> Iterator[Problem]:
    """Yield a problem if the argument list under *key* names no program."""
    if key in value and not value[key][0].strip():
        yield Problem(f"`{key}:` begins with an empty text", file.origin(child(node, key)), "name the program first")


def option_problems(value: AbstractMapping[str, Any], node: Node, file: File) -> Iterator[Problem]:
    """Yield a problem for each duration in *value* that no run could live with, and each variable that none gets."""
    yield from _own_variables(value, node, file)
    places = [(value, node, key) for key in ("timeout", "grace", "jitter")]
    if "retries" in value:
        places.append((value["retries"], child(node, "retries"), "backoff"))
    if "history" in value:
        places.append((value["history"], child(node, "history"), "age"))
    for holder, where, key in places:
        if key not in holder:
            continue
        length = parse_duration(holder[key])
        at = file.origin(child(where, key))
        longest = _LONGEST_HISTORY if key == "age" else _LONGEST
        if length > longest:
            years = "a year" if longest is _LONGEST else "ten years"
            yield Problem(f"`{key}:` is longer than {years}", at, f"write at most {format_duration(longest)}")
        elif key == "timeout" and not length:
            yield Problem("`timeout:` is zero", at, "write how long a run may take; leave it out for no limit")
        elif key == "age" and not length:
            yield Problem("`age:` is zero", at, "write how long runs are kept, such as 30d")


def _own_variables(value: AbstractMapping[str, Any], node: Node, file: File) -> Iterator[Problem]:
    for key in ("env", "secrets"):
        for name in value.get(key, ()):
            if name.startswith(OWN_VARIABLES):
                hint = "a job that needs such a key gets it under another name"
                yield Problem(f"{name} is for reconcile alone and reaches no job", file.origin(child(node, key)), hint)


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"


def resolve_run(
    value: AbstractMapping[str, Any],
    node: Node,
    file: File,
    tasks: AbstractMapping[str, Task],
    defaults: AbstractMapping[str, Any],
) -> RunSpec:
    """Return what a schedule runs, and how; raise Wrong where it cannot be resolved."""
    given: dict[str, str] = dict(value.get("with", {}))
    if "run" in value:
        if given:
            raise Wrong("`with:` fills a task, and this has `run:`", file.origin(child(node, "with")), "use `task:`")
        return _with_options(RunSpec(command=tuple(value["run"])), defaults, {}, value)
    task = _task(value["task"], file.origin(child(node, "task")), tasks)
    base = _filled(task, given, file.origin(child(node, "with") if given else child(node, "task")))
    return _with_options(base, defaults, task.value, value)


def _task(name: str, origin: Origin, tasks: AbstractMapping[str, Task]) -> Task:
    if name in tasks:
        return tasks[name]
    close = get_close_matches(name, tasks, n=1)
    known = ", ".join(sorted(tasks)[:_MOST_NAMES_SHOWN]) or "none"
    hint = f"did you mean {close[0]}?" if close else f"tasks are declared under `tasks:`; known: {known}"
    raise NoTask(f"there is no task {name!r}", origin, hint)


def _filled(task: Task, given: AbstractMapping[str, str], origin: Origin) -> RunSpec:
    """Return what *task* runs with the values *given*; raise Wrong where the two do not fit."""
    if "python" in task.value:
        bad = next((name for name in given if not name.isidentifier()), None)
        if bad is not None:
            raise Wrong(f"{bad!r} cannot be the name of an argument", origin, "use letters, digits and _")
        return RunSpec(python=task.value["python"], arguments=tuple(sorted(given.items())))
    used: set[str] = set()
    command = tuple(_fill(word, given, used, task, origin) for word in task.value["command"])
    unused = sorted(given.keys() - used)
    if unused:
        close = get_close_matches(unused[0], used, n=1)
        known = f"its placeholders: {', '.join(sorted(used)) or 'none'}"
        hint = f"did you mean {close[0]}?" if close else known
        raise Wrong(f"the task has no placeholder {{{unused[0]}}}", origin, hint)
    return RunSpec(command=command)


def _fill(word: str, given: AbstractMapping[str, str], used: set[str], task: Task, origin: Origin) -> str:
    def value_of(match: re.Match[str]) -> str:
        text, name = match[0], match[1]
        if text in ("{{", "}}"):
            return text[0]
        if name is None:  # a lone brace, which the task's own problem is about
            return text
        if name not in given:
            hint = f"add `with: {{{name}: …}}` to the schedule; the task is at {task.origin}"
            raise Wrong(f"the task needs a value for {{{name}}}", origin, hint)
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
    secrets = tuple(options.get("secrets", ()))
    retries, history = (
        {**defaults.get(key, {}), **task.get(key, {}), **schedule.get(key, {})} for key in ("retries", "history")
    )
    return RunSpec(
        command=base.command,
        python=base.python,
        arguments=base.arguments,
        env=tuple(name for name in options.get("env", ()) if name not in secrets),
        secrets=secrets,
        timeout=parse_duration(options["timeout"]) if "timeout" in options else None,
        retries=Retries(
            retries.get("attempts", Retries().attempts),
            _duration(retries, "backoff", Retries().backoff),
            retries.get("past_next", Retries().past_next),
        ),
        on_overlap=OnOverlap(options.get("on_overlap", base.on_overlap)),
        catch_up=CatchUp(options.get("catch_up", base.catch_up)),
        grace=_duration(options, "grace", base.grace),
        jitter=_duration(options, "jitter", base.jitter),
        on_interrupt=OnInterrupt(options.get("on_interrupt", base.on_interrupt)),
        history=History(history.get("runs", base.history.runs), _duration(history, "age", base.history.age)),
    )


def _duration(options: AbstractMapping[str, Any], key: str, default: timedelta) -> timedelta:
    return parse_duration(options[key]) if key in options else default
