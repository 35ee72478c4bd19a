"""Zones from the YAML to the lockfile: what is new gets the ids of today, and what is there stays as it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Project

# written by the program before there was one table of zones: old ids, keys of all kinds, every name it read
_BEFORE = Path(__file__).with_name("zones_before") / "schedules"
_ONE = "schedules:\n  one:\n    when: {when}\n    timezone: {zone}\n    run: ['true']\n"


@pytest.fixture
def before(project: Project) -> Project:
    shutil.rmtree(project.root / "schedules")
    shutil.copytree(_BEFORE, project.root / "schedules")
    return project


def _declare(project: Project, zone: str, when: str = "every day at 9am") -> None:
    project.write(_ONE.format(zone=zone, when=when))


def test_a_lockfile_of_every_kind_of_zone_is_fresh_and_keeps_its_bytes(before: Project) -> None:
    text = before.lock.read_bytes()
    assert "152 entries" in before.ok("compile", "--check").err
    before.ok("compile")
    assert before.lock.read_bytes() == text


def test_an_entry_with_an_old_id_is_compiled_anew_only_when_asked(before: Project) -> None:
    text = before.lock.read_text()
    assert 'timezone: "Asia/Saigon"' in text
    before.ok("compile", "--refresh", "declared-asia-saigon-54")
    assert before.lock.read_text() != text
    assert 'timezone: "Asia/Ho_Chi_Minh"' in before.lock.read_text()
    assert 'timezone: "Asia/Saigon"' not in before.lock.read_text()


def test_another_zone_is_compiled_anew(before: Project) -> None:
    yaml = before.root / "schedules" / "zones.yaml"
    yaml.write_text(yaml.read_text().replace("timezone: Asia/Saigon", "timezone: Asia/Bangkok"))
    result = before.run("compile", "--check")
    assert result.code == 4
    assert "the timezone is Asia/Bangkok, but the lockfile was compiled for Asia/Saigon" in result.err


def test_an_entry_of_a_name_that_is_asked_today_is_not_made_up(before: Project) -> None:
    lock = before.lock.read_text()
    assert '"every day at 9am EST"' in lock
    yaml = before.root / "schedules" / "zones.yaml"
    yaml.write_text(yaml.read_text().replace("9am EST\n", "8am EST\n"))
    result = before.run("compile")
    assert result.code == 5
    assert "write `every day at 8am America/New_York` or `every day at 8am Etc/GMT+5 (UTC-05:00)`" in result.err
    assert before.lock.read_text() == lock


def test_what_is_new_gets_the_id_of_today(project: Project) -> None:
    _declare(project, "US/Eastern")
    project.ok("compile")
    assert 'timezone: "America/New_York"' in project.lock.read_text()
    project.ok("compile", "--check")
    text = project.lock.read_bytes()
    _declare(project, "America/New_York")
    project.ok("compile", "--check")
    project.ok("compile")
    assert project.lock.read_bytes() == text


@pytest.mark.parametrize("zone", ["EST", "MST"])
def test_a_key_that_people_mean_otherwise_is_asked_at_its_place(project: Project, zone: str) -> None:
    _declare(project, zone)
    result = project.run("compile")
    assert result.code == 5
    assert result.err.startswith("schedules/schedules.yaml:3:11: one: ")
    assert f"timezone: `{zone}` may be more than one time zone" in result.err
    hint = next(line for line in result.err.splitlines() if "write America/" in line).strip()
    for told in hint.removeprefix("hint: ").removeprefix("write ").split(" or "):
        _declare(project, told)
        project.ok("compile")


def test_a_key_that_is_asked_is_none_of_the_business_of_a_phrase_that_names_its_zone(project: Project) -> None:
    _declare(project, "EST", "every day at 9am in Tokyo")
    project.ok("compile")
    assert 'timezone: "Asia/Tokyo"' in project.lock.read_text()


def test_a_zone_of_a_fixed_offset_is_shown_with_it(project: Project) -> None:
    _declare(project, "Etc/GMT-2")
    project.ok("compile")
    assert 'means: "at 09:00, every day, Etc/GMT-2 (UTC+02:00)"' in project.lock.read_text()
    project.ok("compile", "--check")


@pytest.mark.parametrize("zone", ["GMT+2", "Eastern", "Europe/Berlim", "IST", "UTC+5:30", "Japan Daylight Time"])
def test_what_an_error_about_a_zone_says_compiles(project: Project, zone: str) -> None:
    _declare(project, zone)
    result = project.run("compile")
    assert result.code == 3
    assert "schedules/schedules.yaml:4:15: " in result.err
    said = next(line for line in result.err.splitlines() if "write " in line or "did you mean" in line)
    told = said.rpartition("write ")[2].rpartition("did you mean ")[2].rstrip("?")
    for one in told.replace(" or ", ", ").split(", "):
        _declare(project, one)
        project.ok("compile")


def test_explain_asks_for_the_zone_of_its_option_too(project: Project) -> None:
    result = project.run("explain", "every day at 9am", "--tz", "EST")
    assert result.code == 3
    assert "write America/New_York or Etc/GMT+5 (UTC-05:00)" in result.err


def test_a_freeze_is_asked_too_and_shown_with_its_offset(project: Project) -> None:
    freeze = "freeze:\n  when: fridays after 16:00\n  timezone: {}\n"
    _declare(project, "UTC")
    jobs = (project.root / "schedules" / "schedules.yaml").read_text()
    project.write(freeze.format("EST") + jobs)
    assert project.run("compile").code == 5
    project.write(freeze.format("Etc/GMT+5") + jobs)
    project.ok("compile")
    assert 'means: "from 16:00 to midnight, every Friday, Etc/GMT+5 (UTC-05:00)"' in project.lock.read_text()
    project.ok("compile", "--check")
