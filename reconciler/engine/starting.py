"""Why a program could not be started, in words that tell the causes apart which the kernel reports as one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

_SHEBANG_BYTES = 256


def could_not_start(program: str, error: Exception, directory: Path, environment: Mapping[str, str]) -> str:
    """Return what to record of *error*, raised when *program* was to be started in *directory*."""
    return f"could not start {program or 'an empty command'}: {_cause(program, error, directory, environment)}"


def _cause(program: str, error: Exception, directory: Path, environment: Mapping[str, str]) -> str:
    if isinstance(error, (FileNotFoundError, PermissionError, NotADirectoryError)):
        if not directory.is_dir():
            return f"its working directory {directory} is gone"
        if not os.access(directory, os.X_OK):
            return f"its working directory {directory} may not be entered"
        return _cause_in_file(program, error, directory, environment)
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)


def _cause_in_file(program: str, error: OSError, directory: Path, environment: Mapping[str, str]) -> str:
    file = _file(program, directory, environment)
    if file is None:
        return "there is no such program in PATH"
    if not file.exists():
        return error.strerror or str(error)
    if file.is_dir():
        return "it is a directory"
    if not os.access(file, os.X_OK):
        return "it is not executable (chmod +x)"
    interpreter = _interpreter(file)
    if interpreter is not None and not os.access(interpreter, os.X_OK):
        what = "may not be executed" if Path(interpreter).exists() else "does not exist"
        return f"its interpreter {interpreter} {what}"
    return error.strerror or str(error)


def _file(program: str, directory: Path, environment: Mapping[str, str]) -> Path | None:
    """Return the file that *program* names, found in PATH if it is a bare name, executable or not."""
    if os.sep in program:
        return directory / program
    found = shutil.which(program, mode=os.F_OK, path=os.pathsep.join(os.get_exec_path(environment)))
    return None if found is None else directory / found


def _interpreter(file: Path) -> str | None:
    """Return the path after `#!`, if the file begins so."""
    try:
        with file.open("rb") as script:
            first = script.read(_SHEBANG_BYTES).partition(b"\n")[0]
    except OSError:
        return None
    words = os.fsdecode(first.removeprefix(b"#!")).split()
    return words[0] if first.startswith(b"#!") and words else None
