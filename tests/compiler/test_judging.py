"""What `compile` and `explain` get: grammar, model and referee together, over a real socket."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.compiler.compile import Ask
from reconciler.compiler.judging import Translator, judging, translator_from
from reconciler.compiler.llm import ModelSettings
from reconciler.errors import InvalidInput, OpenQuestions
from reconciler.model import Compiled, Conventions, Evidence, Question
from tests.servers.openai_server import Reply, Request, Scripted, phrase_of, says, schedule, serving

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NINE = says(schedule({"hour": "9", "minute": "0"}))


def judged(server: Scripted, *phrases: str, deadline: float = 30.0, **options: Any) -> list[Compiled | Question]:
    translator = Translator(ModelSettings("m", "sk-secret", server.url, deadline))
    asks = [Ask(phrase, "UTC") for phrase in phrases]
    return list(judging(translator, now=NOW, **options)(asks, Conventions()))


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


def unknown(count: int) -> list[str]:
    """Return phrases that only a model can read, each at 9am."""
    return [f"{'blorp ' * number}daily at 9am" for number in range(1, count + 1)]


def test_second_samples_are_asked_several_at_a_time_and_results_keep_their_order() -> None:
    def slow(request: Request) -> Reply:
        hour = "9" if "blorp" in phrase_of(request) else "10"
        return Reply(says(schedule({"hour": hour, "minute": "0"})).body, before=0.3)

    phrases = [*unknown(6), "every day at 10am", "every day at 9am"]
    with serving(slow) as server:
        got = judged(server, *phrases)
        assert len(server.requests) == 6 * 2 + 2
        assert server.busiest == 4
    assert [evidence(one) for one in got] == [Evidence.MODEL] * 6 + [Evidence.AGREED, None]


def test_progress_counts_a_phrase_when_both_its_samples_are_in() -> None:
    told: list[tuple[int, int]] = []
    with serving(NINE) as server:
        judged(server, *unknown(3), progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_both_samples_of_a_phrase_share_one_deadline() -> None:
    with serving(NINE, Reply(NINE.body, before=2.5)) as server:
        judged(server, "every day at 9am")  # imports the client, which is no server's fault
        (got,) = judged(server, *unknown(1), deadline=4.5)  # enough for one answer on a busy machine, not for two
    assert isinstance(got, Question)
    assert "did not confirm its own reading: " in got.message


def test_a_second_sample_that_differs_leaves_a_question_with_both() -> None:
    with serving(NINE, says(schedule({"hour": "9,10", "minute": "0"}))) as server:
        (got,) = judged(server, *unknown(1))
    assert isinstance(got, Question)
    assert "two samples of the model read it differently" in got.message
    assert len(got.readings) == 2


def test_more_phrases_than_are_allowed_stop_before_the_first_is_asked() -> None:
    with serving(NINE) as server:
        with pytest.raises(OpenQuestions) as caught:
            judged(server, *unknown(3), max_phrases=2)
        assert server.requests == []
        assert len(judged(server, *unknown(2), max_phrases=2)) == 2
    (problem,) = caught.value.problems
    assert "3 phrases" in problem.message
    assert "2 are allowed" in problem.message
    assert "--max-phrases 3" in str(problem.hint)
    assert caught.value.exit_code == 5


def test_the_grammar_alone_has_no_budget() -> None:
    asks = [Ask(f"every day at {hour}:00", "UTC") for hour in range(13, 20)]
    assert len(judging(None, now=NOW, max_phrases=1)(asks, Conventions())) == 7


def test_a_server_that_is_gone_costs_a_few_phrases_and_not_the_time_of_all() -> None:
    with serving(NINE) as server:
        pass
    started = time.monotonic()
    got = judged(server, *[f"every day at {n // 60}:{n % 60:02}" for n in range(600, 1000)])
    assert time.monotonic() - started < 60
    assert {evidence(one) for one in got} == {Evidence.GRAMMAR}
