"""Where the lockfile comes from: what a command line says, or what the state directory remembers."""

from __future__ import annotations

import os

from reconciler.cli.project import Project
from reconciler.errors import ReconcileError, SourceFailed
from reconciler.following import Followed, Place
from reconciler.sources.directory import DirectorySource
from reconciler.sources.protocol import Snapshot, Source

MIRROR = "mirror.git"


def directory_source(project: Project) -> DirectorySource:
    """Return the lockfile of the project's own directory."""
    return DirectorySource(project.lock_path, name=project.lock_name, root=project.root)


def source_of(project: Project, followed: Followed) -> Source:
    """Return what the scheduler of *project* follows: the branch that its daemon fetches, else its own directory."""
    if followed.following is None or followed.following.place.kind == "directory":
        return directory_source(project)
    return _mirrored(project, followed.following.place)


def found_by(source: Source, followed: Followed) -> Snapshot | ReconcileError:
    """Return what the source says; of a branch, what the daemon's last fetch found."""
    if source.place.kind == "directory":
        return source.poll()[0]
    ready = followed.conditions.get("SourceReady")
    attempted = followed.following.attempted if followed.following else None
    if ready is not None and ready.status == "False":
        return SourceFailed(ready.message)
    if attempted is None:
        return SourceFailed(f"{source.place} was not read yet", hint="`reconcile serve` reads it")
    try:
        return source.at(attempted)
    except ReconcileError as error:
        return error


def _mirrored(project: Project, place: Place) -> Source:
    from reconciler.sources.git_access import access_from
    from reconciler.sources.git_mirror import Mirror, Remote
    from reconciler.sources.git_source import GitSource
    from reconciler.sources.signatures import SignaturePolicy, Signers

    remote = Remote(place.where, place.branch, place.path)
    access = access_from(os.environ, local=True)
    return GitSource(Mirror(project.state_dir / MIRROR, remote, access, Signers(SignaturePolicy.OFF)), remote)
