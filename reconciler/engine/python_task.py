"""The child process of a Python task: `python -m reconciler.engine.python_task module:function '{"name": "value"}'`.

An exception or a false meaning of `module:function` ends it with a traceback and exit code 1.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path


def main(reference: str, arguments: str) -> None:
    """Import the module from the project directory and call the function with *arguments*, a JSON object."""
    sys.path.insert(0, str(Path.cwd()))
    module, _, name = reference.partition(":")
    target: object = importlib.import_module(module)
    for part in name.split("."):
        target = getattr(target, part)
    if not callable(target):
        raise TypeError(f"{reference} cannot be called")
    target(**json.loads(arguments))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
