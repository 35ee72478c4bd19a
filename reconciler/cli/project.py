"""Where things are: the project directory, its schedules, its lockfile, its state."""

from __future__ import annotations

import functools
import getpass
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Project:
    """The directory a command works on, and how it answers."""

    root: Path = Path()
    state: Path | None = None
    json: bool = False

    @property
    def schedules(self) -> Path:
        """Return the directory of the YAML files and the lockfile."""
        return self.root / "schedules"

    @property
    def lock_path(self) -> Path:
        """Return the lockfile."""
        return self.schedules / "schedules.lock"

    @property
    def lock_name(self) -> str:
        """Return the lockfile as messages name it."""
        return "schedules/schedules.lock"

    @property
    def prefix(self) -> str:
        """Return the directory's path in its git repository, `` or `services/billing/`; `` without a repository."""
        from reconciler.errors import SourceFailed
        from reconciler.sources.git_blobs import Repository

        try:
            return Repository(self.root).prefix
        except SourceFailed:
            return ""

    @property
    def state_dir(self) -> Path:
        """Return the directory of the ledger."""
        return self.state if self.state is not None else self.root / ".reconcile"


def project_options(function: F) -> F:
    """Give a command -C, --state and --json, before or after its name, and hand them over as `project`."""

    @click.option("-C", "directory", type=click.Path(path_type=Path), metavar="DIR", help="Work on DIR, not here.")
    @click.option(
        "--state",
        type=click.Path(path_type=Path),
        metavar="DIR",
        envvar="RECONCILE_STATE",
        help="Keep state in DIR, not in .reconcile/.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
    @click.pass_context
    @functools.wraps(function)
    def with_project(
        ctx: click.Context, /, *args: Any, directory: Path | None, state: Path | None, as_json: bool, **kwargs: Any
    ) -> Any:
        project = ctx.find_object(Project) or Project()
        project = replace(
            project,
            root=directory or project.root,
            state=state or project.state,
            json=as_json or project.json,
        )
        ctx.obj = project
        return function(*args, project=project, **kwargs)

    return with_project  # type: ignore[return-value]  # click's decorators keep the signature loosely


def user() -> str:
    """Return who runs this, as records name them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
