"""Trees and blobs of a commit: regular files only, of bounded size; never a link, a submodule or a checkout."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.errors import SourceFailed
from reconciler.sources.git_process import Git, Outcome, last_line

MOST_BYTES = 64 << 20
"""What one file of a revision may have."""

_DIRECTORY = "040000"
_REGULAR = frozenset({"100644", "100755"})
_NOT_FILES = {_DIRECTORY: "a directory", "120000": "a link", "160000": "a submodule"}
_POINTER = b"version https://git-lfs.github.com/spec/"


class Unreadable(SourceFailed):
    """git cannot read an object: it is damaged, or was never fetched."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a tree has under a *name*; *size* in bytes, 0 where it was not asked for."""

    mode: str
    sha: str
    name: str
    size: int = 0

    @property
    def regular(self) -> bool:
        """Whether it is a file, not a link or a submodule or a directory."""
        return self.mode in _REGULAR

    @property
    def kind(self) -> str:
        """What it is, if it is not a regular file."""
        return _NOT_FILES.get(self.mode, "no regular file")


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of one repository; *hint* says what to do about one that is missing."""

    git: Git
    hint: str

    def tree(self, commit: str, folder: str, where: str) -> str | None:
        """Return the tree at *folder* (`` for the top) of a commit called *where*; None where there is none.

        Raises SourceFailed for a folder that is a link or a file, or beyond one.
        """
        tree, passed = commit, ""
        for part in filter(None, folder.split("/")):
            entries = self.entries(tree, where, part)
            passed += f"/{part}" if passed else part
            if not entries:
                return None
            (entry,) = entries
            if entry.mode != _DIRECTORY:
                what = "a submodule" if entry.kind == "a submodule" else "a link or a file"
                raise SourceFailed(f"{where}: {passed} is {what}, not a directory", hint="make it a directory")
            tree = entry.sha
        return tree

    def entries(self, tree: str, where: str, *path: str, sizes: bool = False) -> list[Entry]:
        """Return what is in a tree, or only what it has at *path*; raise Unreadable if it cannot be read."""
        found = self.git(
            "ls-tree", "--full-tree", *(["-l"] if sizes else []), "-z", tree, *(["--", *path] if path else [])
        )
        self._check(found, f"{where}: the folder cannot be read")
        return [_entry(line) for line in found.out.decode("utf-8", "surrogateescape").split("\0")[:-1]]

    def blob(self, entry: Entry, where: str) -> bytes:
        """Return the content of a regular file called *where*; raise Unreadable if it cannot be read."""
        found = self.git("cat-file", "blob", entry.sha)
        self._check(found, f"{where} cannot be read")
        return found.out

    def file(self, tree: str, name: str, where: str) -> bytes | None:
        """Return the file that a tree has under *name*, None where it has none.

        Raises SourceFailed for a link, a directory, a submodule, a pointer of git LFS and more than MOST_BYTES.
        """
        entry = next(iter(self.entries(tree, where, name)), None)
        if entry is None:
            return None
        if not entry.regular:
            raise SourceFailed(f"{where} is {entry.kind}, not a file", hint="put the file itself there")
        size = self.git("cat-file", "-s", entry.sha)
        self._check(size, f"{where} cannot be read; is it larger than {MOST_BYTES >> 20} MiB?")
        if int(size.text) > MOST_BYTES:
            raise SourceFailed(f"{where} is larger than {MOST_BYTES >> 20} MiB")
        data = self.blob(entry, where)
        if data.startswith(_POINTER):
            hint = "keep it out of git LFS: take it out of .gitattributes, and commit the file itself"
            raise SourceFailed(f"{where} is a pointer of git LFS, not the file", hint=hint)
        return data

    def _check(self, outcome: Outcome, what: str) -> None:
        if outcome.status != 0:
            raise Unreadable(f"{what}: {last_line(outcome.error)}", hint=self.hint)


def _entry(line: str) -> Entry:
    about, _, name = line.partition("\t")
    mode, _, sha, *size = about.split()
    return Entry(mode, sha, name, int(size[0]) if size and size[0].isdigit() else 0)
