"""`start`, `end` and `except` from the YAML to the lock, its check and the due times."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, datetime

import pytest

from reconciler.lockfile import checksum, dumps, loads
from reconciler.model import Lock
from tests.cli.conftest import Project

YEAR = datetime.now(UTC).year
YAML = """\
timezone: Europe/Berlin
defaults: {{except: ["holidays:DE-BY"]}}
schedules:
  report:
    when: {when}
    {limits}
    run: [echo, report]
"""


def write(project: Project, limits: str = "description: a report", when: str = "every weekday at 9am") -> None:
    project.write(YAML.format(limits=limits, when=when))


def test_holidays_stand_in_the_lock_with_their_names_and_no_run_is_due_on_them(project: Project) -> None:
    write(project, f'except: ["{YEAR + 1}-12-24", "holidays:DE-BY"]')
    assert project.run("compile").code == 0
    text = project.lock.read_text()
    assert f'  except: ["{YEAR + 1}-12-24", "holidays:DE-BY"]\n' in text
    assert [int(year) for year in re.findall(r'"calendar": "DE-BY", "year": ([0-9]+)', text)] == [
        YEAR,
        YEAR + 1,
        YEAR + 2,
    ]
    assert '"01-06": "Epiphany"' in text
    entry = loads(text, file="lock").entries["report"]
    assert (
        entry.means
        == f"at 09:00, Monday to Friday, except on {YEAR + 1}-12-24 and public holidays in DE-BY, Europe/Berlin"
    )
    assert datetime(YEAR + 1, 1, 6).date() in entry.timing.excluded
    assert project.run("compile", "--check").code == 0


def test_defaults_are_taken_over_and_an_empty_list_takes_nothing(project: Project) -> None:
    write(project)
    project.run("compile")
    assert "holidays:DE-BY" in project.lock.read_text()
    write(project, "except: []")
    stale = project.run("compile", "--check")
    assert stale.code == 4
    assert "`except`" in stale.err
    project.run("compile")
    assert "holidays" not in project.lock.read_text()


def test_a_changed_key_renews_and_a_phrase_with_limits_keeps_its_own(project: Project) -> None:
    write(project, f"end: {YEAR + 3}-12-31", when=f"every weekday at 9am except on {YEAR + 1}-12-24")
    project.run("compile")
    write(project, f"end: {YEAR + 2}-12-31", when=f"every weekday at 9am except on {YEAR + 1}-12-24")
    done = project.run("compile", "--json")
    assert done.json["renewed"] == ["report"]
    text = project.lock.read_text()
    assert f'  end: "{YEAR + 2}-12-31"\n' in text
    assert f'"{YEAR + 1}-12-24"' in text
    assert json.loads(re.search("declared: (.*)", text)[1]) == {  # type: ignore[index]
        "end": f"{YEAR + 2}-12-31",
        "except": ["holidays:DE-BY"],
    }


@pytest.mark.parametrize(
    ("limits", "code", "says"),
    [
        ("except: [2026-02-30]", 3, "schedules.yaml:6:13: there is no such date: 2026-02-30"),
        ("except: [christmas]", 3, "a date such as 2026-12-24, or holidays: and a place"),
        ("start: tomorrow", 3, "a date such as 2026-12-31"),
        ("except: [holidays:DE-QQ]", 5, "DE has no part 'QQ'"),
        ("except: holidays:ZZ", 5, "no holiday calendar 'ZZ'"),
        ("end: 2020-01-01", 5, "never fires"),
        ("start: 2030-01-02\n    end: 2030-01-01", 5, "it ends on 2030-01-01, before it starts on 2030-01-02"),
    ],
)
def test_limits_that_cannot_be_are_refused_where_they_stand(
    project: Project, limits: str, code: int, says: str
) -> None:
    write(project, limits)
    result = project.run("compile")
    assert result.code == code, result.err
    assert says in result.err
    assert not project.lock.exists() or "report" not in project.lock.read_text()


def test_without_the_extra_a_known_calendar_goes_on_and_a_new_one_says_what_to_install(project: Project) -> None:
    write(project)
    project.run("compile")
    (project.root / "blocked").mkdir()
    (project.root / "blocked" / "holidays.py").write_text("raise ImportError('not here')\n")
    project.environment["PYTHONPATH"] = str(project.root / "blocked")
    assert project.run("compile", "--check").code == 0
    write(project, when="every weekday at 10am")
    assert project.run("compile").code == 0
    write(project, 'except: ["holidays:US"]')
    refused = project.run("compile")
    assert refused.code == 5
    assert "pip install 'schedule-reconciler[holidays]'" in refused.err


def test_a_calendar_that_ends_is_warned_of_and_renewed_when_its_last_year_has_come(project: Project) -> None:
    write(project)
    project.run("compile")
    lock = loads(project.lock.read_text(), file="lock")
    held = lock.entries["report"]
    (calendar,) = held.timing.calendars
    short = dataclasses.replace(calendar, days=tuple(one for one in calendar.days if one[0].year == YEAR))
    cut = dataclasses.replace(held, timing=dataclasses.replace(held.timing, calendars=(short,)))
    assert checksum(cut) != checksum(held)
    project.lock.write_text(dumps(Lock({"report": cut})))
    checked = project.run("compile", "--check")
    assert checked.code == 0
    assert f"the holidays of DE-BY are known until 31 December {YEAR} only" in checked.err
    assert project.run("compile", "--json").json["renewed"] == ["report"]
    assert loads(project.lock.read_text(), file="lock").entries["report"].timing.calendars == (calendar,)


def test_the_changes_of_the_clocks_that_touch_a_schedule_are_told_when_it_is_compiled(project: Project) -> None:
    project.write("timezone: Europe/Berlin\nschedules:\n  night: {when: every day at 02:30, run: [echo]}\n")
    out = project.run("compile").out
    assert "warning: 02:30 on Sun" in out
    assert "runs at the first instant after the gap" in out
    assert "happens twice in Europe/Berlin: runs the first time only" in out
