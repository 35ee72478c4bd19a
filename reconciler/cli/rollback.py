"""`reconcile rollback`: hold the scheduler at a revision, whatever git says meanwhile."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import click

from reconciler.cli.allowances import allowance_options
from reconciler.cli.console import note, say_json
from reconciler.cli.durations import DURATION
from reconciler.cli.once import once
from reconciler.cli.project import Project, project_options, user
from reconciler.cli.source import source_of
from reconciler.cli.sync import ask
from reconciler.engine.lease import holder
from reconciler.engine.records import Records
from reconciler.errors import UsageError
from reconciler.following import Allowances, Event, Pin
from reconciler.lockfile import instant_text
from reconciler.review.text import plural


@click.command("rollback")
@click.argument("revision", metavar="REV", required=False)
@click.option("--unpin", is_flag=True, help="Follow git again.")
@click.option("--for", "length", type=DURATION, help="Follow git again by itself after this long, such as 90m or 2d.")
@click.option("--reason", help="Why; shown in `status`.")
@allowance_options
@project_options
def command(
    project: Project,
    revision: str | None,
    unpin: bool,
    length: timedelta | None,
    reason: str | None,
    allowances: Allowances,
) -> None:
    """Pin the scheduler to what the lockfile was at REV, a commit, until it is unpinned.

    A daemon goes on fetching meanwhile and says how far git is, but applies nothing of it.
    """
    if unpin == (revision is not None):
        raise UsageError("name a revision, or --unpin", hint="`reconcile status` names the revisions applied lately")
    records = Records(project.state_dir)
    now, by = datetime.now(UTC), user()
    followed = records.followed()
    source = source_of(project, followed)
    if revision is None:
        if followed.pin is None:
            raise UsageError("nothing is pinned")
        records.pin(None, Event(now, "unpinned", f"no longer held at {followed.pin.revision[:10]}", actor=by))
    else:
        snapshot = source.at(source.resolve(revision))
        pin = Pin(snapshot.revision, by, now, reason, now + length if length else None)
        records.pin(pin, Event(now, "pinned", _said(pin), actor=by))
        if not project.json:
            note(f"{_said(pin)}: {plural(len(snapshot.lock.entries), 'schedule')}")
    if holder(project.state_dir) is None and source.place.kind == "git":
        note("no daemon is running; the next one begins with this")
        return
    if holder(project.state_dir) is None:
        once(project, allowances=allowances)
        return
    answer = ask(project, allowances, timedelta(seconds=60))
    if project.json:
        say_json({"format_version": "1.0", "sync": answer.sync, "message": answer.message, "revision": answer.revision})
    else:
        note(f"{answer.sync}: {answer.message}")
    sys.exit(answer.exit_code)


def _said(pin: Pin) -> str:
    until = f" until {instant_text(pin.until.replace(microsecond=0))}" if pin.until else ""
    reason = f" ({pin.reason})" if pin.reason else ""
    return f"held at {pin.revision[:10]}{until}{reason}"
