"""The two sides of `reconcile diff`: a git revision, or the files as they are."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from reconciler import lockfile
from reconciler.cli.project import Project
from reconciler.errors import InvalidInput, LockInvalid, Problem
from reconciler.model import Declaration, Lock, Policy
from reconciler.review.change_notes import Version
from reconciler.sources.git_blobs import Repository, Revision

_SUFFIXES = (".yaml", ".yml", ".lock")
_FOLDER = "schedules"


def both(project: Project, repository: Repository, names: tuple[str, ...]) -> tuple[Version, Version]:
    """Return the versions that *names* name: base and head, base and the files here, or the default base and these.

    Raises UsageError and SourceFailed for revisions that cannot be had, LockInvalid for a lock that cannot be read.
    """
    first = repository.commit(names[0]) if names else repository.default_base()
    base = _at_revision(repository, first, whole=False)
    head = _at_revision(repository, repository.commit(names[1]), whole=True) if len(names) == 2 else _here(project)
    if not head.has_lock:
        hint = "run `reconcile compile`, and commit the lockfile"
        raise LockInvalid(f"{head.name}: there is no lockfile", hint=hint)
    if base.problems and head.declaration is not None:
        base = replace(base, policy=head.declaration.policy)
    return base, head


def _here(project: Project) -> Version:
    name = "working tree"
    text = lockfile.read_text(project.lock_path, name=project.lock_name)
    lock = Lock({}) if text is None else lockfile.loads(text, file=project.lock_name)
    declaration, problems = _declared(project.schedules, project.root)
    return Version(name, lock, text is not None, declaration, problems=problems)


def _at_revision(repository: Repository, revision: Revision, *, whole: bool) -> Version:
    """Return what a revision holds; of its YAML the policy alone unless *whole*."""
    files = repository.files(revision, _FOLDER, suffixes=_SUFFIXES)
    data = files.pop(lockfile.FILENAME, None)
    named = revision.sha[:10] if " " in revision.name else revision.name
    lock = Lock({}) if data is None else _lock(data, f"{named}:{_FOLDER}/{lockfile.FILENAME}")
    with tempfile.TemporaryDirectory(prefix="reconcile-") as folder:
        directory = Path(folder) / _FOLDER
        directory.mkdir()
        for name, content in files.items():
            (directory / name).write_bytes(content)
        if whole:
            declaration, problems = _declared(directory, Path(folder))
            return Version(str(revision), lock, data is not None, declaration, problems=problems)
        policy, problems = _policy(directory) if files else (Policy(), ())
    return Version(str(revision), lock, data is not None, policy=policy, problems=problems)


def _lock(data: bytes, name: str) -> Lock:
    return lockfile.loads(lockfile.decoded(data, name=name), file=name)


def _declared(directory: Path, root: Path) -> tuple[Declaration | None, tuple[Problem, ...]]:
    from reconciler.declaration.loading import load_sound
    from reconciler.declaration.sections import in_order

    try:
        declaration, wrong = load_sound(directory, root=root)
    except InvalidInput as error:
        return None, error.problems
    return declaration, tuple(in_order(*wrong.values()))


def _policy(directory: Path) -> tuple[Policy, tuple[Problem, ...]]:
    from reconciler.declaration.loading import load_policy

    try:
        return load_policy(directory), ()
    except InvalidInput as error:
        return Policy(), error.problems
