from __future__ import annotations

import json

import pytest

from reconciler.compiler.answer import Answer, Declined, Malformed, Proposed, Unavailable
from reconciler.compiler.llm import ModelSettings, Translator, settings
from tests.servers.openai_server import Reply, Scripted, says, serving


def answer(error: str | None = None, timezone: str | None = None, **fields: str) -> str:
    names = ("year", "month", "day", "week", "day_of_week", "hour", "minute", "second")
    one = {name: fields.get(name) for name in names}
    return json.dumps({"schedules": [one], "timezone": timezone, "assumptions": [], "error": error})


GOOD = answer(hour="9", minute="0")


def ask(server: Scripted, deadline: float = 10.0, phrase: str = "daily at 9am") -> Answer:
    return Translator(ModelSettings("m", "sk-secret", server.url, deadline, 5.0)).ask(phrase, timezone="UTC")


@pytest.mark.parametrize("text", [GOOD, f"```json\n{GOOD}\n```", f"Here it is: {GOOD} Done."])
def test_one_object_is_found_within_fences_and_prose(text: str) -> None:
    with serving(says(text)) as server:
        assert isinstance(ask(server), Proposed)
        assert server.requests[0]["response_format"]["json_schema"]["strict"] is True


def test_an_error_wins_over_fields() -> None:
    with serving(says(answer("unclear", hour="9", minute="0"))) as server:
        assert ask(server) == Declined("unclear")


BAD = [
    says(GOOD + GOOD),
    says("[1]"),
    says("null"),
    says("{}"),
    says(GOOD[:-1] + ',"error":null}'),
    says(GOOD.replace('"9"', "NaN")),
    says(GOOD.replace('"9"', "9")),
    says(answer(minute="*/45")),
    says(answer(day_of_week="1", hour="9")),
    says(answer(hour="25")),
    says(answer(month="feb", day="30", hour="9")),
    says(None),
    says(None, refusal="no"),
    says(GOOD, "length"),
    says(GOOD, "content_filter"),
    says(GOOD.replace('"hour"', '"hours"')),
    says(answer(timezone="Asia/Tokyo", hour="9")),
    Reply('{"choices": null}'),
    Reply('{"choices": []}'),
    Reply("not json"),
    Reply("<html>", headers={"content-type": "text/html"}),
]


@pytest.mark.parametrize("reply", BAD, ids=lambda reply: reply.body[-60:])
def test_what_is_no_schedule_is_malformed_after_at_most_one_repair(reply: Reply) -> None:
    with serving(reply) as server:
        assert isinstance(ask(server), Malformed)
        assert len(server.requests) <= 2


@pytest.mark.parametrize(
    ("status", "retryable"), [(401, False), (404, False), (400, False), (429, True), (500, True), (503, True)]
)
def test_a_failing_server_is_unavailable_and_the_key_is_not_told(status: int, retryable: bool) -> None:
    with serving(Reply('{"error": {"message": "sk-secret"}}', status)) as server:
        got = ask(server)
    assert isinstance(got, Unavailable)
    assert got.retryable is retryable
    assert "sk-secret" not in repr(got)


def test_a_redirect_is_not_followed() -> None:
    with serving(says(GOOD)) as other:
        where = {"location": other.url + "/chat/completions", "content-type": "text/plain"}
        with serving(Reply("", 307, where)) as server:
            assert isinstance(ask(server), Unavailable)
        assert other.requests == []


def test_a_dripping_server_is_cut_by_the_deadline() -> None:
    with serving(Reply(says(GOOD).body, drip=0.05)) as server:
        assert isinstance(ask(server, deadline=1.0), Unavailable)


def test_a_refused_response_format_steps_down_to_plain() -> None:
    with serving(Reply("{}", 400), Reply("{}", 400), says(GOOD)) as server:
        assert isinstance(ask(server), Proposed)
        assert [r.get("response_format", {}).get("type") for r in server.requests] == [
            "json_schema",
            "json_object",
            None,
        ]


def test_settings_come_from_the_environment_and_hide_the_key() -> None:
    assert settings({"OPENAI_API_KEY": "k"}) is None
    assert settings({"RECONCILE_MODEL": "m"}) is None
    got = settings({"RECONCILE_MODEL": "m", "OPENAI_API_KEY": "sk-secret"})
    assert got is not None
    assert "sk-secret" not in repr(got)
