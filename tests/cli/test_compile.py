"""`reconcile compile`: exit codes, bytes, messages."""

from __future__ import annotations

import subprocess

import pytest

from reconciler.lockfile import VERSION, loads
from tests.cli.conftest import YAML, Project, until


def test_compiling_twice_gives_the_same_bytes_and_does_not_touch_the_file(compiled: Project) -> None:
    before = compiled.lock.stat()
    result = compiled.ok("compile")
    assert "3 unchanged" in result.out
    assert compiled.lock.stat().st_mtime_ns == before.st_mtime_ns


def test_a_fresh_lock_passes_the_check(compiled: Project) -> None:
    assert compiled.ok("compile", "--check").err == (
        "schedules/schedules.lock is fresh: 3 entries answer what is declared\n"
    )


def test_check_without_a_lock_is_stale_and_writes_none(project: Project) -> None:
    result = project.run("compile", "--check")
    assert result.code == 4
    assert "run `reconcile compile`" in result.err
    assert not project.lock.exists()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("every weekday at 9am", "every weekday at 10am", 'schedules/schedules.yaml:4:11: db-backup: the phrase is "'),
        ("[echo, backup]", "[echo, all]", "schedules/schedules.yaml:3:3: db-backup: `run` changed"),
        ("Europe/Berlin", "Europe/Paris", "db-backup: the timezone is Europe/Paris"),
        ("  report:", "  monthly:", "monthly: not in the lockfile"),
        ("  report:", "  monthly:", "report: in the lockfile but no longer declared"),
    ],
)
def test_check_names_what_is_stale(compiled: Project, old: str, new: str, says: str) -> None:
    compiled.write(YAML.replace(old, new))
    result = compiled.run("compile", "--check")
    assert result.code == 4
    assert says in result.err


def test_only_the_changed_schedule_is_compiled_again(compiled: Project) -> None:
    before = compiled.lock.read_text()
    compiled.write(YAML.replace("every weekday at 9am", "every weekday at 10am"))
    result = compiled.ok("compile", "--json")
    assert result.json["compiled"] == ["db-backup"]
    assert result.json["unchanged"] == 2
    old, new = (set(text.split("\n")) for text in (before, compiled.lock.read_text()))
    assert {line.strip().partition(":")[0] for line in new - old} == {"when", "means", '- {"day_of_week"', "checksum"}


def test_a_duration_of_several_units_stands_in_the_lock_in_one(project: Project) -> None:
    project.write(YAML.replace("[echo, backup]", "[echo, backup]\n    timeout: 1h30m\n    grace: 1d12h"))
    project.ok("compile")
    assert '"timeout": "90m"' in project.lock.read_text()
    assert '"grace": "36h"' in project.lock.read_text()
    project.ok("compile", "--check")


def test_a_question_is_asked_at_its_place_and_everything_else_is_compiled(compiled: Project) -> None:
    old = loads(compiled.lock.read_text(), file="f").entries["db-backup"]
    compiled.write(YAML.replace("every weekday at 9am", "biweekly on monday").replace("[echo, clean]", "[echo, more]"))
    result = compiled.run("compile")
    assert result.code == 5
    assert 'schedules/schedules.yaml:4:11: db-backup: "biweekly on monday": ' in result.err
    entries = loads(compiled.lock.read_text(), file="f").entries
    assert entries["db-backup"] == old
    assert entries["clean-up"].run.command == ("echo", "more")


def test_two_readings_are_both_shown_with_their_due_times(project: Project) -> None:
    project.write(YAML.replace("every weekday at 9am", "every day at 5"))
    result = project.run("compile")
    assert result.code == 5
    assert "1. at 05:00, every day, Europe/Berlin" in result.err
    assert "2. at 17:00, every day, Europe/Berlin" in result.err


def test_an_unmet_expectation_is_a_question(project: Project) -> None:
    project.write(YAML.replace("run: [echo, backup]", "run: [echo, backup]\n    expect: {never: [mon]}"))
    result = project.run("compile")
    assert result.code == 5
    assert "expected never to fire on mon, but it fires at Mon" in result.err
    assert "db-backup" not in project.lock.read_text()


def test_a_hand_edited_lock_is_named_and_mended(compiled: Project) -> None:
    good = compiled.lock.read_text()
    compiled.lock.write_text(good.replace('"hour": "9"', '"hour": "8"'))
    assert compiled.run("compile", "--check").code == 4
    result = compiled.ok("compile")
    assert "db-backup: the entry does not match its checksum" in result.err
    assert compiled.lock.read_text() == good


def test_an_edit_that_also_fixes_the_checksum_is_found_by_reading_the_phrase_again(compiled: Project) -> None:
    from dataclasses import replace

    from reconciler.lockfile import dumps
    from reconciler.model import Lock
    from reconciler.timing import english
    from tests.builders import timing

    lock = loads(compiled.lock.read_text(), file="f")
    eight = timing(hour="8", day_of_week="mon-fri")
    forged = replace(lock.entries["db-backup"], timing=eight, means=english(eight))
    compiled.lock.write_text(dumps(Lock({**lock.entries, "db-backup": forged})))
    result = compiled.run("compile", "--check")
    assert result.code == 4
    assert "schedules/schedules.yaml:4:11: db-backup: the lockfile says" in result.err
    assert "`reconcile compile --refresh db-backup`" in result.err
    compiled.ok("compile", "--refresh", "db-backup")
    compiled.ok("compile", "--check")


def test_a_sentence_that_does_not_fit_its_fields_is_found(compiled: Project) -> None:
    from dataclasses import replace

    from reconciler.lockfile import dumps
    from reconciler.model import Lock

    lock = loads(compiled.lock.read_text(), file="f")
    forged = replace(lock.entries["db-backup"], means="at 10:00, Monday to Friday, Europe/Berlin")
    compiled.lock.write_text(dumps(Lock({**lock.entries, "db-backup": forged})))
    assert 'but its fields mean "at 09:00' in compiled.run("compile", "--check").err


def test_a_lock_of_a_newer_release_is_never_overwritten(compiled: Project) -> None:
    newer = compiled.lock.read_text().replace("version: 1", f"version: {VERSION + 1}")
    compiled.lock.write_text(newer)
    result = compiled.run("compile")
    assert result.code == 4
    assert "upgrade reconcile" in result.err
    assert compiled.lock.read_text() == newer


def test_a_conflicted_lock_keeps_what_both_sides_agree_on(compiled: Project) -> None:
    good = compiled.lock.read_text()
    compiled.lock.write_text(
        good.replace("clean-up:\n", "<<<<<<< HEAD\nclean-up:\n").replace("\ndb-", "=======\n\ndb-")
    )
    assert compiled.run("compile", "--check").code == 4
    assert "unresolved merge conflict" in compiled.ok("compile").err
    assert compiled.lock.read_text() == good


def test_watch_compiles_what_is_saved_and_survives_a_bad_save(compiled: Project) -> None:
    import sys

    argv = [sys.executable, "-m", "reconciler", "-C", str(compiled.root), "compile", "--watch"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as watch:
        try:
            assert watch.stderr is not None
            assert "watching" in watch.stderr.readline()
            compiled.write(YAML.replace("9am", "10am"))
            until(lambda: '"hour": "10"' in compiled.lock.read_text())
            good = compiled.lock.read_text()
            compiled.write("schedules: [oops")
            assert "schedules/schedules.yaml:" in watch.stderr.readline()
            assert compiled.lock.read_text() == good
            compiled.write(YAML.replace("9am", "11am"))
            until(lambda: '"hour": "11"' in compiled.lock.read_text())
        finally:
            watch.terminate()
        assert watch.wait(60) == 0


def test_a_stray_model_in_the_repository_is_not_asked(project: Project) -> None:
    (project.root / ".env").write_text("RECONCILE_MODEL=x\nOPENAI_BASE_URL=http://127.0.0.1:9/v1\n")
    project.ok("compile")
    assert 'compiled_by: "grammar"' in project.lock.read_text()


def test_insisting_on_a_model_that_is_not_configured_says_how_to(project: Project) -> None:
    result = project.run("compile", "--model")
    assert result.code == 3
    assert "RECONCILE_MODEL" in result.err


def test_an_annotation_names_the_file_from_the_top_of_the_repository(project: Project) -> None:
    project.write(YAML)
    assert project.run("compile").code == 0
    project.write(YAML.replace("9am", "8am"))
    for top, file in ((project.root, ""), (project.root.parent, f"{project.root.name}/")):
        (top / ".git").mkdir()
        checked = project.run("compile", "--check", "--format", "github")
        assert f"::error file={file}schedules/schedules.yaml,line=4," in checked.out
        (top / ".git").rmdir()
