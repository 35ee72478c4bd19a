"""The document on where cron libraries differ is what its script finds today."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from docs.peers import CASES, DOCUMENT, PEERS, TEXTS, Case, document, our_reading, stock_reading, verdict

BY_TITLE = {case.title: case for case in CASES}


def test_the_document_is_what_the_script_writes_with_the_versions_it_names() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    if all(f"{name} {version(name)}" in text for name in PEERS):
        assert text == document(), "run `python -m docs.peers`"
    else:
        assert text.count("\n") == document().count("\n"), (
            "other versions are installed, and another document comes out"
        )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_this_project_is_right_in_every_case(case: Case) -> None:
    assert verdict(case, "this project").right


@pytest.mark.parametrize(
    "title",
    [
        "A Monday is lost in spring",
        "The 1st of April is lost",
        "01:30 happens twice",
        "Two schedules joined, in the hour that happens twice",
    ],
)
def test_what_the_document_warns_of_is_still_so(title: str) -> None:
    assert verdict(BY_TITLE[title], "apscheduler").summary.startswith("✗")


def test_what_is_dropped_in_silence_elsewhere_is_refused_here() -> None:
    for kwargs, _ in TEXTS[:8]:
        assert stock_reading(kwargs).startswith("accepted")
        assert our_reading(kwargs).startswith("refused")
