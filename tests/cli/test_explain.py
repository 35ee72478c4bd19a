"""`reconcile explain`."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Project

KEYS = [
    "phrase", "status", "timezone", "cron", "month_days", "interval", "start", "end", "except", "dst", "means",
    "evidence", "assumptions", "warnings", "readings", "message", "next",
]  # fmt: skip


def explain(project: Project, phrase: str, *more: str, code: int = 0) -> dict[str, object]:
    result = project.run("explain", phrase, "--json", *more)
    assert result.code == code, result.err
    document: dict[str, object] = result.json
    assert list(document) == KEYS
    return document


def test_a_phrase_is_explained_in_cron_english_and_due_times(project: Project) -> None:
    found = explain(
        project, "every weekday at 9am", "--tz", "Europe/Berlin", "--from", "2026-01-02T12:00", "--next", "2"
    )
    assert found["status"] == "compiled"
    assert found["cron"] == [{"day_of_week": "mon-fri", "hour": "9", "minute": "0"}]
    assert found["means"] == "at 09:00, Monday to Friday, Europe/Berlin"
    assert found["evidence"] == "grammar"
    assert found["next"] == ["2026-01-05T09:00:00+01:00", "2026-01-06T09:00:00+01:00"]


def test_days_counted_within_the_month_have_a_rule_of_their_own(project: Project) -> None:
    found = explain(project, "last business day of the month at 5pm", "--tz", "Europe/Berlin", "--from", "2027-01-01")
    assert (found["cron"], found["interval"]) == ([], None)
    assert found["month_days"] == [{"business_days": "-1", "hour": "17", "minute": "0"}]
    assert found["means"] == "at 17:00, on the last business day of the month, Europe/Berlin"
    assert found["next"][:2] == ["2027-01-29T17:00:00+01:00", "2027-02-26T17:00:00+01:00"]  # type: ignore[index]
    text = project.ok("explain", "last business day of the month at 5pm", "--tz", "Europe/Berlin").out
    assert 'counted   {"business_days": "-1", "hour": "17", "minute": "0"}' in text


def test_from_includes_its_own_instant(project: Project) -> None:
    found = explain(project, "every day at midnight", "--tz", "UTC", "--from", "2026-01-05T00:00", "--next", "1")
    assert found["next"] == ["2026-01-05T00:00:00+00:00"]


def test_the_zone_in_the_phrase_wins(project: Project) -> None:
    found = explain(project, "every day at 9am Tokyo time", "--tz", "UTC", "--next", "0")
    assert found["timezone"] == "Asia/Tokyo"


def test_a_zone_taken_for_granted_is_said(project: Project) -> None:
    assert "no timezone was named: UTC" in explain(project, "every day at 9am")["assumptions"]  # type: ignore[operator]


def test_an_interval_has_its_anchor(project: Project) -> None:
    found = explain(project, "every 36 hours", "--next", "0")
    assert found["cron"] == []
    assert found["interval"] == {"elapsed": "36h", "anchor": "2024-01-01T00:00:00Z"}


def test_two_readings_are_a_question(project: Project) -> None:
    found = explain(project, "every day at 5", code=5)
    assert found["status"] == "question"
    assert [one["cron"][0]["hour"] for one in found["readings"]] == ["5", "17"]  # type: ignore[attr-defined]


def test_what_cannot_be_read_says_what_to_write(project: Project) -> None:
    assert "did you mean" in str(explain(project, "evry day at 9am", code=5)["message"])


def test_a_phrase_that_is_too_long_is_an_error(project: Project) -> None:
    assert explain(project, "every day " * 1000, code=5)["status"] in ("error", "question")


def test_a_file_gives_a_line_of_json_a_phrase(project: Project) -> None:
    (project.root / "phrases").write_text("every day at 9am\n\nevery hour\nsometimes\n")
    result = project.run("explain", "--file", "phrases", "--json", "--next", "1")
    documents = [json.loads(line) for line in result.out.splitlines()]
    assert [one["status"] for one in documents] == ["compiled", "compiled", "question"]
    assert result.code == 5


def test_due_times_over_a_clock_change_come_with_a_warning(project: Project) -> None:
    found = explain(
        project, "every day at 2:30am", "--tz", "Europe/Berlin", "--from", "2026-03-28T00:00", "--next", "3"
    )
    assert found["next"] == ["2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]
    assert any("does not exist" in warning for warning in found["warnings"])  # type: ignore[attr-defined]


def test_an_unknown_zone_is_invalid_input_with_a_suggestion(project: Project) -> None:
    result = project.run("explain", "every day", "--tz", "Europe/Berln")
    assert result.code == 3
    assert "Europe/Berlin" in result.err


def test_the_text_shows_nothing_that_acts_on_a_terminal(project: Project) -> None:
    result = project.run("explain", "every day \x1b[31mat 9am")
    assert "\x1b" not in result.out + result.err


def test_a_phrase_is_read_with_the_conventions_of_the_project_it_is_explained_in(project: Project) -> None:
    project.write("conventions: {morning: 07:15}\n")
    assert "at 07:15" in project.run("explain", "every weekday in the morning").out
    project.write("conventions: {morning: 25:15}\n")
    broken = project.run("explain", "every weekday in the morning")
    assert "at 09:00" in broken.out
    assert "the defaults hold" in broken.err


def test_the_limits_of_a_phrase_are_shown(project: Project) -> None:
    phrase = "every day at 9am from 2027-01-01 until 2027-12-31 except on 2027-05-01 and holidays in DE"
    found = explain(project, phrase, "--from", "2027-05-01", "--next", "1")
    assert (found["start"], found["end"]) == ("2027-01-01", "2027-12-31")
    assert found["except"] == ["2027-05-01", "holidays:DE"]
    assert found["dst"] == {"gap": "after", "overlap": "first"}
    assert found["next"] == ["2027-05-02T09:00:00+00:00"]


def test_what_is_not_compiled_has_the_same_keys_without_a_value(project: Project) -> None:
    found = explain(project, "sometimes", code=5)
    assert (found["start"], found["end"], found["except"], found["dst"]) == (None, None, [], None)


@pytest.mark.parametrize("phrase", ["at 14:30 in 2018", "every day at 9am until 2020-01-01"])
def test_what_is_over_is_a_question_as_in_compile(project: Project, phrase: str) -> None:
    found = explain(project, phrase, code=5)
    assert found["status"] == "question"
    assert "this is over and never fires again" in str(found["message"])
    text = project.run("explain", phrase)
    assert (text.code, "never fires again" in text.out) == (5, True)
    project.write(f"timezone: UTC\nschedules:\n  a: {{when: {phrase}, run: [echo]}}\n")
    compiled = project.run("compile")
    assert (compiled.code, "this is over and never fires again" in compiled.err) == (5, True)
    (project.root / "phrases").write_text(f"every day at 9am\n{phrase}\n")
    result = project.run("explain", "--file", "phrases", "--json")
    assert [json.loads(line)["status"] for line in result.out.splitlines()] == ["compiled", "question"]
    assert result.code == 5


def test_whether_it_fires_is_asked_of_the_time_that_is_named(project: Project) -> None:
    found = explain(project, "at 14:30 in 2018", "--from", "2018-12-31T14:30", "--next", "2")
    assert found["next"] == ["2018-12-31T14:30:00+00:00"]
    explain(project, "at 14:30 in 2018", "--from", "2018-12-31T14:31", code=5)
    explain(project, "every day at 9am until 2099-01-01", "--from", "2100-01-01", code=5)


@pytest.mark.parametrize("start", ["0001-01-01", "1969-12-31", "9999-12-31"])
def test_a_time_outside_of_what_can_be_worked_out_is_refused(project: Project, start: str) -> None:
    result = project.run("explain", "every day at 9am", "--from", start)
    assert (result.code, "1970 to 9000" in result.err) == (64, True)
    project.ok("explain", "every day at 9am", "--from", "9000-12-31")
