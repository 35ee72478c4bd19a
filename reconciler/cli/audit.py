"""`reconcile audit`."""

from __future__ import annotations

import sys

import click

from reconciler.cli.console import paint_out, say, say_json
from reconciler.cli.project import Project, project_options
from reconciler.engine.auditing import audit_ledger
from reconciler.errors import StoreFailed
from reconciler.review.audit import audit_json, audit_text


@click.command("audit")
@project_options
def command(project: Project) -> None:
    """Hold the history of runs against every due time: each must have exactly one run, or a miss with its reason.

    The due times are worked out once more from what the ledger says each job was due by, and from when on.
    Exit code 6 if one is silent (due, and no run) or doubled (a run too many).
    """
    audit = audit_ledger(project.state_dir)
    if project.json:
        say_json(audit_json(audit))
    else:
        say(audit_text(audit, paint_out()))
    if not audit.clean:
        sys.exit(StoreFailed.exit_code)
