"""The options of `serve` that say which branch is followed, and whom to believe."""

from __future__ import annotations

import functools
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.cli.durations import DURATION
from reconciler.cli.project import Project
from reconciler.cli.source import MIRROR, directory_source
from reconciler.daemon import Webhook
from reconciler.engine.records import Records
from reconciler.errors import UsageError
from reconciler.following import Place
from reconciler.sources.followers import DirectoryFollower, Follower, GitFollower

log = logging.getLogger("reconcile")
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class GitOptions:
    """What the command line says about the branch to follow; no *url*: the project's own directory is followed."""

    url: str | None
    branch: str
    path: str
    interval: timedelta
    local: bool
    signatures: str
    signers: tuple[Path, ...]
    revoked: Path | None
    rewind: str | None
    webhook: str | None

    def follower(self, project: Project, environment: Mapping[str, str]) -> Follower:
        """Return what follows it; raise UsageError for what cannot be followed."""
        if self.url is None:
            return DirectoryFollower(directory_source(project), project.schedules)
        from reconciler.sources.git_access import access_from, check_url
        from reconciler.sources.git_mirror import Mirror, Remote
        from reconciler.sources.git_source import GitSource
        from reconciler.sources.signatures import SignaturePolicy, Signers

        remote = Remote(check_url(self.url, local=self.local), self.branch, self.path)
        signers = Signers(SignaturePolicy(self.signatures), self.signers, self.revoked)
        access = access_from(environment, local=self.local)
        source = GitSource(Mirror(project.state_dir / MIRROR, remote, access, signers), remote)
        records = Records(project.state_dir)
        return GitFollower(source, self.interval, followed=lambda: _followed(records, source.place), rewind=self.rewind)

    def listening(self, environment: Mapping[str, str]) -> Webhook | None:
        """Return the webhook to listen on, if one is wanted."""
        if self.webhook is None:
            return None
        if self.url is None:
            raise UsageError(
                "--webhook says that a branch has news", hint="name the branch with --git URL --branch NAME"
            )
        from reconciler.web.webhook import listening, parse_address, secret_from

        address, secret, branch = parse_address(self.webhook), secret_from(environment), self.branch

        @asynccontextmanager
        async def webhook(hint: Callable[[], None]) -> AsyncIterator[None]:
            async with listening(address, secret, hint, branch=branch) as bound:
                log.info("listening for signed news at http://%s/webhook", bound)
                yield

        return webhook


def _followed(records: Records, place: Place) -> str | None:
    """Return the commit of *place* that was applied last; another place's says nothing."""
    known = records.followed().following
    return known.followed if known is not None and known.place == place else None


_FILE = click.Path(path_type=Path, dir_okay=False)
_OPTIONS = (
    click.option("--git", "url", metavar="URL", help="Follow a branch of this repository instead of the directory."),
    click.option("--branch", default="main", show_default=True, help="The branch to follow."),
    click.option("--path", default="schedules", show_default=True, help="The folder of the lockfile in it."),
    click.option("--interval", type=DURATION, default="60s", show_default=True, help="How often it is fetched."),
    click.option("--allow-local", "local", is_flag=True, help="Let --git be a path or file://, for tests and demos."),
    click.option(
        "--signatures",
        type=click.Choice(["off", "head", "strict"]),
        default="off",
        show_default=True,
        help="Which commits must be signed: none, the one applied, or all since the one before.",
    ),
    click.option("--signers", type=_FILE, multiple=True, help="Who may sign: allowed_signers or an OpenPGP key file."),
    click.option("--revoked-signers", "revoked", type=_FILE, help="SSH keys that are revoked (ssh-keygen KRL)."),
    click.option("--allow-rewind", "rewind", metavar="REV", help="Take this commit though history was rewritten."),
    click.option("--webhook", metavar="HOST:PORT", help="Listen on loopback for signed news of the branch."),
)
_NAMES = tuple(GitOptions.__dataclass_fields__)


def git_options(function: F) -> F:
    """Give a command the options of `GitOptions`, handed over as `git`."""

    @functools.wraps(function)
    def with_git(*args: Any, **kwargs: Any) -> Any:
        return function(*args, git=GitOptions(**{name: kwargs.pop(name) for name in _NAMES}), **kwargs)

    decorated: Any = with_git
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]  # click's decorators keep the signature loosely
