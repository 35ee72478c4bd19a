"""`reconcile sync`: ask the running daemon to look now, and say how that ended."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import click

from reconciler.cli.allowances import allowance_options
from reconciler.cli.console import note, paint_out, say, say_json
from reconciler.cli.durations import DURATION
from reconciler.cli.project import Project, project_options, user
from reconciler.durations import format_duration
from reconciler.engine.lease import holder
from reconciler.engine.records import Records
from reconciler.errors import ReconcileError
from reconciler.following import PATIENCE, Allowances, Answer, Order
from reconciler.review.text import safe

_EVERY = 0.1
_IN_VAIN = 2


@click.command("sync")
@allowance_options
@click.option("--allow-rewind", "rewind", metavar="REV", help="Take this commit though history was rewritten.")
@click.option("--timeout", type=DURATION, default="60s", show_default=True, help="How long to wait for the answer.")
@project_options
def command(project: Project, allowances: Allowances, rewind: str | None, timeout: timedelta) -> None:
    """Let the daemon fetch and apply now instead of at its next interval.

    What is allowed here holds for this one look. Exit code 2 if the daemon does not answer in time.
    """
    answer = ask(project, replace(allowances, rewind=rewind), timeout)
    if project.json:
        say_json({"format_version": "1.0", "sync": answer.sync, "message": answer.message, "revision": answer.revision})
    else:
        colour = "green" if answer.sync == "Synced" else "red"
        say(f"{paint_out()(answer.sync, colour, 'bold')}: {safe(answer.message)}")
    sys.exit(answer.exit_code)


def ask(project: Project, allowances: Allowances, timeout: timedelta) -> Answer:
    """Return the daemon's answer to the order to look now; exit with 2 if there is none within *timeout*.

    What is allowed is withdrawn then: nobody is there any more to see what became of it.
    """
    records = Records(project.state_dir)
    order = Order(uuid4().hex, datetime.now(UTC), user(), allowances)
    deadline = time.monotonic() + min(timeout, PATIENCE).total_seconds()
    asked = False
    try:
        while time.monotonic() < deadline:
            if holder(project.state_dir) is None:
                raise _nobody()
            asked = asked or records.ask(order)
            answer = records.answered(order.id)
            if answer is not None:
                return answer
            time.sleep(_EVERY)
    except BaseException:
        records.withdraw(order.id)
        raise
    records.withdraw(order.id)
    note(f"the daemon did not answer within {format_duration(timeout)}; `reconcile status` tells how things stand")
    sys.exit(_IN_VAIN)


def _nobody() -> ReconcileError:
    hint = "`reconcile serve` runs one; `reconcile` applies the lockfile once"
    return ReconcileError("no daemon is running here", hint=hint)
