"""`reconcile` by a fork of a process that has everything imported: a process of its own, without 0.3 s of imports.

One server for each process that runs tests; it ends with it. What the interpreter reads when it starts (the locale,
`PYTHON…`) is the server's own: a test about that starts a process (`Project.spawn`).
"""

from __future__ import annotations

import atexit
import gc
import io
import json
import os
import pkgutil
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, NoReturn

ROOT = Path(__file__).parent.parent
IMPORTED_WHEN_USED = ("apscheduler.schedulers.asyncio", "git", "jsonschema", "lark", "openai", "yaml")
AT_THE_START = ("LANG", "LC_", "PYTHON", "TZ")
"""How names of variables begin that the interpreter reads when it starts."""


def run(
    arguments: Sequence[str], *, cwd: Path, environment: Mapping[str, str], input: str | None
) -> subprocess.CompletedProcess[str]:
    """Run `reconcile` with *arguments* to its end, a minute at most; raise TimeoutError after that."""
    with (
        tempfile.TemporaryFile() as stdin,
        tempfile.TemporaryFile() as stdout,
        tempfile.TemporaryFile() as stderr,
        socket.socket(socket.AF_UNIX) as connection,
    ):
        stdin.write((input or "").encode())
        stdin.seek(0)
        connection.settimeout(60)
        connection.connect(_server())
        socket.send_fds(connection, [b"!"], [file.fileno() for file in (stdin, stdout, stderr)])
        connection.sendall(json.dumps([str(cwd), dict(environment), list(arguments)]).encode())
        connection.shutdown(socket.SHUT_WR)
        code = int(connection.recv(16))
        said = [_text(file) for file in (stdout, stderr)]
    return subprocess.CompletedProcess(arguments, code, *said)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")


def starts_alike(environment: Mapping[str, str]) -> bool:
    """Return whether an interpreter that starts under *environment* is as the server's."""
    return all(
        os.environ.get(name) == value or not name.startswith(AT_THE_START) for name, value in environment.items()
    )


@cache
def _server() -> str:
    folder = tempfile.TemporaryDirectory()
    address = f"{folder.name}/socket"
    argv = [sys.executable, "-m", "tests.warm", address]
    server = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"

    def end() -> None:
        server.communicate()
        folder.cleanup()

    atexit.register(end)
    return address


def _import_all() -> None:
    package = import_module("reconciler")
    for module in pkgutil.walk_packages(package.__path__, "reconciler."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    for name in IMPORTED_WHEN_USED:
        import_module(name)
    with redirect_stdout(io.StringIO()), suppress(SystemExit):  # reads the grammar, the schemas and the zones
        import_module("reconciler.cli").main(["explain", "every day at 9am", "--no-model"])


def _serve(address: str) -> list[str]:
    """Have commands run until nobody can ask any more; return the arguments in each process that is to run one."""
    _import_all()
    gc.collect()
    gc.freeze()  # a collection in a fork would copy every page
    running: dict[int, tuple[int, socket.socket]] = {}  # by descriptor of the process: its id, and who asked
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        print("ready", flush=True)
        while True:
            ready = select.select([listener.fileno(), 0, *running], [], [])[0]
            for descriptor in running.keys() & set(ready):
                os.close(descriptor)
                _tell(*running.pop(descriptor))
            if 0 in ready:
                sys.exit()
            if listener.fileno() in ready:
                connection, _ = listener.accept()
                child = os.fork()
                if child == 0:
                    break
                running[os.pidfd_open(child)] = child, connection
    for descriptor in running:
        os.close(descriptor)
    return _become_what_is_asked_for(connection)


def _tell(child: int, connection: socket.socket) -> None:
    with connection, suppress(BrokenPipeError):
        connection.sendall(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def _become_what_is_asked_for(connection: socket.socket) -> list[str]:
    """Take on the files, directory and environment that *connection* names; return the arguments."""
    with connection:
        _, descriptors, _, _ = socket.recv_fds(connection, 1, 3)
        cwd, environment, arguments = json.loads(b"".join(iter(lambda: connection.recv(1 << 16), b"")))
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    return list(arguments)


def _run_and_end() -> NoReturn:
    """Do what the interpreter does at its end, but for taking modules apart, which takes longer than most commands."""
    code: object = 0
    try:
        import_module("reconciler.cli").main()
    except SystemExit as end:
        code = end.code
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    assert isinstance(code, int)
    os._exit(code)


if __name__ == "__main__":
    found = _serve(sys.argv[1])
    sys.argv = [str(ROOT / "reconciler" / "__main__.py"), *found]
    _run_and_end()
