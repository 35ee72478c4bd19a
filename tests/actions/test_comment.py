"""The comment action against a server that answers as GitHub's API does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.runner import Ran, Runner
from tests.servers.github_server import BOT, GitHub, serving

EVENT = {"pull_request": {"number": 7}}
MARK = "<!-- reconcile: review of schedules -->"


@pytest.fixture
def hub() -> Iterator[GitHub]:
    with serving() as found:
        yield found


def comment(hub: GitHub, here: Path, text: str, event: dict[str, object] = EVENT) -> Ran:
    (here / "report").mkdir(exist_ok=True)
    (here / "report" / "report.md").write_text(text)
    return Runner(here, here, {"GITHUB_API_URL": hub.url}).run("comment", event, report="report")


def test_the_first_report_is_a_comment_and_the_next_takes_its_place(hub: GitHub, tmp_path: Path) -> None:
    hub.add("reviewer", "looks good")
    assert comment(hub, tmp_path, "one").code == 0
    assert comment(hub, tmp_path, "two").code == 0
    assert [one["body"] for one in hub.comments] == ["looks good", f"{MARK}\ntwo"]
    assert hub.tokens == {"Bearer token-of-the-job"}


def test_the_same_report_writes_nothing(hub: GitHub, tmp_path: Path) -> None:
    comment(hub, tmp_path, "one")
    hub.asked.clear()
    assert "says this already" in comment(hub, tmp_path, "one").log
    assert hub.asked == ["GET /repos/owner/project/issues/7/comments"]


def test_a_comment_that_pastes_the_mark_is_left_alone(hub: GitHub, tmp_path: Path) -> None:
    hub.add("stranger", f"{MARK}\nmine")
    hub.add(BOT, "another tool quotes: " + MARK)
    comment(hub, tmp_path, "one")
    assert hub.comments[0]["body"] == f"{MARK}\nmine"
    assert len(hub.comments) == 3


def test_the_comment_is_found_on_a_later_page(hub: GitHub, tmp_path: Path) -> None:
    for number in range(230):
        hub.add(BOT if number == 205 else "somebody", MARK if number == 205 else "x")
    comment(hub, tmp_path, "one")
    assert hub.comments[205]["body"] == f"{MARK}\none"
    assert len(hub.comments) == 230


def test_a_token_that_cannot_write_is_no_failure(hub: GitHub, tmp_path: Path) -> None:
    hub.writable = False
    ran = comment(hub, tmp_path, "one")
    assert ran.code == 0
    assert [(name, text) for name, _, text in ran.commands] == [
        ("notice", "The token may not comment (HTTP 403): see the summary instead.")
    ]


def test_a_pull_request_that_changes_no_schedule_gets_no_comment(hub: GitHub, tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "unchanged").touch()
    assert "no comment" in comment(hub, tmp_path, "nothing").log
    assert hub.comments == []
    (tmp_path / "report" / "unchanged").unlink()
    comment(hub, tmp_path, "something")
    (tmp_path / "report" / "unchanged").touch()
    comment(hub, tmp_path, "nothing any more")
    assert [one["body"] for one in hub.comments] == [f"{MARK}\nnothing any more"]


def test_another_failure_is_one(tmp_path: Path) -> None:
    assert comment(GitHub(url="http://127.0.0.1:9"), tmp_path, "one").code == 1


def test_a_report_beyond_what_a_comment_may_hold_is_pointed_to(hub: GitHub, tmp_path: Path) -> None:
    comment(hub, tmp_path, "x" * 70_000)
    assert hub.comments[0]["body"].startswith(MARK)
    assert "in the summary" in hub.comments[0]["body"]


def test_without_a_pull_request_there_is_nothing_to_do(hub: GitHub, tmp_path: Path) -> None:
    assert comment(hub, tmp_path, "one", {"before": "x"}).code == 0
    assert hub.asked == []
