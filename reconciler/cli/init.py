"""`reconcile init`."""

from __future__ import annotations

import shlex
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import click

from reconciler.cli.console import note, say_json
from reconciler.cli.project import Project, project_options
from reconciler.errors import InvalidInput, StoreFailed
from reconciler.review.text import safe

_FILES = {
    "schedules/schedules.yaml": "schedules.yaml",
    ".github/workflows/schedules.yml": "workflow.yml",
    ".pre-commit-config.yaml": "pre-commit.yaml",
}
_SCHEMA = "schemas/schedules.schema.json"
_IGNORED = ".reconcile/"
_ATTRIBUTES = (
    "schedules/*.lock text eol=lf merge=reconcile-lock linguist-language=YAML linguist-generated=false",
    "schedules/*.lock gitlab-language=yaml",
)
"""One way of ending lines, our merge driver, and highlighting; not `generated`, which hides it from reviewers."""
_DRIVER = "merge.reconcile-lock.driver"


@click.command("init")
@click.option("--git", "only_git", is_flag=True, help="Only set up git: .gitattributes and, here, the merge driver.")
@project_options
def command(project: Project, only_git: bool) -> None:
    """Put a starter schedules/ folder, its schema, a workflow and a pre-commit hook into DIR.

    What is already there stays as it is. A clone of a project that has all this needs `init --git` alone:
    it makes git merge the lockfile by entry, which git keeps in each clone's own configuration.
    """
    if project.root.exists() and not project.root.is_dir():
        raise InvalidInput(f"{project.root} is not a directory")
    if only_git:
        _set_up_git(project)
    else:
        _start(project)


def _set_up_git(project: Project) -> None:
    """Write .gitattributes and the repository's own configuration, and say what was done."""
    wanted = _driver_command()
    configured = {} if _git(project.root, "config", "--local", "--get", _DRIVER) == wanted else {_DRIVER: wanted}
    for key, value in configured.items():
        _git(project.root, "config", "--local", key, value)
    try:
        written = [".gitattributes"] if _add_attributes(project.root) else []
    except OSError as error:
        raise StoreFailed(f"{error.filename}: {error.strerror}") from None
    if project.json:
        say_json({"format_version": "1.0", "written": written, "configured": configured})
        return
    for path in written:
        note(f"wrote {path}")
    for key in configured:
        note(f"set   {key} in this repository's git configuration")
    if not written and not configured:
        note("git is set up already")


def _driver_command() -> str:
    """Return the command that git runs, with this very Python, so that no environment need be active.

    -P: a folder named like this package in what is being merged is not run.
    """
    python = shlex.quote(sys.executable).replace("%", "%%")
    return f"{python} -P -m reconciler merge-lock %O %A %B %P"


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git prints, None where it finds nothing; raise StoreFailed where it fails."""
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise StoreFailed("git is not installed") from None
    if done.returncode > 1 or done.stderr:
        hint = "`init --git` belongs into a git repository: `git init` makes one"
        raise StoreFailed(f"{root}: {safe(done.stderr.strip())}", hint=hint)
    return done.stdout.removesuffix("\n") if done.returncode == 0 else None


def _start(project: Project) -> None:
    from reconciler.declaration.schema import schema_text

    templates = files("reconciler.cli") / "templates"
    wanted = {path: (templates / name).read_text(encoding="utf-8") for path, name in _FILES.items()}
    wanted[_SCHEMA] = schema_text("schedules")
    try:
        written = [path for path, text in wanted.items() if _write_new(project.root / path, text)]
        written += [".gitignore"] if _add_line(project.root / ".gitignore", _IGNORED) else []
        written += [".gitattributes"] if _add_attributes(project.root) else []
    except OSError as error:
        raise StoreFailed(f"{error.filename}: {error.strerror}") from None
    if project.json:
        say_json({"format_version": "1.0", "written": sorted(written)})
        return
    for path in sorted(written):
        note(f"wrote {path}")
    kept = sorted(wanted.keys() - set(written))
    for path in kept:
        note(f"kept  {path}, which was there")
    if project.prefix:
        prefix = safe(project.prefix)
        note("\nThis is not the top of its repository, where alone .github/ and .pre-commit-config.yaml are read:")
        note(f"move them there, with {prefix}schedules for schedules and `reconcile -C {prefix}` for `reconcile`.")
    note("\nNext: `reconcile compile`, read schedules/schedules.lock, commit both; then `reconcile serve`.")
    note("`reconcile init --git`, in each clone, makes git merge the lockfile by entry.")


def _write_new(path: Path, text: str) -> bool:
    """Write *text* to *path* unless something is there; return whether it was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _add_attributes(root: Path) -> bool:
    added = [_add_line(root / ".gitattributes", line) for line in _ATTRIBUTES]
    return any(added)


def _add_line(path: Path, line: str) -> bool:
    """Append *line* to *path* unless it is in there; return whether it was added."""
    present = path.read_text(encoding="utf-8") if path.exists() else ""
    if line in present.splitlines():
        return False
    gap = "" if not present or present.endswith("\n") else "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{gap}{line}\n")
    return True
