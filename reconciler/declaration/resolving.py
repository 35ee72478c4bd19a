"""Validated files become one declaration: schedules with everything resolved into them, and conventions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AbstractMapping
from datetime import date, datetime, time
from typing import Any

from reconciler.characters import first_unseen
from reconciler.declaration.sections import File, NoTask, Wrong, child
from reconciler.declaration.tasks import Task, find_tasks, option_problems, program_problems, resolve_run
from reconciler.declaration.yaml_nodes import Node
from reconciler.durations import parse_duration
from reconciler.errors import Problem
from reconciler.model import (
    Conventions,
    Declaration,
    DeclaredFreeze,
    DstPolicy,
    Expect,
    Limits,
    Origin,
    Policy,
    Schedule,
)
from reconciler.timing import UnknownZone, check_zone


def resolve(files: Iterable[File], *, complete: bool) -> tuple[Declaration, list[Problem]]:
    """Return the declaration of *files* and every problem that only shows when they are taken together.

    With *complete* false some file could not be read, and a task that is not found may be in there.
    """
    files = list(files)
    problems: list[Problem] = []
    tasks = find_tasks(files, problems)
    conventions, policy = conventions_of(files, problems), policy_of(files, problems)
    schedules: dict[str, Schedule] = {}
    for file in files:
        problems += _zone_problems(file, file.nodes, file.value)
        problems += option_problems(file.value.get("defaults", {}), child(file.nodes, "defaults"), file)
        for id, value, node, origin in file.section("schedules"):
            if id in schedules:
                hint = f"the other is at {schedules[id].origin}; give one of them another name"
                problems.append(Problem(f"two schedules are called {id}", origin, hint))
                continue
            try:
                schedules[id] = _schedule(id, value, node, origin, file, tasks, problems)
            except Wrong as wrong:
                if complete or not isinstance(wrong, NoTask):
                    problems.append(wrong.problem)
    problems += _moves(schedules.values())
    freeze = freeze_of(files, problems)
    return Declaration(tuple(schedules[id] for id in sorted(schedules)), conventions, policy, freeze), problems


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


def _section_of_one_file(
    name: str, files: Iterable[File], problems: list[Problem]
) -> tuple[File, Node, AbstractMapping[str, Any]] | None:
    """Return the section *name* with its file and place; one that stands in a second file is a problem."""
    found = [(file, file.nodes.values[name]) for file in files if name in file.value]
    for file, node in found[1:]:
        hint = f"they are for the whole directory, and already at {found[0][0].origin(found[0][1])}"
        problems.append(Problem(f"{name} in a second file", file.origin(node), hint))
    return (*found[0], found[0][0].value[name]) if found else None


def conventions_of(files: Iterable[File], problems: list[Problem]) -> Conventions:
    """Return the conventions of *files*, which stand in one of them; add what is wrong with them to *problems*."""
    section = _section_of_one_file("conventions", files, problems)
    if section is None:
        return Conventions()
    file, node, texts = section
    try:
        values = {key: _convention(key, text) for key, text in texts.items()}
    except ValueError as error:
        hint = "write a date that exists, and business hours such as 9:00-17:00"
        problems.append(Problem(f"conventions: {error}", file.origin(node), hint))
        return Conventions()
    return Conventions(**values)


def policy_of(files: Iterable[File], problems: list[Problem]) -> Policy:
    """Return the policy of *files*, which stands in one of them; add what is wrong with it to *problems*."""
    section = _section_of_one_file("policy", files, problems)
    if section is None:
        return Policy()
    least = section[2].get("min_interval")
    return Policy(None if least is None else parse_duration(least), section[2].get("max_runs_per_day"))


def freeze_of(files: Iterable[File], problems: list[Problem]) -> DeclaredFreeze | None:
    """Return the freeze of *files*, which stands in one of them; add what is wrong with it to *problems*."""
    section = _section_of_one_file("freeze", files, problems)
    if section is None:
        return None
    file, node, value = section
    phrases, origins = _phrases(value["when"], child(node, "when"), file)
    problems += [found for pair in zip(phrases, origins, strict=True) for found in _phrase_problems(*pair)]
    problems += _zone_problems(file, node, value)
    zone = value.get("timezone", file.value.get("timezone"))
    if zone is None:
        hint = "write `timezone: Europe/Berlin` beside `when`, or at the top of the file"
        problems.append(Problem("a freeze without a timezone", file.origin(node), hint))
        return None
    return DeclaredFreeze(phrases, zone, origins, value.get("reason"))


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
    tasks: AbstractMapping[str, Task],
    problems: list[Problem],
) -> Schedule:
    """Return the schedule *id*; raise Wrong if what it runs cannot be resolved, add lesser problems to *problems*."""
    defaults = file.value.get("defaults", {})
    problems += _zone_problems(file, node, value)
    phrases, origins = _phrases(value["when"], child(node, "when"), file)
    problems += [found for pair in zip(phrases, origins, strict=True) for found in _phrase_problems(*pair)]
    dst = {**defaults.get("dst", {}), **value.get("dst", {})}
    problems += option_problems(value, node, file)
    problems += program_problems(value, "run", node, file)
    return Schedule(
        id=id,
        phrases=phrases,
        timezone=value.get("timezone", file.value.get("timezone")),
        run=resolve_run(value, node, file, tasks, defaults),
        origin=origin,
        phrase_origins=origins,
        dst=DstPolicy(**dst),
        limits=_limits(value, defaults, node, file),
        description=value.get("description"),
        owner=value.get("owner", defaults.get("owner")),
        runbook=value.get("runbook", defaults.get("runbook")),
        paused=value.get("paused", "paused_until" in value),
        paused_until=_paused_until(value, node, file),
        protected=value.get("protected", False),
        moved=value.get("moved"),
        expect=_expect(value.get("expect", {}), node, file),
    )


def _zone_problems(file: File, node: Node, value: AbstractMapping[str, Any]) -> Iterator[Problem]:
    if "timezone" in value:
        try:
            check_zone(value["timezone"])
        except UnknownZone as error:
            yield Problem(str(error), file.origin(child(node, "timezone")), error.hint)


def _phrases(when: str | list[str], node: Node, file: File) -> tuple[tuple[str, ...], tuple[Origin, ...]]:
    if isinstance(when, str):
        return (when,), (file.origin(node),)
    items = getattr(node, "items", [])
    return tuple(when), tuple(file.origin(item) for item in items)


def _phrase_problems(phrase: str, origin: Origin) -> Iterator[Problem]:
    odd = first_unseen(phrase)
    if odd is not None:
        yield Problem(odd.message, origin, odd.hint)
    elif "\n" in phrase or "\t" in phrase:
        yield Problem(
            "the phrase has a line break or a tab in it", origin, "write it on one line, or as a list of phrases"
        )
    elif not phrase.strip():
        yield Problem("the phrase is empty", origin, "write for example `every weekday at 9am`")


def _limits(value: AbstractMapping[str, Any], defaults: AbstractMapping[str, Any], node: Node, file: File) -> Limits:
    excepted = value.get("except", defaults.get("except", ()))
    texts = [excepted] if isinstance(excepted, str) else list(excepted)
    at = child(node, "except") if "except" in value else child(child(file.nodes, "defaults"), "except")
    return Limits(
        start=_day(value["start"], child(node, "start"), file) if "start" in value else None,
        end=_day(value["end"], child(node, "end"), file) if "end" in value else None,
        exclude=tuple(sorted({_day(text, at, file) for text in texts if text[0].isdigit()})),
        calendars=tuple(dict.fromkeys(text.removeprefix("holidays:") for text in texts if not text[0].isdigit())),
    )


def _day(text: str, node: Node, file: File) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        hint = "write a date that exists, such as 2026-12-31"
        raise Wrong(f"there is no such date: {text}", file.origin(node), hint) from None


def _expect(value: AbstractMapping[str, Any], node: Node, file: File) -> Expect:
    fires = [_wall(text, child(child(node, "expect"), "fires"), file) for text in value.get("fires", ())]
    for text in value.get("never", ()):
        if text[0].isdigit():
            _wall(text, child(child(node, "expect"), "never"), file)
    return Expect(tuple(fires), tuple(value.get("never", ())))


def _paused_until(value: AbstractMapping[str, Any], node: Node, file: File) -> datetime | None:
    if "paused_until" not in value:
        return None
    at = child(node, "paused_until")
    if value.get("paused") is False:
        hint = "leave `paused` out, or drop `paused_until`"
        raise Wrong("it is said not to be paused, and until when it is paused", file.origin(at), hint)
    return _wall(value["paused_until"], at, file)


def _wall(text: str, node: Node, file: File) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        hint = "write a date that exists, such as 2026-03-02 09:00"
        raise Wrong(f"there is no such date or time: {text}", file.origin(node), hint) from None
