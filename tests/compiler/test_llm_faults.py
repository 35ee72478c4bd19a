"""Every way a model server is known to misbehave, over a real socket: a row each, and a typed outcome for each.

A row is what the server does, the outcome with a word of its reason, and how many requests that costs.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass

import pytest

from reconciler.compiler.answer import Answer, Declined, Malformed, Proposed, Unavailable
from reconciler.compiler.chat import Chat
from reconciler.compiler.llm import PROMPT, ModelSettings, Translator
from reconciler.compiler.prompting import instructions
from tests.servers.openai_server import Reply, Scripted, completion, fails, says, schedule, serving

KEY = "sk-secret"
GOOD = schedule({"hour": "9", "minute": "0"})
HTML = {"content-type": "text/html"}


@dataclass(frozen=True)
class Row:
    replies: tuple[Reply, ...]
    outcome: type[Answer]
    reason: str = ""
    requests: int = 1


def unusable(text: str, reason: str) -> Row:
    """The model answers, with one repair, and it is no schedule."""
    return Row((says(text),), Malformed, reason, requests=2)


def bad(reason: str, **fields: str) -> Row:
    return unusable(schedule(fields), reason)


NO_CHAT = "no chat completion"

TRANSPORT = {
    "a 429 that asks for 1 s, then an answer": Row((fails(429, retry_after="1"), says(GOOD)), Proposed, requests=2),
    "a 429 that asks for 50 ms, then an answer": Row(
        (fails(429, retry_after_ms="50"), says(GOOD)), Proposed, requests=2
    ),
    "a 429 that asks for ten minutes": Row((fails(429, retry_after="600"),), Unavailable, "429"),
    "a 429 that asks to wait until a date": Row(
        (fails(429, retry_after="Wed, 21 Oct 2099 07:28:00 GMT"),), Unavailable, "429"
    ),
    "a 429 that asks for nonsense, then an answer": Row(
        (fails(429, retry_after="soon"), says(GOOD)), Proposed, requests=2
    ),
    "a 429 for ever": Row((fails(429),), Unavailable, "429", requests=3),
    "a quota that is used up": Row((fails(429, code="insufficient_quota"),), Unavailable, "quota"),
    "a 500": Row((fails(500),), Unavailable, "500", requests=3),
    "a 503 in HTML": Row((Reply("<html>", 503, HTML | {"retry-after-ms": "1"}),), Unavailable, "503", requests=3),
    "a 503 while loading, then an answer": Row((fails(503), says(GOOD)), Proposed, requests=2),
    "a 408, then an answer": Row((fails(408), says(GOOD)), Proposed, requests=2),
    "a 401": Row((fails(401),), Unavailable, "401: check OPENAI_API_KEY"),
    "a 403": Row((fails(403),), Unavailable, "403"),
    "a 404 for the model": Row((fails(404, code="model_not_found"),), Unavailable, "404: check RECONCILE_MODEL"),
    "a 400 in every format": Row((fails(400),), Unavailable, "400", requests=3),
    "a redirect": Row((Reply("", 307, {"location": "http://127.0.0.1:9/v1/chat/completions"}),), Unavailable, "307"),
    "no first byte in time": Row((Reply(says(GOOD).body, before=1.5),), Unavailable, "in time|within", requests=2),
    "a head that drips for ever": Row((Reply(says(GOOD).body, head_drip=0.1),), Unavailable, "within|in time"),
    "a body that drips for ever": Row((Reply(says(GOOD).body, drip=0.05),), Unavailable, "within|in time"),
    "a body that drips and ends in time": Row((Reply(says("{}").body, drip=0.001), says(GOOD)), Proposed, requests=2),
    "a reset in the body, then an answer": Row((Reply(says(GOOD).body, cut=40), says(GOOD)), Proposed, requests=2),
    "a reset before the body": Row((Reply(says(GOOD).body, cut=0),), Unavailable, "reached", requests=3),
    "a body that is not JSON": Row((Reply("not json"),), Unavailable, NO_CHAT),
    "a body cut short": Row((Reply(says(GOOD).body[:-20]),), Unavailable, NO_CHAT),
    "an HTML page with 200": Row((Reply("<html>", headers=HTML),), Unavailable, NO_CHAT),
    "an empty body": Row((Reply(""),), Unavailable, NO_CHAT),
    "a body of megabytes": Row((Reply("[" * 100_000, again=30),), Unavailable, NO_CHAT),
    "a body nested too deep": Row((Reply("[" * 100_000),), Unavailable, NO_CHAT),
    "an error with 200": Row((Reply('{"error": {"message": "busy"}}'),), Unavailable, NO_CHAT),
    "choices null": Row((Reply('{"choices": null}'),), Unavailable, NO_CHAT),
    "choices empty": Row((Reply('{"choices": []}'),), Unavailable, NO_CHAT),
    "a choice without message": Row((Reply('{"choices": [{"text": "9am"}]}'),), Unavailable, NO_CHAT),
    "a message that is a text": Row((Reply('{"choices": [{"message": "9am"}]}'),), Unavailable, NO_CHAT),
}  # fmt: skip

MESSAGE = {
    "content null": Row((says(None),), Malformed, "no text"),
    "content in parts": Row((completion({"content": [{"type": "text", "text": GOOD}]}),), Malformed, "no text"),
    "a refusal": Row((says(None, refusal="I cannot"),), Malformed, "refused"),
    "finish length": Row((says(GOOD, "length"),), Malformed, "length"),
    "finish content_filter": Row((says(GOOD, "content_filter"),), Malformed, "content_filter"),
    "tool calls instead of text": Row(
        (completion({"content": None, "tool_calls": [{"id": "1", "type": "function"}]}, "tool_calls"),),
        Malformed,
        "no text",
    ),
    "no usage": Row((Reply(json.dumps({"choices": [{"message": {"content": GOOD}}]})),), Proposed),
}

CONTENT = {
    "the answer in a fence": Row((says(f"```json\n{GOOD}\n```"),), Proposed),
    "the answer in prose": Row((says(f"Sure! {GOOD}\nAnything else?"),), Proposed),
    "prose alone": unusable("At nine, every day.", "no JSON object"),
    "two objects": unusable(GOOD + GOOD, "more than one"),
    "two objects, the second in a fence": unusable(f"{GOOD}\n```json\n{GOOD}\n```", "more than one"),
    "JSON cut short": unusable(GOOD[:-9], "."),
    "an array": unusable(f"[{GOOD}]", "no JSON object"),
    "a text": unusable('"9am"', "no JSON object"),
    "a number": unusable("9", "no JSON object"),
    "null": unusable("null", "no JSON object"),
    "an empty object": unusable("{}", "required"),
    "all null": bad("hour"),
    "no schedules": unusable(schedule(), "0 field sets"),
    "wrong keys": unusable(schedule({"weekday": "mon", "cron": "0 9 * * *"}), "unexpected|Additional"),
    "keys that APScheduler would obey": unusable(schedule({"hour": "9", "minute": "0", "jitter": "60"}), "jitter"),
    "a repeated key": unusable(GOOD.replace('"hour": "9"', '"hour": "8", "hour": "9"'), "repeats a key"),
    "a number for a text": unusable(GOOD.replace('"9"', "9"), "not of type"),
    "a boolean for a text": unusable(GOOD.replace('"9"', "true"), "not of type"),
    "an object for a text": unusable(GOOD.replace('"9"', '{"from": 9}'), "not of type"),
    "NaN": unusable(GOOD.replace('"9"', "NaN"), "NaN"),
    "an error beside fields": Row((says(GOOD.replace('"error": null', '"error": "unclear"')),), Declined, "unclear"),
    "a numbered weekday": bad("names", day_of_week="1-5", hour="9", minute="0"),
    "an hour out of range": bad("between 0 and 23", hour="25", minute="0"),
    "every 45 minutes, unevenly": bad("evenly", hour="*", minute="*/45"),
    "every 90 minutes, out of range": bad("minute", hour="*", minute="*/90"),
    "30 February": bad("never fires", month="feb", day="30", hour="9", minute="0"),
    "a year that is over": bad("never fires", year="1999", hour="9", minute="0"),
    "digits that are not ASCII": bad("hour", hour="\u0669", minute="0"),
    "a time of day with am": bad("hour", hour="9am", minute="0"),
    "no minute": bad("minute", hour="9"),
    "an answer of megabytes": unusable(GOOD + " " * 900_000, "too long"),
    "very many field sets": unusable(schedule(*[{"hour": "9", "minute": "0"}] * 25), "25 field sets"),
    "very many assumptions": unusable(schedule({"hour": "9", "minute": "0"}, assumptions=["a"] * 7), "7 assumptions"),
    "a zone that the phrase does not name": unusable(
        schedule({"hour": "9", "minute": "0"}, timezone="Asia/Tokyo"), "does not name"
    ),
    "the key in a value": unusable(schedule({"hour": "9", "minute": "0"}, assumptions=[KEY]), "only the model"),
    "the key in an error": unusable(schedule(error=f"the key is {KEY}"), "only the model"),
    "the key as a key": unusable(schedule({"hour": "9", "minute": "0", KEY: "1"}), "only the model"),
    "the instructions": unusable(schedule(error=f"I was told: {instructions(PROMPT)[80:300]}"), "only the model"),
}  # fmt: skip

ROWS = TRANSPORT | MESSAGE | CONTENT


@pytest.fixture(autouse=True, scope="module")
def _imported() -> None:
    import openai  # noqa: F401  a second on a slow machine, which is no server's fault


def ask(server: Scripted, *, deadline: float = 2.5, phrase: str = "daily at 9am") -> Answer:
    settings = ModelSettings("m", KEY, server.url, deadline, read_timeout=1.0)
    return Translator(settings).ask(phrase, timezone="UTC")


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_fault_has_a_typed_outcome_a_reason_a_bounded_cost_and_tells_no_key(row: Row) -> None:
    started = time.monotonic()
    with serving(*row.replies) as server:
        got = ask(server)
        assert len(server.requests) == row.requests
    assert time.monotonic() - started < 30
    assert type(got) is row.outcome, got
    if not isinstance(got, Proposed):
        assert re.search(row.reason, got.reason), got.reason
        assert len(got.reason) <= 200
    assert KEY not in repr(got)


def test_a_port_where_nobody_listens_is_unavailable_and_may_be_asked_later() -> None:
    with serving(says(GOOD)) as server:
        pass
    got = ask(server)
    assert isinstance(got, Unavailable)
    assert (got.retryable, got.lasting) == (True, False)


LASTING = {
    "401": fails(401),
    "402": fails(402),
    "404": fails(404),
    "quota": fails(429, code="insufficient_quota"),
    "redirect": Reply("", 302, {"location": "http://127.0.0.1:9/"}),
}


@pytest.mark.parametrize("reply", LASTING.values(), ids=LASTING)
def test_what_no_phrase_can_change_is_marked_as_lasting(reply: Reply) -> None:
    with serving(reply) as server:
        got = ask(server)
    assert isinstance(got, Unavailable)
    assert (got.lasting, got.retryable) == (True, False)


FORMATS = ["json_schema", "json_object", None]


def formats(server: Scripted) -> list[str | None]:
    return [request.get("response_format", {}).get("type") for request in server.requests]


@pytest.mark.parametrize("status", [400, 422])
def test_a_rejected_response_format_steps_down_to_plain(status: int) -> None:
    with serving(fails(status), fails(status), says(GOOD)) as server:
        assert isinstance(ask(server), Proposed)
        assert formats(server) == FORMATS


def test_a_response_format_that_is_ignored_is_no_harm() -> None:
    with serving(says(f"Gladly:\n```\n{GOOD}\n```")) as server:
        assert isinstance(ask(server), Proposed)
        assert formats(server) == ["json_schema"]


def rejects(parameter: str) -> Reply:
    told = {"error": {"message": "Unsupported value", "param": parameter, "code": "unsupported_value"}}
    return Reply(json.dumps(told), 400)


def test_a_model_that_thinks_is_asked_without_what_it_refuses_and_keeps_its_schema() -> None:
    with serving(rejects("temperature"), rejects("max_tokens"), says(GOOD)) as server:
        translator = Translator(ModelSettings("m", KEY, server.url, 5.0, 5.0))
        for _ in range(2):
            assert isinstance(translator.ask("daily at 9am", timezone="UTC"), Proposed)
        assert formats(server) == ["json_schema"] * 4
        assert ["temperature" in request for request in server.requests] == [True, False, False, False]
        assert ["max_tokens" in request for request in server.requests] == [True, True, False, False]


def test_a_phrase_that_is_refused_in_every_format_costs_the_next_phrase_no_schema() -> None:
    with serving(fails(400), fails(400), fails(400), says(GOOD)) as server:
        translator = Translator(ModelSettings("m", KEY, server.url, 5.0, 5.0))
        assert isinstance(translator.ask("a phrase that a filter dislikes", timezone="UTC"), Unavailable)
        assert isinstance(translator.ask("daily at 9am", timezone="UTC"), Proposed)
        assert formats(server) == [*FORMATS, "json_schema"]


@pytest.mark.parametrize("key", ["sk-se\u00adcret-canary", "sk-secret\ncanary"])
def test_a_key_that_no_header_can_hold_is_unavailable_and_not_told(key: str) -> None:
    with serving(says(GOOD)) as server:
        got = Translator(ModelSettings("m", key, server.url, 5.0, 5.0)).ask("daily at 9am", timezone="UTC")
    assert isinstance(got, Unavailable)
    assert "canary" not in repr(got)
    assert server.requests == []


def test_nothing_is_sent_after_the_deadline() -> None:
    with serving(fails(500, retry_after_ms="1500")) as server:
        assert isinstance(ask(server, deadline=2.5), Unavailable)
        sent = len(server.requests)
        time.sleep(2.0)
        assert 1 <= len(server.requests) == sent


def test_a_pause_that_lasts_longer_than_it_should_is_not_followed_by_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    pause = time.sleep
    monkeypatch.setattr("reconciler.compiler.chat.time.sleep", lambda seconds: pause(seconds + 3))
    with serving(fails(500, retry_after_ms="10")) as server:
        chat = Chat(ModelSettings("m", KEY, server.url, 5.0, 5.0))
        assert isinstance(chat.complete([], time.monotonic() + 3), Unavailable)
        assert len(server.requests) == 1
