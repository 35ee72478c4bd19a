"""`reconcile diff`."""

from __future__ import annotations

import json
import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.console import note, paint_out, say
from reconciler.cli.inputs import NO_ZONE, instant_or_now
from reconciler.cli.project import Project, project_options
from reconciler.errors import InvalidInput, StoreFailed

if TYPE_CHECKING:
    from reconciler.model import Json
    from reconciler.review.changes import Report

_FORMATS = ("text", "markdown", "json", "github", "junit", "gitlab", "svg")
_CHANGES = 2
_RUNS = 5000


@click.command("diff")
@click.argument("base", required=False)
@click.argument("head", required=False)
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="What to print.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it to FILE.")
@click.option(
    "--from", "start", metavar="TIME", help="Count due times from here on, as 2026-03-01T00:00; else from now."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@project_options
def command(
    project: Project,
    base: str | None,
    head: str | None,
    form: str,
    output: Path | None,
    start: str | None,
    detailed_exitcode: bool,
) -> None:
    """Say what the lockfile's changes since BASE mean: what fires, when, who says so, and what to look at.

    BASE alone is compared with the files as they are, BASE and HEAD (or BASE..HEAD) with each other. Without
    either, it is where this branch left origin's default branch, or HEAD. Nothing is checked out or fetched.

    With --format github, the annotations are printed and the summary goes to FILE, else to the file that
    GITHUB_STEP_SUMMARY names.
    """
    from reconciler.cli.versions import both
    from reconciler.review.changes import compare
    from reconciler.sources.git_blobs import Repository, names_of

    now = instant_or_now(start, NO_ZONE)
    names = names_of(*(one for one in (base, head) if one is not None))
    repository = Repository(project.root)
    before, after = both(project, repository, names)
    report = compare(
        before, after, now=now, lock_name=project.lock_name, prefix=repository.prefix, usual=_usual(project)
    )
    form = "json" if project.json else form
    if form == "github":
        _github(report, output)
    elif output is not None:
        _write(output, _rendered(report, form, repository.prefix + project.lock_name, to_file=True))
    else:
        say(_rendered(report, form, repository.prefix + project.lock_name, to_file=False))
    if detailed_exitcode and not report.empty:
        sys.exit(_CHANGES)


def _rendered(report: Report, form: str, lock_file: str, *, to_file: bool) -> str:
    """Return *report* in the form *form*; what only one form needs is imported for that form."""
    match form:
        case "markdown":
            from reconciler.review.diff_markdown import diff_markdown

            return diff_markdown(report)
        case "json":
            from reconciler.review.diff_json import diff_json

            return _ascii(diff_json(report))
        case "junit":
            from reconciler.review.diff_junit import diff_junit

            return diff_junit(report)
        case "gitlab":
            from reconciler.review.diff_gitlab import diff_gitlab

            return _ascii(diff_gitlab(report, lock_file=lock_file))
        case "svg":
            from reconciler.review.diff_svg import diff_svg

            return diff_svg(report)
        case _:
            from reconciler.review.diff_text import diff_text
            from reconciler.review.text import Paint

            wide = shutil.get_terminal_size().columns if sys.stdout.isatty() and not to_file else None
            return diff_text(report, paint=Paint() if to_file else paint_out(), width=wide)


def _ascii(document: Json) -> str:
    """Return *document* as JSON that is safe to print in a log: ASCII, and no `##[` of a workflow command."""
    return json.dumps(document, indent=2).replace("##[", "#\\u0023[") + "\n"


def _github(report: Report, output: Path | None) -> None:
    """Print the annotations; the summary first, since it is all that a fork's run may show."""
    from reconciler.review.diff_github import diff_github
    from reconciler.review.diff_markdown import SUMMARY_BYTES, diff_markdown

    summary = diff_markdown(report, limit=SUMMARY_BYTES)
    named = os.environ.get("GITHUB_STEP_SUMMARY")
    if output is not None:
        _write(output, summary)
    elif named:
        _write(Path(named), summary, mode="a")
    else:
        say(summary)
    sys.stdout.write(diff_github(report))


def _write(path: Path, text: str, *, mode: str = "w") -> None:
    try:
        with path.open(mode, encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be written: {error.strerror}", hint="name another --output") from None


def _usual(project: Project) -> dict[str, timedelta]:
    """Return how long the runs of each schedule usually take, by the ledger here; nothing where there is none."""
    if not project.state_dir.is_dir():
        return {}
    from reconciler.engine.embedded import EmbeddedEngine

    try:
        runs = EmbeddedEngine(project.state_dir).runs(limit=_RUNS)
    except StoreFailed as error:
        note(f"the history of runs cannot be read, and is left out: {error}")
        return {}
    took: dict[str, list[timedelta]] = {}
    for run in runs:
        if run.started_at and run.finished_at:
            took.setdefault(run.job_id, []).append(run.finished_at - run.started_at)
    return {id: sorted(times)[len(times) // 2] for id, times in took.items()}
