"""`reconcile eval`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Project, Result
from tests.cli.test_compile_model import KEY, proposes
from tests.servers.openai_server import Reply, Scripted, serving

GOLDEN = Path(__file__).parents[1] / "golden" / "phrases.yaml"
SET = """\
- {phrase: every day at 9am, family: time, cron: 0 9 * * *}
- {phrase: every day at 5, family: time, ambiguous: true}
- {phrase: each morning at the stroke of nine, family: odd, expect: [{hour: '9', minute: '0'}]}
"""
NINE_DAILY = proposes({"hour": "9", "minute": "0"})
MISREAD = "- {phrase: every day at 9am, cron: 0 10 * * *}\n"


def evaluate(project: Project, text: str, *arguments: str, **environment: str) -> Result:
    (project.root / "set.yaml").write_text(text)
    return project.run("eval", "set.yaml", *arguments, **environment)


def with_model(project: Project, text: str, server: Scripted, *arguments: str) -> Result:
    environment = {"RECONCILE_MODEL": "test-model", "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY}
    return evaluate(project, text, *arguments, **environment)


def counts(document: Any, reader: str) -> tuple[int, int, int]:
    found = document["readers"][reader]
    return found["right"], found["refused"], found["wrong"]


def test_the_golden_set_has_nothing_wrong(project: Project) -> None:
    shutil.copy(GOLDEN, project.root)
    result = project.run("eval", GOLDEN.name, "--tz", "Europe/Berlin")
    assert result.code == 0, result.out
    assert " 0 wrong (0.0 %)" in result.out
    assert result.err == ""


def test_what_is_refused_is_counted_and_no_failure(project: Project) -> None:
    result = evaluate(project, SET)
    assert result.code == 0
    assert "grammar: 3 phrases, 2 right (66.6 %), 1 refused (33.3 %), 0 wrong (0.0 %)" in result.out
    assert "stroke" not in result.out
    assert 'set.yaml:3:3: "each morning at the stroke of nine"' in evaluate(project, SET, "--refused").out


def test_what_is_wrong_is_shown_in_english_and_fails(project: Project) -> None:
    result = evaluate(project, MISREAD)
    assert result.code == 5
    assert 'set.yaml:1:3: "every day at 9am"' in result.out
    assert "expected  at 10:00, every day, UTC" in result.out
    assert "got       at 09:00, every day, UTC" in result.out
    assert "09:00 UTC, due only in what was got" in result.out


@pytest.mark.parametrize(("text", "code"), [(SET, 0), (MISREAD, 5)])
def test_with_json_there_is_one_document_and_the_same_exit_code(project: Project, text: str, code: int) -> None:
    result = evaluate(project, text, "--json")
    assert result.code == code
    assert result.json["format_version"] == "1.0"
    assert result.json["phrases"] == len(text.splitlines())
    assert list(result.json["readers"]) == ["grammar"]
    assert (counts(result.json, "grammar")[2] > 0) == (code == 5)


def test_phrases_and_meanings_are_in_the_zone_that_is_given(project: Project) -> None:
    rows = "- {phrase: every day at 9am Tokyo time, cron: 0 9 * * *}\n"
    assert evaluate(project, rows, "--tz", "Asia/Tokyo").code == 0
    assert evaluate(project, rows).code == 5


def test_a_set_can_come_through_a_pipe(project: Project) -> None:
    assert project.run("eval", "-", input=SET).code == 0


def test_each_reader_is_scored_and_the_model_alone_fails_nothing(project: Project) -> None:
    with serving(NINE_DAILY) as server:
        result = with_model(project, SET, server, "--json")
    assert result.code == 0, result.err
    assert counts(result.json, "grammar") == (2, 1, 0)
    assert counts(result.json, "model") == (2, 0, 1)
    assert counts(result.json, "both") == (3, 0, 0)
    assert "model: 4 requests" in result.err  # one a phrase, and a second sample where only the model reads it
    assert result.json["readers"]["model"]["failures"][0]["phrase"] == "every day at 5"


def test_a_model_that_is_believed_and_wrong_fails(project: Project) -> None:
    rows = "- {phrase: each morning at the stroke of nine, cron: 0 8 * * *}\n"
    with serving(NINE_DAILY) as server:
        result = with_model(project, rows, server)
    assert result.code == 5
    assert "both:    1 phrase, 0 right (0.0 %), 0 refused (0.0 %), 1 wrong (100.0 %)" in result.out
    assert "wrong, both:" in result.out


def test_a_model_that_differs_makes_a_question_of_what_the_grammar_reads(project: Project) -> None:
    with serving(proposes({"hour": "10", "minute": "0"})) as server:
        result = with_model(project, SET.splitlines(keepends=True)[0], server, "--json")
    assert result.code == 0
    assert [counts(result.json, one) for one in ("grammar", "model", "both")] == [(1, 0, 0), (0, 0, 1), (0, 1, 0)]


def test_a_model_that_cannot_be_asked_gets_no_credit_and_that_is_said(project: Project) -> None:
    with serving(Reply("{}", status=401)) as server:
        result = with_model(project, SET, server)
    assert "model:   3 phrases, 0 right (0.0 %), 3 refused (100.0 %), 0 wrong (0.0 %)" in result.out
    assert "the model could not be asked for 3 of 3 phrases" in result.err
    assert KEY not in result.out + result.err


def test_a_model_can_be_left_out_and_insisted_on(project: Project) -> None:
    with serving(NINE_DAILY) as server:
        result = with_model(project, SET, server, "--no-model")
        assert server.requests == []
    assert "model" not in result.out
    assert evaluate(project, SET, "--model").code == 3


def test_a_bad_file_is_named_with_its_place(project: Project) -> None:
    result = evaluate(project, SET + "- {phrase: x, crom: 0 9 * * *}\n")
    assert result.code == 3
    assert result.err.startswith("set.yaml:4:15: unknown key `crom:` in entry 4\n    did you mean `cron:`?")
    assert result.out == ""


def test_a_file_that_is_not_there_is_invalid_input(project: Project) -> None:
    result = project.run("eval", "missing.yaml")
    assert result.code == 3
    assert "missing.yaml" in result.err


def test_with_json_a_bad_file_is_a_document_too(project: Project) -> None:
    result = evaluate(project, "- {phrase: x}\n", "--json")
    assert result.code == 3
    assert result.json["error"]["problems"][0]["line"] == 1


def test_more_phrases_than_allowed_are_not_put_to_the_model(project: Project) -> None:
    with serving(NINE_DAILY) as server:
        refused = with_model(project, SET, server, "--max-phrases", "2")
        assert refused.code == 5
        assert "--max-phrases 3 allows it" in refused.err
        assert server.requests == []
