"""docs/where-cron-libraries-differ.md is what the installed libraries answer, and its known faults still show."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs import peers
from docs.peer_answers import LIBRARIES, answer, right
from docs.peer_cases import CASES, DOUBLE_RUN, LOST_MONDAY, TRUNCATED, Case

REFUSED_BY_NAME = {
    "Weekdays by number, `1-5`",
    "`mon-fri/2`",
    "`mon wed fri`",
    "`last-3`",
    "`2nd fri and 4th fri`",
    "No fields at all",
    "30 February",
    "ISO week 53 in June",
}


def case(name: str) -> Case:
    return next(one for one in CASES if one.name == name)


def ids(one: Case) -> str:
    return re.sub(r"\W+", " ", one.name).strip()


def test_the_page_is_what_the_script_writes_with_the_versions_it_names() -> None:
    page = peers.TARGET.read_text(encoding="utf-8")
    if peers.versions() not in page:
        pytest.skip(f"the page is of other versions than {peers.versions()}")
    assert page == peers.document()


def test_every_link_in_the_page_leads_to_a_heading_of_it() -> None:
    page = peers.TARGET.read_text(encoding="utf-8")
    headings = re.findall(r"^#{2,3} (.*)", page, re.MULTILINE)
    anchors = [peers.anchor(heading) for heading in headings]
    assert len(set(anchors)) == len(anchors)
    linked = set(re.findall(r"\]\(#([^)]*)\)", page))
    assert {peers.anchor(one.name) for one in CASES} <= linked <= set(anchors)


@pytest.mark.parametrize("one", CASES, ids=ids)
def test_this_project_is_right_in_every_case_or_refuses_it_by_name(one: Case) -> None:
    given = answer("this project", one)
    if one.name in REFUSED_BY_NAME:
        assert given.verdict == "refuses"
        assert given.refusal
    else:
        assert given.verdict == "✓"
        assert given.fired == right(one) != ()


@pytest.mark.parametrize(
    ("name", "verdict"), [(LOST_MONDAY, "✗ lost 1"), (DOUBLE_RUN, "✗ 1 twice"), (TRUNCATED, "✗ lost 2")]
)
def test_the_faults_that_the_page_begins_with_still_show_in_apscheduler(name: str, verdict: str) -> None:
    assert answer("APScheduler", case(name)).verdict == verdict


@pytest.mark.parametrize("library", LIBRARIES)
def test_no_library_is_wrong_about_an_hourly_job(library: str) -> None:
    for name in ("Hourly, through the gap", "Hourly, through the overlap"):
        assert answer(library, case(name)).verdict == "✓"


def test_the_check_fails_for_a_page_that_is_missing_or_was_edited(tmp_path: Path) -> None:
    page = tmp_path / peers.TARGET.name
    assert peers.main(["--check"], page) == 1
    assert peers.main([], page) == 0
    assert peers.main(["--check"], page) == 0
    page.write_text(page.read_text(encoding="utf-8").replace("✗", "✓", 1), encoding="utf-8")
    assert peers.main(["--check"], page) == 1


def test_the_script_runs_from_anywhere_and_writes_nothing_for_an_option_it_does_not_know(tmp_path: Path) -> None:
    before = peers.TARGET.stat().st_mtime_ns
    script = [sys.executable, str(peers.TARGET.with_name("peers.py")), "--chek"]
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr == "usage: python docs/peers.py [--check]\n"
    assert peers.TARGET.stat().st_mtime_ns == before
