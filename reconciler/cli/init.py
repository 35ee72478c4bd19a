"""`reconcile init`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from reconciler.cli.console import note, say_json
from reconciler.cli.project import Project, project_options
from reconciler.errors import InvalidInput, StoreFailed

_FILES = {
    "schedules/schedules.yaml": "schedules.yaml",
    ".github/workflows/schedules.yml": "workflow.yml",
    ".pre-commit-config.yaml": "pre-commit.yaml",
}
_SCHEMA = "schemas/schedules.schema.json"
_IGNORED = ".reconcile/"
_ATTRIBUTES = "schedules/*.lock text eol=lf linguist-generated=false"


@click.command("init")
@project_options
def command(project: Project) -> None:
    """Put a starter schedules/ folder, its schema, a workflow and a pre-commit hook into DIR.

    What is already there stays as it is.
    """
    from reconciler.declaration.schema import schema_text

    if project.root.exists() and not project.root.is_dir():
        raise InvalidInput(f"{project.root} is not a directory")
    templates = files("reconciler.cli") / "templates"
    wanted = {path: (templates / name).read_text(encoding="utf-8") for path, name in _FILES.items()}
    wanted[_SCHEMA] = schema_text("schedules")
    try:
        written = [path for path, text in wanted.items() if _write_new(project.root / path, text)]
        written += [".gitignore"] if _add_line(project.root / ".gitignore", _IGNORED) else []
        written += [".gitattributes"] if _add_line(project.root / ".gitattributes", _ATTRIBUTES) else []
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
    note("\nNext: `reconcile compile`, read schedules/schedules.lock, commit both; then `reconcile serve`.")


def _write_new(path: Path, text: str) -> bool:
    """Write *text* to *path* unless something is there; return whether it was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _add_line(path: Path, line: str) -> bool:
    """Append *line* to *path* unless it is in there; return whether it was added."""
    present = path.read_text(encoding="utf-8") if path.exists() else ""
    if line in present.splitlines():
        return False
    gap = "" if not present or present.endswith("\n") else "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{gap}{line}\n")
    return True
