"""Locks that an earlier release wrote: kept byte for byte, and still what their phrases say."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.lockfile import loads
from reconciler.model import LockEntry, MonthDays
from reconciler.timing import fires
from tests.cli.conftest import Project

EARLIER = Path(__file__).with_name("earlier") / "month_days"
PLAIN = {"over-midnight", "uneven", "sevenths", "minutes"}
"""Schedules whose days are not counted within the month."""
MOVED_BY_HOLIDAYS = {"holidays", "holidays-in-phrase"}


@pytest.fixture
def earlier(project: Project) -> Project:
    shutil.copytree(EARLIER, project.root / "schedules", dirs_exist_ok=True)
    return project


def entries(project: Project) -> dict[str, LockEntry]:
    return dict(loads(project.lock.read_text(), file="f").entries)


def test_the_check_is_green_and_compiling_changes_no_byte(earlier: Project) -> None:
    before = project_bytes(earlier)
    assert "is fresh: 25 entries" in earlier.ok("compile", "--check").err
    earlier.ok("compile", "--no-model")
    assert project_bytes(earlier) == before


def project_bytes(project: Project) -> bytes:
    return project.lock.read_bytes()


def test_compiled_anew_they_fire_alike_up_to_2099_and_are_told_in_no_more_words(earlier: Project) -> None:
    before = entries(earlier)
    ids = [argument for id in before for argument in ("--refresh", id)]
    earlier.ok("compile", "--no-model", *ids)
    assert earlier.lock.read_text().split("\n")[1] == "version: 2"
    after = entries(earlier)
    for id in before.keys() - PLAIN:
        rule = after[id].timing.rule
        assert isinstance(rule, tuple)
        assert any(isinstance(member, MonthDays) for member in rule), id
        assert len(after[id].means) <= len(before[id].means), id
    for id in before.keys() - MOVED_BY_HOLIDAYS:
        if id != "every-minute":
            assert due(before[id]) == due(after[id]), id


def due(entry: LockEntry) -> list[datetime]:
    """Return the due times round the beginning and the end of the years that were written out."""
    spans = ((2027, 2029), (2099, 2100))
    return [
        at
        for first, last in spans
        for at in fires(entry.timing, datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC))
    ]


def test_holidays_are_business_days_for_an_entry_as_long_as_it_is_not_compiled_anew(earlier: Project) -> None:
    start = datetime(2027, 12, 1, tzinfo=UTC)  # 31 December 2027 is a Friday, the second last a Thursday
    before = entries(earlier)["holidays"]
    assert next(fires(before.timing, start)).date().isoformat() == "2027-12-31"
    earlier.write((EARLIER / "schedules.yaml").read_text().replace("holidays:DE-BY", "holidays:XNYS"))
    earlier.ok("compile", "--no-model")
    changed = entries(earlier)["holidays"]
    assert changed.when == before.when
    assert not any(isinstance(member, MonthDays) for member in rule_of(changed))
    assert earlier.ok("compile", "--check")
    earlier.ok("compile", "--no-model", "--refresh", "holidays")
    assert any(isinstance(member, MonthDays) for member in rule_of(entries(earlier)["holidays"]))


def rule_of(entry: LockEntry) -> tuple[object, ...]:
    assert isinstance(entry.timing.rule, tuple)
    return entry.timing.rule


def test_taking_the_last_new_entry_out_brings_the_old_file_back(earlier: Project) -> None:
    before = project_bytes(earlier)
    text = (EARLIER / "schedules.yaml").read_text()
    earlier.write(text + "  zz-new: {when: third business day of the month at 9am, run: [job]}\n")
    earlier.ok("compile", "--no-model")
    assert b"\nversion: 2\n" in project_bytes(earlier)
    earlier.write(text)
    earlier.ok("compile", "--no-model")
    assert project_bytes(earlier) == before
