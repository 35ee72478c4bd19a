"""A small model behind llama.cpp's own server, in a virtual environment of its own that the pytest cache keeps."""

from __future__ import annotations

import fcntl
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from reconciler.compiler.llm import PROMPT, SECOND_PROMPT
from tests.cli.conftest import until

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"


@dataclass(frozen=True)
class Server:
    """The running server: *url* has no path."""

    url: str
    process: subprocess.Popen[str]

    def get(self, path: str) -> Any:
        """Return what the server says at *path*, or None while it cannot say."""
        try:
            with urlopen(self.url + path, timeout=5) as answer:
                return json.load(answer)
        except (URLError, TimeoutError):
            return None

    def busy(self) -> bool:
        return any(slot["is_processing"] for slot in self.get("/slots") or ())

    def warm_up(self, prompt: str) -> None:
        """Have *prompt* read, which takes seconds; who asks with it from now on waits for the phrase only."""
        asked = {"messages": [{"role": "system", "content": prompt}], "max_tokens": 1}
        with urlopen(f"{self.url}/v1/chat/completions", json.dumps(asked).encode(), timeout=120) as answer:
            assert answer.status == 200

    def environment(self, url: str | None = None) -> dict[str, str]:
        """Return what makes `reconcile compile` ask this server, or one in front of it at *url*."""
        return {"RECONCILE_MODEL": "smollm2", "OPENAI_BASE_URL": f"{url or self.url}/v1"}


@contextmanager
def started(python: Path, log: Path) -> Iterator[Server]:
    """Serve the model on a free port; stop it, if it still runs, in the end."""
    with log.open("w") as noise:
        process = subprocess.Popen([python, HERE / "server.py"], stdout=subprocess.PIPE, stderr=noise, text=True)
    with process:
        try:
            assert process.stdout is not None
            server = Server(process.stdout.readline().strip(), process)
            assert server.url.startswith("http://127.0.0.1:"), log.read_text()
            until(lambda: server.get("/health"), seconds=60)
            yield server
        finally:
            process.kill()


@pytest.fixture(scope="session")
def model_python(pytestconfig: pytest.Config) -> Path:
    """The interpreter that has the server and the model; made once for each content of `requirements.txt`."""
    home = pytestconfig.cache.mkdir("real_model")
    made, python, wanted = home / "made", home / "venv" / "bin" / "python", REQUIREMENTS.read_text() + sys.version
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists() or made.read_text() != wanted:
            made.unlink(missing_ok=True)
            shutil.rmtree(home / "venv", ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", home / "venv"], check=True)
            subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "-r", REQUIREMENTS], check=True)
            made.write_text(wanted)
    done = subprocess.run([python, "-c", "import xllamacpp"], check=False)
    if done.returncode == -signal.SIGILL:
        pytest.skip("importing xllamacpp ends in an illegal instruction: its wheel needs AVX2, which this CPU has not")
    assert done.returncode == 0
    return python


@pytest.fixture(scope="session")
def server(model_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started(model_python, tmp_path_factory.mktemp("server") / "log") as running:
        for name in (PROMPT, SECOND_PROMPT):
            running.warm_up(files("reconciler.compiler").joinpath(name).read_text(encoding="utf-8"))
        yield running


@pytest.fixture
def doomed(model_python: Path, tmp_path: Path) -> Iterator[Server]:
    """A server of its own, to be killed."""
    with started(model_python, tmp_path / "server.log") as running:
        yield running
