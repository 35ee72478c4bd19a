"""How long a diff takes where half of 10,000 schedules change, in each form, and how large it is."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from make_schedules import write

COUNT = 10_000
RECONCILE = [sys.executable, "-m", "reconciler"]
FORMS = ("text", "markdown", "json", "github", "junit", "gitlab", "svg")


def run(argv: list[str], folder: Path) -> tuple[float, str]:
    start = time.perf_counter()
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{argv} exited {done.returncode}:\n{done.stderr[-2000:]}")
    return time.perf_counter() - start, done.stdout


def change_half(folder: Path) -> None:
    """Move every other schedule by a phrase: to a time of its own on Saturdays."""
    for part in (folder / "schedules").glob("*.yaml"):
        lines = part.read_text().splitlines()
        for at in range(3, len(lines), 6):
            lines[at] = f"    when: every saturday at {at % 24:02}:{at % 60:02}"
        part.write_text("\n".join(lines) + "\n")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, COUNT)
        compile_it = [*RECONCILE, "compile", "--no-model"]
        run(compile_it, folder)
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
        for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "base"]):
            run([*git, *arguments], folder)
        change_half(folder)
        run(compile_it, folder)
        print(f"{'form':<10}{'s':>8}{'bytes':>12}")
        for form in FORMS:
            took, out = run([*RECONCILE, "diff", "HEAD", "--format", form], folder)
            print(f"{form:<10}{took:>8.2f}{len(out.encode()):>12,}", flush=True)


if __name__ == "__main__":
    main()
