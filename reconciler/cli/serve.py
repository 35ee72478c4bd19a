"""`reconcile serve`."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import click

from reconciler.cli.durations import DURATION
from reconciler.cli.git_options import GitOptions, git_options
from reconciler.cli.project import Project, project_options
from reconciler.daemon import Daemon, Settings
from reconciler.engine.process_tree import FAMILY
from reconciler.engine.service import EngineService
from reconciler.errors import UsageError
from reconciler.sources.followers import Follower
from reconciler.steering import Healing

log = logging.getLogger("reconcile")


@click.command("serve")
@click.option("--compile", "compiling", is_flag=True, help="Also keep the lockfile fresh as YAML files are saved.")
@click.option("--for", "length", type=DURATION, help="Stop by itself after this long, such as 30s.")
@click.option("--grace", type=DURATION, default="30s", show_default=True, help="How long running jobs get at the end.")
@click.option("--heal/--no-heal", default=True, show_default=True, help="Undo what was changed outside git.")
@click.option("--heal-after", type=DURATION, default="5s", show_default=True, help="How long that is only reported.")
@git_options
@project_options
def command(
    project: Project,
    compiling: bool,
    length: timedelta | None,
    grace: timedelta,
    heal: bool,
    heal_after: timedelta,
    git: GitOptions,
) -> None:
    """Keep the scheduler in sync with the lockfile and run the jobs, until SIGINT or SIGTERM.

    With --git, the lockfile is that of a branch, fetched again and again; without, that of this directory. Jobs run in
    this directory either way. A second signal ends running jobs at once; the exit code is then 128 and its number.
    SIGHUP: look again.
    """
    if compiling and git.url is not None:
        raise UsageError("--compile is for the files of this directory, which --git does not read")
    gc.enable()
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S", level=logging.INFO)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    settings = Settings(
        project.state_dir, grace, Healing(heal_after if heal else None), webhook=git.listening(os.environ)
    )
    follower = git.follower(project, os.environ)
    with _compiler(project, enabled=compiling):
        code = asyncio.run(_serve(project, settings, follower, length))
    sys.exit(code)


async def _serve(project: Project, settings: Settings, follower: Follower, length: timedelta | None) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    forced: list[int] = []
    daemon = Daemon(settings, EngineService(project.state_dir, project.root.absolute()), follower)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, stop, daemon, number, forced)
    loop.add_signal_handler(signal.SIGHUP, daemon.look_again)
    if length is not None:
        loop.call_later(length.total_seconds(), stop.set)
    with FAMILY.adopting() as adopts:
        if not adopts:
            log.info("this system does not hand over orphans: a job's child that leaves its group may outlive it")
        await daemon.run(stop)
    return 128 + forced[0] if forced else 0


def _stop(stop: asyncio.Event, daemon: Daemon, number: int, forced: list[int]) -> None:
    """Stop gently on the first signal, at once on the second, which is added to *forced*."""
    if stop.is_set():
        log.warning("%s again: ending running jobs now", signal.Signals(number).name)
        forced.append(number)
        daemon.hurry()
    else:
        log.info("%s: stopping; running jobs get their grace, a second signal ends them", signal.Signals(number).name)
        stop.set()


@contextmanager
def _compiler(project: Project, *, enabled: bool) -> Iterator[None]:
    """Run `reconcile compile --watch` beside the daemon, as a process of its own: only it may ask a model."""
    if not enabled:
        yield
        return
    argv = [sys.executable, "-P", "-m", "reconciler", "-C", str(project.root), "compile", "--watch"]
    child = subprocess.Popen([*argv, "--parent", str(os.getpid())], stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
