"""The forms of a diff: each can be read back, none lets through what people wrote, and none is too long."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from reconciler.cli.diff import _ascii
from reconciler.model import Evidence, LockEntry, Origin, RunSpec, Timing
from reconciler.review.change_notes import Note
from reconciler.review.changes import Report
from reconciler.review.concerns import Level
from reconciler.review.diff_github import diff_github
from reconciler.review.diff_gitlab import diff_gitlab
from reconciler.review.diff_json import diff_json
from reconciler.review.diff_junit import diff_junit
from reconciler.review.diff_markdown import COMMENT_BYTES, SUMMARY_BYTES, diff_markdown
from reconciler.review.diff_svg import diff_svg
from reconciler.review.diff_text import diff_text
from reconciler.review.escaping import code, for_log, html_code, prose
from reconciler.review.text import Paint
from reconciler.timing import month_days
from tests.builders import entry, timing
from tests.effort import examples
from tests.review.changing import report

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/diff.schema.json").read_text())
FORMS: dict[str, Callable[[Report], str]] = {
    "text": lambda found: diff_text(found, paint=Paint()),
    "narrow text": lambda found: diff_text(found, paint=Paint(), width=60),
    "markdown": diff_markdown,
    "json": lambda found: _ascii(diff_json(found)),
    "github": diff_github,
    "junit": diff_junit,
    "gitlab": lambda found: _ascii(diff_gitlab(found, lock_file="schedules/schedules.lock")),
    "svg": diff_svg,
}
HOSTILE = [
    "\n::error::owned", "::add-mask::x", "##[add-mask]x", "\r\n::stop-commands::t", "![x](http://e.example/p.png)",
    "<img src=x onerror=alert(1)>", "</code></details><script>alert(1)</script>", "@octocat", "a@b.example", "#123",
    "\x1b[2J\x1b]8;;http://e\x07", "\u202eevil\u2066", "`", "```\n", "`` ` ``", "|", "\\|", "\\", "<!--",
    "-->", "]]>", "&lt;", "http://e.example", "www.e.example", "[a](javascript:alert(1))", "**b**", "~~~", "$x$",
    "{{ x }}", "\x00", "\x85", "\ufffe",
    "%0A", "%", ",", ":", "# h", "- [ ] x", "---", "https://github.com/o/r/issues/1", "mailto:a@b.example", " ",
]  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8)), min_size=1, max_size=6).map("".join)


@cache
def markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")


def test_days_counted_within_the_month_are_shown_in_every_form_that_shows_fields() -> None:
    counted = Timing("Europe/Berlin", (month_days({"business_days": "-1", "hour": "17"}),))
    found = report([entry("a")], [entry("a", timing=counted)])
    kwargs = '{"business_days": "-1", "hour": "17", "minute": "0", "timezone": "Europe/Berlin"}'
    assert kwargs in FORMS["text"](found)
    assert "business_days" in FORMS["markdown"](found)
    shown = json.loads(FORMS["json"](found))
    assert list(Draft202012Validator(SCHEMA).iter_errors(shown)) == []
    (change,) = shown["changes"]
    assert (change["before"]["month_days"], change["after"]["cron"]) == ([], [])
    assert change["after"]["month_days"] == [{"business_days": "-1", "hour": "17", "minute": "0"}]
    assert "on the last business day of the month" in FORMS["svg"](found)


def hostile_report(text: str) -> Report:
    """Return a report in which *text* stands wherever people can write."""
    before = entry("a", when=(text,), means=text, evidence=Evidence.GRAMMAR)
    after = entry(
        "a",
        when=(text, text),
        means=f"{text}!",
        evidence=Evidence.MODEL,
        compiled_by=text,
        assumptions=(text,),
        conventions=((text, text),),
        timing=timing("UTC", hour="5"),
        run=RunSpec(command=(text, text), env=(text,)),
        description=text,
        owner=text,
        runbook=text,
        source=text,
    )
    found = report([before, entry("gone", when=(text,))], [after, entry("b", moved=text, when=(text,))])
    note = Note(Level.ERROR, "yaml", text, Origin(text, 1, 1), text)
    return replace(found, before=text, after=text, notes=(note,))


def active(text: str) -> list[str]:
    """Return what a host would act on in Markdown: links, images, headings, tags that are not ours, mentions."""
    found: list[str] = []
    for token in markdown().parse(text):
        parts = token.children or [token]
        inside = False
        for part in parts:
            if part.type in ("html_inline", "html_block"):
                inside = part.content == "<code>"
                rest = re.sub(r"</?(?:details|summary|code)>|<!-- reconcile:diff -->", "", part.content)
                found += re.findall(r"<[^ ].*", rest)
                text_there = re.sub(r"<code>.*?</code>", "", rest)
                found += re.findall(r"@\w+|://|www\.", text_there)
            elif part.type in ("link_open", "image", "hr", "heading_open", "s_open", "code_block", "blockquote_open"):
                if part.markup != "###":
                    found.append(part.type)
            elif part.type == "text" and not inside:
                found += re.findall(r"@\w+|://|www\.|#\d+|mailto:", part.content)
    return found


@settings(max_examples=40, deadline=None)
@given(TEXTS)
@pytest.mark.parametrize("form", FORMS)
def test_nothing_that_does_not_print_and_no_workflow_command_is_let_through(form: str, text: str) -> None:
    out = FORMS[form](hostile_report(text))
    assert all(char.isprintable() for char in out.replace("\n", ""))
    assert "##[" not in out
    commands = [line for line in out.splitlines() if line.lstrip().startswith("::")]
    if form == "github":
        assert all(
            re.match(r"::(error|warning|notice) (file=[^:,]*,line=\d+,col=\d+,)?title=[^:,]*::", one)
            for one in commands
        )
        assert commands == out.splitlines()
    else:
        assert commands == []


@settings(max_examples=examples(120), deadline=None)
@given(TEXTS)
def test_markdown_shows_what_people_wrote_as_code_and_nothing_else(text: str) -> None:
    out = diff_markdown(hostile_report(text))
    assert active(out) == []
    rows = [line for line in out.splitlines() if line.startswith("|")]
    tables = [token for token in markdown().parse(out) if token.type == "tr_open"]
    assert len(rows) == len(tables) + 1
    cells = [token for token in markdown().parse(out) if token.type in ("td_open", "th_open")]
    assert len(cells) == 6 * len(tables)
    lines = out.splitlines()
    assert lines.count("</details>") == sum(1 for line in lines if line.startswith("<details>")) == 3
    fences = [token for token in markdown().parse(out) if token.type == "fence"]
    assert len(fences) == 3
    assert all(json.loads(line[2:]) for token in fences for line in token.content.splitlines())


@pytest.mark.parametrize("text", ["@octocat", "![x](y)", "<b>", "https://e.example", "# h", "a@b.example", "##[x]"])
def test_the_check_of_markdown_finds_what_is_active(text: str) -> None:
    bare = f"{text} http://e.example" if text == "##[x]" else text
    assert active(bare) != []
    for escape in (code, html_code, prose):
        assert active(f"x {escape(text)}") == []


ASSUMED = '"stocks mover ingest lambda" is read as what is run'


@pytest.mark.parametrize(
    "form", [form for form in FORMS if form != "svg"]
)  # a picture of fire times has no room for reasons
def test_what_was_taken_for_granted_is_said_once_to_the_reviewer(form: str) -> None:
    def shown(before: list[LockEntry], after: LockEntry) -> bool:
        out = re.sub(r"\s+", " ", FORMS[form](report(before, [after])))
        quoted = re.sub(r"\\*(?:\"|&quot;)|%22|`", "", out)
        return f"taken for granted: {ASSUMED}".replace('"', "") in quoted

    plain, assuming = entry("a"), entry("a", assumptions=(ASSUMED,))
    assert shown([], assuming), "a new schedule"
    assert shown([plain], replace(assuming, when=("stocks mover ingest lambda weekdays at 9",))), "a changed one"
    assert not shown([assuming], replace(assuming, owner="somebody")), "what was agreed to before"
    assert not shown([], plain)


@settings(max_examples=40, deadline=None)
@given(TEXTS)
def test_what_is_meant_for_programs_can_be_read_back(text: str) -> None:
    found = hostile_report(text)
    document = json.loads(FORMS["json"](found))
    assert document == json.loads(json.dumps(diff_json(found)))
    Draft202012Validator(SCHEMA).validate(document)
    assert document["changes"][0]["before"]["when"] == [text] or document["changes"][0]["id"] != "a"
    for name in ("junit", "svg"):
        assert ET.fromstring(FORMS[name](found)).tag.endswith(("testsuites", "svg"))
    for one in json.loads(FORMS["gitlab"](found)):
        assert set(one) >= {"description", "check_name", "fingerprint", "severity", "location"}


def test_the_schema_refuses_what_is_not_a_report() -> None:
    document: Any = diff_json(report([entry("a")], [entry("a", timing=timing(hour="4"))]))
    Draft202012Validator.check_schema(SCHEMA)
    assert Draft202012Validator(SCHEMA).is_valid(document)
    del document["changes"][0]["before"]["means"]
    assert not Draft202012Validator(SCHEMA).is_valid(document)


def test_svg_has_no_script_and_loads_nothing() -> None:
    root = ET.fromstring(diff_svg(hostile_report("<script>alert(1)</script>")))
    names = {element.tag.partition("}")[2] for element in root.iter()}
    assert names == {"svg", "title", "style", "rect", "text", "line", "path"}
    assert not any("href" in name or name.startswith("on") for element in root.iter() for name in element.attrib)


def test_svg_draws_a_tick_for_each_fire_of_the_week_before_and_after() -> None:
    found = report([entry("a")], [entry("a", timing=timing(hour="4"))])
    paths = {path.get("class"): path.get("d") for path in ET.fromstring(diff_svg(found)).iter() if path.get("d")}
    assert {name: str(ticks).count("M") for name, ticks in paths.items()} == {"b": 5, "a": 7}


def test_annotations_are_ten_of_a_kind_at_the_most_errors_first_and_the_rest_counted() -> None:
    changed = [entry(f"job-{at:02}", timing=timing("UTC", day="31", hour=str(at))) for at in range(15)]
    found = replace(report([], changed), notes=(Note(Level.NOTICE, "n", "n"), Note(Level.ERROR, "e", "e")))
    lines = diff_github(found).splitlines()
    assert [line.split()[0] for line in lines] == ["::error", *["::warning"] * 10, "::notice"]
    assert lines[10] == "::warning title=more::6 more of this kind are in the summary, job-09: short-month first"


def test_annotations_escape_by_the_rules_of_the_host() -> None:
    note = Note(Level.ERROR, "c", "100% of a:b,c", Origin("a,b:c%.yaml", 3, 7))
    line = diff_github(replace(report([], []), notes=(note,)))
    assert line == "::error file=a%2Cb%3Ac%25.yaml,line=3,col=7,title=c::100%25 of a:b,c\n"


def many(count: int, hour: str) -> list[LockEntry]:
    return [
        entry(f"job-{at:05}", when=("x" * 200,), timing=timing("UTC", day="31", hour=hour, minute=str(at % 60)))
        for at in range(count)
    ]


@pytest.mark.parametrize("limit", [COMMENT_BYTES, SUMMARY_BYTES])
def test_a_huge_change_is_cut_by_name_and_count(limit: int) -> None:
    out = diff_markdown(report(many(1500, "4"), many(1500, "5")), limit=limit)
    assert len(out.encode()) <= limit
    assert "### 1,500 need a look · runs/week" in out
    if limit == COMMENT_BYTES:
        cut = re.search(r"\*\*([\d,]+) more changed\*\*: `job-\d+`, .* and ([\d,]+) more", out)
        assert cut is not None
        rows = sum(1 for line in out.splitlines() if line.startswith("| ✏️"))
        assert rows + int(cut[1].replace(",", "")) == 1500
        assert "are left out here for their size" in out


def test_the_verdict_is_the_first_line_of_text_and_the_summary_of_markdown() -> None:
    found = report([entry("a")], [entry("a", timing=timing(hour="2", minute="30"))])
    told = "1 needs a look · runs/week 5 → 7 (+2)"
    assert diff_text(found, paint=Paint()).splitlines()[0] == told
    assert diff_markdown(found).splitlines()[1] == f"### {told}"


def test_text_keeps_to_the_width_of_the_terminal_and_is_coloured_when_wanted() -> None:
    found = report([entry("a")], [entry("a", timing=timing(hour="2", minute="30"))])
    assert max(map(len, diff_text(found, paint=Paint(), width=60).splitlines())) <= 60
    coloured = diff_text(found, paint=Paint(enabled=True))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == diff_text(found, paint=Paint())


def test_a_log_line_cannot_hold_a_command_of_the_older_form() -> None:
    assert for_log("x ##[error]y") == "x #\\x23[error]y"
