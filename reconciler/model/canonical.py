"""JSON values, and the one line of JSON that equal values share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical_json(value: Json) -> str:
    """Return *value* as one line of JSON that is the same for equal values: sorted keys, no spaces."""
    return _CANONICAL.encode(value)


def parse_json(text: str) -> Any:
    """Return the value that *text* holds; raise ValueError if it is not JSON, or nested too deep to be read."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def digest(value: Json) -> str:
    """Return `sha256:` and the hex digest of *value*'s canonical JSON."""
    return "sha256:" + hashlib.sha256(canonical_json(value).encode()).hexdigest()
