"""What `compile` and `explain` get: grammar, model and referee together, over a real socket."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from reconciler.compiler.compile import Ask
from reconciler.compiler.judging import judging, translator_from
from reconciler.errors import InvalidInput
from reconciler.model import Compiled, Conventions, Evidence, Question
from tests.compiler.test_llm import answer
from tests.servers.openai_server import Reply, Scripted, says, serving

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NINE = says(answer(hour="9", minute="0"))


def judged(server: Scripted, *phrases: str) -> list[Compiled | Question]:
    translator = translator_from(use=None, environ={"RECONCILE_MODEL": "m", "OPENAI_BASE_URL": server.url})
    return list(judging(translator, now=NOW)([Ask(phrase, "UTC") for phrase in phrases], Conventions()))


def evidence(result: Compiled | Question) -> Evidence | None:
    return result.evidence if isinstance(result, Compiled) else None


def test_no_model_is_asked_where_none_is_configured_or_wanted() -> None:
    configured = {"RECONCILE_MODEL": "m", "OPENAI_API_KEY": "sk-secret"}
    assert translator_from(use=None, environ={}) is None
    assert translator_from(use=False, environ=configured) is None
    assert translator_from(use=True, environ=configured) is not None


def test_a_model_that_is_wanted_and_not_configured_is_an_error_that_names_the_variables() -> None:
    with pytest.raises(InvalidInput) as caught:
        translator_from(use=True, environ={"OPENAI_API_KEY": "sk-secret"})
    hint = caught.value.problems[0].hint or ""
    assert "RECONCILE_MODEL" in hint
    assert "sk-secret" not in hint


def test_without_a_model_the_grammar_alone_decides_and_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    judge = judging(None, now=NOW, progress=lambda done, total: told.append((done, total)))
    got = judge([Ask("every day at 9am", "UTC"), Ask("every blorp at 9am", "UTC")], Conventions())
    assert [evidence(one) for one in got] == [Evidence.GRAMMAR, None]
    assert told == [(1, 2), (2, 2)]


def test_agreement_disagreement_and_the_model_alone_come_back_in_order() -> None:
    with serving(NINE) as server:
        got = judged(server, "every day at 9am", "every day at 10am", "blorp daily at 9am")
    assert [evidence(one) for one in got] == [Evidence.AGREED, None, Evidence.MODEL]
    assert len(server.requests) == 4


def test_the_second_sample_has_another_prompt() -> None:
    with serving(NINE) as server:
        judged(server, "blorp daily at 9am")
    first, second = (request["messages"][0]["content"] for request in server.requests)
    assert first != second


def test_a_certain_refusal_of_the_grammar_is_not_overruled() -> None:
    with serving(NINE) as server:
        got = judged(server, "every weekday on Saturday at 9am", "tomorrow at 9am", "0 9 * * 9")
    assert [evidence(one) for one in got] == [None, None, None]
    assert len(server.requests) == 3


def test_a_server_that_fails_costs_only_the_phrases_beyond_the_grammar() -> None:
    with serving(Reply("{}", 401)) as server:
        known, unknown = judged(server, "every day at 9am", "blorp daily at 9am")
    assert evidence(known) is Evidence.GRAMMAR
    assert isinstance(unknown, Question)
    assert "401" in unknown.message


def test_importing_the_judge_does_not_import_openai() -> None:
    code = "import sys, reconciler.compiler.judging; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
