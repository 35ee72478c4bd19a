"""The command line. Each command lives in a module of its own name, imported when it is called."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import click

from reconciler.cli.allowances import allowance_options
from reconciler.cli.project import Project, project_options

if TYPE_CHECKING:
    from reconciler.following import Allowances

_COMMANDS = {
    "init": "a starter schedules/ folder, ready to compile",
    "compile": "phrases in YAML to a lockfile; --check says whether it is fresh",
    "explain": "one phrase to cron, English and its next due times",
    "merge-lock": "merge two lockfiles by entry; what git calls after `init --git`",
    "schema": "the JSON Schema of the YAML, with this project's own names",
    "eval": "score phrases whose meaning is known: right, refused, wrong",
    "diff": "what a change of the lockfile means: fire times, load, what to look at",
    "serve": "keep the scheduler in sync with the lockfile, and run the jobs",
    "sync": "let the daemon fetch and apply now; allow what it refused",
    "rollback": "hold the scheduler at an earlier revision, until unpinned",
    "status": "what is in sync, what is healthy, what comes next",
    "wait": "wait until the scheduler is in sync, or healthy",
    "history": "what ran, what failed, what was missed and why",
    "events": "what was done to the scheduler, when and by whom",
    "logs": "the output of one run",
    "audit": "whether every due time has exactly one run",
    "run": "run a job now, outside its schedule",
    "pause": "hold a job's due times back until it is resumed",
    "resume": "end a pause",
}


class _Commands(click.Group):
    """A group that knows its commands by name and one line, and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"reconciler.cli.{cmd_name.replace('-', '_')}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _COMMANDS and not args[0].startswith("-"):
            raise click.exceptions.NoSuchCommand(args[0], possibilities=_COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 ok, 2 changes pending, 3 invalid input, 4 lock stale or corrupt, 5 open questions, "
    "6 store failed, 7 source failed, 8 already running, 9 refused by a guard, 64 usage.",
)
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
@click.option("--detailed-exitcode", is_flag=True, help="With --dry-run: exit 2 when changes are pending.")
@allowance_options
@click.option("--adopt", multiple=True, metavar="ID", help="Take over a job that something else made.")
@click.option("--plan-digest", metavar="DIGEST", help="Apply only the plan with this digest.")
@click.option("--version", is_flag=True, help="Print versions and exit.")
@project_options
@click.pass_context
def command(
    ctx: click.Context,
    project: Project,
    dry_run: bool,
    detailed_exitcode: bool,
    allowances: Allowances,
    adopt: Sequence[str],
    plan_digest: str | None,
    version: bool,
) -> None:
    """Make the scheduler match the lockfile.

    Schedules are written in plain English in DIR/schedules/*.yaml, compiled to DIR/schedules/schedules.lock
    by `reconcile compile`, and applied by `reconcile` or, continuously, by `reconcile serve`.
    """
    if version:
        from reconciler.cli.version import version_text

        click.echo(version_text())
    elif ctx.invoked_subcommand is None:
        from reconciler.cli.once import once

        once(
            project,
            allowances=allowances,
            dry_run=dry_run,
            detailed_exitcode=detailed_exitcode,
            adopt=frozenset(adopt),
            plan_digest=plan_digest,
        )


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the code that `errors` and the design's table give."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without UTF-8 is no reason to fail
    gc.disable()  # most commands end before collecting would pay; the ones that stay enable it
    try:
        status = command.main(arguments, prog_name="reconcile", standalone_mode=False)
        sys.stdout.flush()
        code = status if isinstance(status, int) else 0
    except BrokenPipeError:
        # the reader (`| head`) has seen enough; keep the interpreter from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        code = 130
    except Exception as error:  # the edge: every failure becomes a message and an exit code
        from reconciler.cli.console import report

        code = report(error, arguments)
    gc.freeze()  # the collection at exit would look through everything once more
    sys.exit(code)
