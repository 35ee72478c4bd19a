"""A schedule on the last business day, from its phrase to the job that waits for it."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta

from tests.cli.conftest import Project

YAML = """\
timezone: UTC
schedules:
  closing: {when: last business day of the month at 5pm, run: [echo, closed]}
  report: {when: on the 15th and on the last business day at 9am, run: [echo, report]}
"""


def last_business_day(today: date) -> date:
    days = [today.replace(day=day) for day in range(1, calendar.monthrange(today.year, today.month)[1] + 1)]
    return [day for day in days if day.weekday() < 5][-1]


def test_it_is_compiled_applied_and_due_on_the_day_that_a_calendar_shows(project: Project) -> None:
    project.write(YAML)
    project.ok("compile", "--no-model")
    lock = project.lock.read_text()
    assert lock.split("\n")[1] == "version: 2"
    assert '  month_days:\n    - {"business_days": "-1", "hour": "17", "minute": "0"}\n' in lock
    assert '  means: "at 09:00, on the 15th and on the last business day of the month, UTC"\n' in lock
    project.ok("compile", "--check")
    project.ok()
    assert "nothing to do" in project.ok().out
    now = datetime.now(UTC)
    due = datetime.combine(last_business_day(now.date()), datetime.min.time(), UTC).replace(hour=17)
    if due <= now:
        due = datetime.combine(last_business_day((now.replace(day=28) + timedelta(days=4)).date()), due.timetz())
    closing = project.ok("status", "--json").json["schedules"][0]
    assert closing["next"] == due.strftime("%Y-%m-%dT%H:%M:%SZ")
