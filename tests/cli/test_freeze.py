"""Changes held back by a freeze: compiled, reviewed, kept, and applied when it is over or all the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.cli.conftest import Project, until
from tests.cli.test_operating import ONE, TWO, condition, status, synced
from tests.sources.repo import init


def frozen(text: str, when: str | None = None, *, reason: str = "release week") -> str:
    day = datetime.now(UTC) - timedelta(days=1)
    span = when or f"from {day:%-d %B %Y} to {day + timedelta(days=3):%-d %B %Y}"
    return f"freeze: {{when: {span}, reason: {reason}}}\n{text}"


def test_a_freeze_is_compiled_copied_and_told(project: Project) -> None:
    project.write(frozen(TWO, "every Friday from 16:00 to midnight"))
    told = project.ok("compile").out
    assert (
        '+ change freeze  "every Friday from 16:00 to midnight"\n    from 16:00 to midnight, every Friday, UTC\n'
        in told
    )
    lock = project.lock.read_text()
    assert lock.index("change freeze:") < lock.index("nightly:")
    assert '    - {"day_of_week": "fri", "hour": "16-23", "minute": "*"}' in lock
    project.ok("compile")
    assert project.lock.read_text() == lock
    project.ok("compile", "--check")
    project.write(frozen(TWO, "on weekends"))
    assert "the freeze changed since the lockfile was compiled" in project.run("compile", "--check").err
    project.write(frozen(TWO, "every night"))
    asked = project.run("compile")
    assert asked.code == 5
    assert 'schedules.yaml:1:16: freeze: "every night": it is not clear when `night` begins and ends' in asked.err
    assert project.lock.read_text() == lock
    project.write(TWO)
    project.ok("compile")
    assert "freeze" not in project.lock.read_text()


def test_a_freeze_edited_by_hand_is_refused(project: Project) -> None:
    project.write(frozen(TWO, "on weekends"))
    project.ok("compile")
    project.lock.write_text(project.lock.read_text().replace('"sat,sun"', '"sat"'))
    told = project.run("--dry-run")
    assert told.code == 4
    assert "schedules/schedules.lock:4:1: change freeze: it does not match its checksum" in told.err


def test_a_diff_says_that_changes_will_be_held_back(project: Project) -> None:
    project.write(TWO)
    project.ok("compile")
    init(project.root).commit()
    project.write(frozen(TWO, "on weekends"))
    project.ok("compile")
    assert "changes are to be held back: all day, Saturday and Sunday, UTC" in project.ok("diff", "HEAD").out


def test_changes_wait_and_jobs_go_on(project: Project) -> None:
    project.write(frozen(TWO))
    project.ok("compile")
    project.ok()
    assert synced(project), "the first apply is not held back: nothing runs yet"
    project.write(frozen(ONE))
    project.ok("compile")
    project.serve()
    until(lambda: condition(project, "Frozen")["status"] == "True")
    end = datetime.now(UTC) + timedelta(days=3)
    found = status(project)
    assert found["sync"] == "OutOfSync"
    assert found["message"].startswith(f"1 change held back by the freeze until {end:%Y-%m-%d}T00:00:00Z: release week")
    assert len(found["schedules"]) == 2
    assert project.run("sync").code == 9
    assert "Nothing was written. 1 change held back" in project.ok("--dry-run").err
    assert project.run("sync", "--during-freeze").out == "Synced: 1 job\n"


def test_a_change_that_ends_the_freeze_is_held_back_too(project: Project) -> None:
    project.write(frozen(TWO))
    project.ok("compile")
    project.ok()
    project.write(ONE)
    project.ok("compile")
    refused = project.run()
    assert refused.code == 9
    assert "held back by the freeze until" in refused.err
    assert len(status(project)["schedules"]) == 2
    assert "Applied: 1 deleted" in project.ok("--during-freeze").out
    project.write(TWO)
    project.ok("compile")
    project.ok()
