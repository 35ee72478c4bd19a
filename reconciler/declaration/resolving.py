"""Validated files become one declaration: schedules with everything resolved into them, and conventions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import partial
from typing import Any, TypeVar

from reconciler.characters import first_unseen
from reconciler.declaration.sections import File, NoTask, Problems, Wrong, child
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
    InvalidSchedule,
    Limits,
    Origin,
    Policy,
    Schedule,
)
from reconciler.timing import UnknownZone, canonical, check_zone

_T = TypeVar("_T")


def resolve(files: Iterable[File], problems: Problems, *, complete: bool) -> Declaration:
    """Return the declaration of *files*; add to *problems* what only shows when they are taken together.

    Schedules that have problems are left out and named. With *complete* false some file could not be read, and a
    task that is not found may be in there.
    """
    files = list(files)
    shared = problems.shared
    tasks = find_tasks(files, shared)
    conventions, policy = conventions_of(files, shared), policy_of(files, shared)
    declared: dict[str, Origin] = {}
    former: dict[str, str] = {}
    schedules: dict[str, Schedule] = {}
    for file in files:
        surroundings = _surroundings(file, tasks, shared, complete=complete)
        for id, value, node, origin in file.schedules():
            if id in declared:
                hint = f"the other is at {declared[id]}; give one of them another name"
                shared.append(Problem(f"two schedules are called {id}", origin, hint))
                continue
            declared[id] = origin
            if "moved" in value:
                former[id] = value["moved"]
            found = _schedule(_Place(id, node, origin), value, surroundings, problems.of(id))
            if found is not None:
                schedules[id] = found
    _check_moves(former, declared, problems)
    freeze = freeze_of(files, shared)
    invalid = [id for id in sorted(declared) if problems.of(id)]
    return Declaration(
        tuple(schedules[id] for id in sorted(schedules.keys() - invalid)),
        conventions,
        policy,
        freeze,
        tuple(InvalidSchedule(id, former.get(id)) for id in invalid),
    )


def _surroundings(
    file: File, tasks: AbstractMapping[str, Task], shared: list[Problem], *, complete: bool
) -> _Surroundings:
    """Return what the schedules of *file* inherit; add what is wrong with it to the *shared* problems."""
    defaults = file.value.get("defaults", {})
    node = child(file.nodes, "defaults")
    shared += _zone_problems(file, file.nodes, file.value)
    shared += option_problems(defaults, node, file)
    dates = _tried(lambda: _exceptions(defaults.get("except", ()), child(node, "except"), file), shared)
    return _Surroundings(file, defaults, dates or Limits(), tasks, complete)


def _check_moves(former: AbstractMapping[str, str], declared: AbstractMapping[str, Origin], problems: Problems) -> None:
    """Add a problem for each `moved:` that does not name one schedule of the past; *former* are those ids, by id."""
    taken: dict[str, str] = {}
    for id, old in former.items():
        if old in declared:
            hint = f"{old} is declared at {declared[old]}; `moved:` names an id that is no more"
            problem = Problem(f"{id} cannot have moved from {old}, which is still here", declared[id], hint)
            problems.of(id).append(problem)
        elif old in taken:  # which of the two has the history cannot be told
            hint = f"the other is {taken[old]} at {declared[taken[old]]}; keep one of the two"
            problems.shared.append(Problem(f"two schedules have moved from {old}", declared[id], hint))
        taken.setdefault(old, id)


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
    return DeclaredFreeze(phrases, canonical(zone), origins, value.get("reason"))


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
    return text if key == "week" else _clock(text)


def _clock(text: str) -> time:
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


@dataclass(frozen=True, slots=True)
class _Place:
    """A schedule's id, its node, and where its id stands."""

    id: str
    node: Node
    origin: Origin


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What a schedule inherits from its *file*: defaults, the dates left out by default, and all the tasks there are.

    Without *complete* a task that is not found may be in a file that could not be read.
    """

    file: File
    defaults: AbstractMapping[str, Any]
    limits: Limits
    tasks: AbstractMapping[str, Task]
    complete: bool


def _tried(make: Callable[[], _T], problems: list[Problem], *, complete: bool = True) -> _T | None:
    """Return what *make* makes, or None and its problem in *problems*; a missing task is one only if *complete*."""
    try:
        return make()
    except Wrong as wrong:
        if complete or not isinstance(wrong, NoTask):
            problems.append(wrong.problem)
        return None


def _schedule(
    place: _Place, value: AbstractMapping[str, Any], around: _Surroundings, problems: list[Problem]
) -> Schedule | None:
    """Return the schedule at *place*, or None where it has *problems*, to which all that can be found are added.

    Of one that has some already *value* is what remains of it.
    """
    file, defaults, node = around.file, around.defaults, place.node
    phrases, origins = _phrases(value.get("when", ()), child(node, "when"), file)
    problems += _zone_problems(file, node, value)
    zone = value.get("timezone", file.value.get("timezone"))
    problems += [found for pair in zip(phrases, origins, strict=True) for found in _phrase_problems(*pair)]
    problems += option_problems(value, node, file)
    problems += program_problems(value, "run", node, file)
    limits = _limits(value, around.limits, node, file, problems)
    expect = _tried(lambda: _expect(value.get("expect", {}), node, file), problems)
    paused_until = _tried(lambda: _paused_until(value, node, file), problems)
    run = None
    if "run" in value or "task" in value:
        resolved = partial(resolve_run, value, node, file, around.tasks, defaults)
        run = _tried(resolved, problems, complete=around.complete)
    if problems or limits is None or expect is None or run is None:
        return None
    return Schedule(
        id=place.id,
        phrases=phrases,
        timezone=None if zone is None else canonical(zone),
        run=run,
        origin=place.origin,
        phrase_origins=origins,
        dst=DstPolicy(**{**defaults.get("dst", {}), **value.get("dst", {})}),
        limits=limits,
        description=value.get("description"),
        owner=value.get("owner", defaults.get("owner")),
        runbook=value.get("runbook", defaults.get("runbook")),
        paused=value.get("paused", "paused_until" in value),
        paused_until=paused_until,
        protected=value.get("protected", False),
        moved=value.get("moved"),
        expect=expect,
    )


def _zone_problems(file: File, node: Node, value: AbstractMapping[str, Any]) -> Iterator[Problem]:
    if "timezone" in value:
        try:
            check_zone(canonical(value["timezone"]))
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


def _limits(
    value: AbstractMapping[str, Any], inherited: Limits, node: Node, file: File, problems: list[Problem]
) -> Limits | None:
    """Return the limits that *value* sets, the rest *inherited*; None if there is a date that does not exist."""
    if value.keys().isdisjoint(("start", "end", "except")):
        return inherited
    days = {
        key: _tried(partial(_day, value[key], child(node, key), file), problems)
        for key in ("start", "end")
        if key in value
    }
    own = partial(_exceptions, value.get("except", ()), child(node, "except"), file)
    excepted = _tried(own, problems) if "except" in value else inherited
    if excepted is None or None in days.values():
        return None
    return replace(excepted, start=days.get("start"), end=days.get("end"))


def _exceptions(excepted: str | Sequence[str], node: Node, file: File) -> Limits:
    """Return the dates and holiday calendars that `except:` names; raise Wrong for a date that does not exist."""
    texts = [excepted] if isinstance(excepted, str) else list(excepted)
    return Limits(
        exclude=tuple(sorted({_day(text, node, file) for text in texts if text[0].isdigit()})),
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
