"""`reconcile compile --watch` beside editors, mounts and storms: one compile a change, and the exact last state."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler import lockfile
from reconciler.errors import ReconcileError
from tests.cli.conftest import Project, until

ENOUGH = 60
SOON = 25  # less than the half minute after which it looks anyway: this is about being told
FILES = 50


def yaml(hour: int, *ids: str) -> str:
    jobs = (f"  {id}: {{when: 'every day at {hour}:00', run: [echo]}}\n" for id in ids or ("one", "two"))
    return "timezone: UTC\nschedules:\n" + "".join(jobs)


class Watching:
    """A compiler that watches, and what it says."""

    def __init__(self, project: Project, process: subprocess.Popen[bytes], log: Path) -> None:
        self.project = project
        self.process = process
        self._log = log

    @property
    def said(self) -> str:
        return self._log.read_text()

    @property
    def compiled(self) -> int:
        """How often it has compiled, with or without success."""
        return self.said.count("schedules/schedules.lock: ") + self.said.count("the lockfile stays as it was")

    def hours(self) -> dict[str, str]:
        """Return the hour of each job in the lockfile; none while that is not to be read."""
        try:
            entries = lockfile.read(self.project.lock).entries
        except ReconcileError:
            return {}
        rules = {id: lockfile.rule_to_json(held.timing) for id, held in entries.items()}
        return {id: found["hour"] for id, rule in rules.items() for found in rule["cron"]}

    def holds(self, hour: int, *ids: str, within: float = SOON) -> None:
        """Return once the lockfile holds exactly these jobs at that hour."""
        wanted = dict.fromkeys(ids or ("one", "two"), str(hour))
        until(lambda: self.hours() == wanted, within)


@contextmanager
def watching(project: Project) -> Iterator[Watching]:
    path = project.root / "watch.log"
    with path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "reconciler", "compile", "--watch"], cwd=project.root, stdout=log, stderr=log
        )
    try:
        yield Watching(project, process, path)
        process.terminate()
        assert process.wait(ENOUGH) == 0
        assert "Traceback" not in path.read_text()
    finally:
        process.kill()
        process.wait()


def in_place(file: Path, text: str) -> None:
    file.write_text(text)


def through_a_temporary_file(file: Path, text: str) -> None:
    (file.parent / f".{file.name}.tmp").write_text(text)
    (file.parent / f".{file.name}.tmp").rename(file)


def as_vim_does(file: Path, text: str) -> None:
    swap, backup = file.parent / f".{file.name}.swp", file.parent / f"{file.name}~"
    swap.write_text("b0VIM")
    (file.parent / "4913").write_text("")
    (file.parent / "4913").unlink()
    file.rename(backup)
    file.write_text(text)
    backup.unlink()
    swap.unlink()


def as_emacs_does(file: Path, text: str) -> None:
    link = file.parent / f".#{file.name}"
    link.symlink_to("ann@host.1234:5678")
    (file.parent / f"#{file.name}#").write_text(text)
    shutil.copy(file, file.parent / f"{file.name}~")
    file.write_text(text)
    (file.parent / f"#{file.name}#").unlink()
    link.unlink()


def as_jetbrains_does(file: Path, text: str) -> None:
    new, old = (file.parent / f"{file.name}___jb_{kind}___" for kind in ("tmp", "old"))
    new.write_text(text)
    file.rename(old)
    new.rename(file)
    old.unlink()


def with_sed(file: Path, text: str) -> None:
    hour = text.partition("at ")[2].partition(":")[0]
    subprocess.run(["sed", "-i", f"s/at [0-9]*:/at {hour}:/", str(file)], check=True)


def copied_over(file: Path, text: str) -> None:
    source = file.parents[1] / "copy.yaml"
    source.write_text(text)
    shutil.copyfile(source, file)


def as_rsync_does(file: Path, text: str) -> None:
    new = file.parent / f".{file.name}.Xq2f1b"
    new.write_text(text)
    os.utime(new, (1_000_000_000, 1_000_000_000))  # the time of the source, however old
    new.rename(file)


def with_git(file: Path, text: str) -> None:
    def git(*arguments: str, given: str | None = None) -> str:
        command = ["git", "-C", str(file.parents[1]), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, input=given).stdout.strip()

    git("init", "-q")
    blob = git("hash-object", "-w", "--stdin", given=text)
    git("update-index", "--add", "--cacheinfo", f"100644,{blob},schedules/{file.name}")
    git("checkout-index", "-f", f"schedules/{file.name}")


STYLES: list[Callable[[Path, str], None]] = [
    in_place,
    through_a_temporary_file,
    as_vim_does,
    as_emacs_does,
    as_jetbrains_does,
    with_sed,
    copied_over,
    as_rsync_does,
    with_git,
]


def test_however_a_file_is_saved_it_is_compiled_once_and_our_own_lock_never(project: Project) -> None:
    file = project.root / "schedules" / "schedules.yaml"
    file.write_text(yaml(0))
    with watching(project) as compiler:
        compiler.holds(0)
        for number, style in enumerate(STYLES, start=1):
            style(file, yaml(number))
            compiler.holds(number)
            until(lambda number=number: compiler.compiled > number, ENOUGH)
            assert compiler.compiled == number + 1, f"{style.__name__}: {compiler.said}"
        file.write_text(yaml(20))  # what the last lock may have caused comes before this
        until(lambda: compiler.compiled > len(STYLES) + 1, ENOUGH)
        compiler.holds(20)
        assert compiler.compiled == len(STYLES) + 2, compiler.said


def test_an_invalid_schedule_does_not_keep_the_others_from_being_compiled(project: Project) -> None:
    project.write(yaml(7))
    with watching(project) as watch:
        watch.holds(7)
        project.write(yaml(8).replace("two: {", "two: {tiemout: 5m, "))
        until(lambda: watch.hours() == {"one": "8", "two": "7"}, SOON)
        assert "unknown key `tiemout:` in schedules.two" in watch.said
        project.write(yaml(9))
        watch.holds(9)


def test_a_storm_of_20_000_writes_is_three_compiles_at_the_most_and_ends_exactly(project: Project) -> None:
    directory = project.root / "schedules"
    (directory / "schedules.yaml").unlink()
    ids = [f"job-{number:02}" for number in range(FILES)]
    for id in ids:
        (directory / f"{id}.yaml").write_text(yaml(10, id))
    texts = {(id, hour): yaml(hour, id).encode() for id in ids for hour in range(10, 24)}
    with watching(project) as compiler:
        compiler.holds(10, *ids)
        before = resident(compiler.process.pid)
        for number in range(20_000 // FILES):
            for id in ids:
                # without emptying it first, after which some file systems wait for the disk
                with (directory / f"{id}.yaml").open("r+b", buffering=0) as file:
                    file.write(texts[id, 10 + number % 14])
        for id in ids:
            (directory / f"{id}.yaml").write_text(yaml(23, id))
        compiler.holds(23, *ids, within=ENOUGH)
        assert resident(compiler.process.pid) - before < 100_000, "kilobytes"
    assert compiler.compiled <= 3, compiler.said


def resident(pid: int) -> int:
    """Return the most memory that the process ever had, in kilobytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def swap(link: Path, target: str) -> None:
    """Do what `ln -sfn` and the kubelet do."""
    new = link.with_name("..new")
    new.symlink_to(target)
    new.rename(link)


def test_links_are_swapped_and_directories_made_again_and_the_new_content_is_compiled(project: Project) -> None:
    directory = project.root / "schedules"
    shutil.rmtree(directory)
    for version in ("v1", "v2"):
        (project.root / version).mkdir()
    (project.root / "v1" / "schedules.yaml").write_text(yaml(1))
    (project.root / "v2" / "schedules.yaml").write_text(yaml(2))
    directory.symlink_to("v1")
    with watching(project) as compiler:
        compiler.holds(1)
        swap(directory, "v2")
        compiler.holds(2)
        (directory / "schedules.yaml").write_text(yaml(3))
        compiler.holds(3)

        directory.unlink()
        directory.mkdir()
        (directory / "..2026_1").mkdir()
        (directory / "..2026_1" / "schedules.yaml").write_text(yaml(4))
        (directory / "..data").symlink_to("..2026_1")
        (directory / "schedules.yaml").symlink_to("..data/schedules.yaml")
        compiler.holds(4)
        (directory / "..2026_2").mkdir()
        (directory / "..2026_2" / "schedules.yaml").write_text(yaml(5))
        swap(directory / "..data", "..2026_2")
        shutil.rmtree(directory / "..2026_1")
        compiler.holds(5)

        shutil.rmtree(directory)
        directory.mkdir()
        (directory / "schedules.yaml").write_text(yaml(6))
        compiler.holds(6)

        before = project.lock.read_bytes()
        directory.rename(project.root / "away")
        until(lambda: "there is no directory schedules" in compiler.said, SOON)
        assert (project.root / "away" / "schedules.lock").read_bytes() == before
        (project.root / "away" / "schedules.yaml").write_text(yaml(7))
        (project.root / "away").rename(directory)
        compiler.holds(7)
