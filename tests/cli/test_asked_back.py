"""Entries of earlier releases whose phrases are asked back today, or mean another day: they stay."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from reconciler.lockfile import dumps, loads
from reconciler.model import CronFields, LockEntry, Timing
from reconciler.timing import cron_fields, cron_union, english
from tests.actions.runner import Ran
from tests.cli.conftest import Project

EARLIER = Path(__file__).with_name("earlier")
ASKED = "asked-"
"""What the ids of the schedules begin with whose phrases are questions today."""


def of(project: Project, kind: str) -> Project:
    shutil.rmtree(project.root / "schedules")
    shutil.copytree(EARLIER / kind, project.root / "schedules")
    return project


@pytest.fixture
def kinds(project: Project) -> Project:
    return of(project, "kinds")


def entries(project: Project) -> dict[str, LockEntry]:
    return dict(loads(project.lock.read_text(), file="f").entries)


@pytest.mark.parametrize("kind", ["kinds", "own", "periods"])
def test_the_check_is_green_and_compiling_changes_no_byte(project: Project, kind: str) -> None:
    earlier = of(project, kind)
    before = earlier.lock.read_bytes()
    assert f"is fresh: {len(entries(earlier))} entries" in earlier.ok("compile", "--check").err
    earlier.ok("compile", "--no-model")
    assert earlier.lock.read_bytes() == before


def test_the_lockfile_of_this_repository_is_that_of_its_history_or_newer() -> None:
    # once it is another one, the new one belongs into a folder of its own beside `own`
    own = Path(__file__).parents[2] / "schedules" / "schedules.lock"
    assert own.read_bytes() in {path.read_bytes() for path in EARLIER.glob("own*/schedules.lock")}


def test_each_phrase_that_is_asked_back_is_named_once_at_its_place(kinds: Project) -> None:
    warnings = [line for line in kinds.ok("compile", "--check").err.split("\n") if line.startswith("warning: ")]
    asked = [id for id in entries(kinds) if id.startswith(ASKED)]
    assert sorted(line.split(": ")[2] for line in warnings) == asked
    night = next(line for line in warnings if ": asked-night: " in line)
    yaml = (kinds.root / "schedules" / "schedules.yaml").read_text().split("\n")
    place, _, said = night.removeprefix("warning: ").partition(": asked-night: ")
    file, line, column = place.split(":")
    assert file == "schedules/schedules.yaml"
    assert yaml[int(line) - 1][int(column) - 1 :].startswith("Tuesday nights at 1:45am")
    assert said == (
        '"Tuesday nights at 1:45am" is asked back today (01:45 in the night of a day may be on that date or on the'
        " next); its entry is of an earlier release: `reconcile compile --refresh asked-night` asks its author"
    )


def test_programs_and_github_are_told_the_same(kinds: Project) -> None:
    document = kinds.ok("compile", "--check", "--json").json
    asked = [id for id in entries(kinds) if id.startswith(ASKED)]
    assert document["fresh"] is True
    assert sorted(warning.split(": ")[0] for warning in document["warnings"]) == asked
    told = kinds.ok("compile", "--check", "--format", "github").out
    commands = Ran(0, told, {}, "", []).commands
    assert {name for name, _, _ in commands} == {"warning"}
    assert len(commands) == 10
    _, properties, text = commands[0]
    assert (properties["file"], properties["title"]) == ("schedules/schedules.yaml", "schedules")
    assert text == document["warnings"][0]
    assert commands[-1][2].startswith(f"{len(asked) - 9} more warnings")
    assert all(warning in told for warning in document["warnings"])


def test_what_is_asked_back_is_asked_when_its_author_refreshes_it(kinds: Project) -> None:
    before = kinds.lock.read_bytes()
    asked = [id for id in entries(kinds) if id.startswith(ASKED)]
    result = kinds.run("compile", "--no-model", "--refresh", *asked)
    assert result.code == 5
    assert all(f": {id}: " in result.err for id in asked)
    assert kinds.lock.read_bytes() == before


WEEKLY = ("weekly", "weekly-every-week", "weekly-once", "weekly-start")


def test_a_week_begins_on_sunday_until_it_is_compiled_anew(kinds: Project) -> None:
    assert {days(entries(kinds)[id]) for id in WEEKLY} == {"sun"}
    kinds.ok("compile", "--no-model", "--refresh", *WEEKLY)
    assert {days(entries(kinds)[id]) for id in WEEKLY} == {"mon"}
    kinds.ok("compile", "--check")


def days(entry: LockEntry) -> str:
    (member,) = rule(entry)
    return member.day_of_week


def rule(entry: LockEntry) -> tuple[CronFields, ...]:
    assert isinstance(entry.timing.rule, tuple)
    return tuple(member for member in entry.timing.rule if isinstance(member, CronFields))


def every(**fields: str) -> tuple[CronFields, ...]:
    return cron_union([cron_fields(fields)])


Change = Callable[[Timing], Timing]


def instead(**fields: str) -> Change:
    return lambda timing: replace(timing, rule=every(**fields))


def beside(**fields: str) -> Change:
    return lambda timing: replace(timing, rule=cron_union([*rule_of(timing), *every(**fields)]))


def rule_of(timing: Timing) -> tuple[CronFields, ...]:
    assert isinstance(timing.rule, tuple)
    return tuple(member for member in timing.rule if isinstance(member, CronFields))


FORGED: Mapping[str, Change] = {
    "weekly": instead(day_of_week="sat", hour="5", minute="35"),
    "weekly-of-two": instead(day_of_week="sun,thu", hour="4", minute="45"),
    "interval-minutes": instead(minute="*/5"),
    "asked-offset": instead(day_of_week="mon-fri", hour="11", minute="45"),
    "asked-offset-minutes": instead(day_of_week="tue", hour="21", minute="45"),
    "asked-digits": instead(minute="*/4"),
    "asked-manner": instead(day_of_week="fri", hour="8", minute="50"),
    "asked-night": instead(hour="*", minute="*"),
    "asked-quarter": instead(month="jan,apr,jul,oct", day_of_week="thu", hour="17", minute="16"),
    "asked-contradiction": instead(day_of_week="thu", hour="16", minute="41"),
    "asked-every-day": instead(day="22", hour="16,17,18,19,20", minute="40"),
    "asked-twice-at": beside(day_of_week="fri", hour="7", minute="5"),
    "asked-halves": instead(day_of_week="thu", hour="20", minute="5"),
    "asked-same-day": beside(hour="*", minute="5"),
    "asked-of-two": instead(day_of_week="sun", hour="19", minute="5"),
    "asked-weekly-of-two": instead(hour="20", minute="25"),
    "asked-dialect": instead(hour="7", minute="16"),
    "asked-dialect-days": instead(hour="6", minute="15", second="40"),
    "asked-dialect-seconds": instead(second="*/6"),
    "asked-start-and-step": instead(minute="4,24"),
    "asked-question-mark": instead(day_of_week="tue-fri", hour="5", minute="25"),
    "asked-long-step": instead(hour="*", minute="15"),
    "asked-at-sign": instead(minute="*"),
    "asked-dialect-of-two": instead(day_of_week="fri", hour="15", minute="30"),
}


@pytest.mark.parametrize("id", FORGED)
def test_an_entry_that_its_phrase_contradicts_is_found_though_its_checksum_fits(kinds: Project, id: str) -> None:
    lock = loads(kinds.lock.read_text(), file="f")
    timing = FORGED[id](lock.entries[id].timing)
    assert timing != lock.entries[id].timing
    forged = replace(lock.entries[id], timing=timing, means=english(timing))
    kinds.lock.write_text(dumps(replace(lock, entries={**lock.entries, id: forged})))
    result = kinds.run("compile", "--check")
    assert result.code == 4
    (said,) = [line for line in result.err.split("\n") if line.startswith("schedules/")]
    assert f": {id}: the lockfile says " in said
    assert f"run `reconcile compile --refresh {id}`" in result.err


def test_a_week_that_began_on_sunday_needs_the_assumption_that_said_so(kinds: Project) -> None:
    lock = loads(kinds.lock.read_text(), file="f")
    forged = replace(lock.entries["weekly"], assumptions=())
    kinds.lock.write_text(dumps(replace(lock, entries={**lock.entries, "weekly": forged})))
    result = kinds.run("compile", "--check")
    assert result.code == 4
    assert 'but "weekly at 05:35" means "at 05:35, every Monday, Europe/Berlin"' in result.err


def test_limits_beside_a_phrase_that_is_asked_back_may_change(kinds: Project) -> None:
    yaml = kinds.root / "schedules" / "schedules.yaml"
    yaml.write_text(yaml.read_text().replace("except: [2027-03-03]", "except: [2027-03-10]"))
    kinds.ok("compile", "--no-model")
    assert entries(kinds)["asked-with-limits"].timing.exclude == (date(2027, 3, 10),)
    assert ": asked-with-limits: " in kinds.ok("compile", "--check").err
