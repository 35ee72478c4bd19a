"""Values as other tools write them, turned into what a key takes here; None where nothing certain can be made of one.

Each turn is given the foreign key, without case and signs, since that decides what its value means: `enabled: false`
is `paused: true`, and `timeoutMinutes: 5` is `timeout: 5m`.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from reconciler.declaration.typed import NULLS
from reconciler.durations import meant_duration
from reconciler.model import Json
from reconciler.timing import UnknownZone, check_zone

Turn: TypeAlias = Callable[[str, Any], Json]
_TRUE, _FALSE = frozenset("true yes on 1 y".split()), frozenset("false no off 0 n".split())
_PLAIN = re.compile(r"(?:[A-Za-z0-9/_.]|-(?=[A-Za-z0-9-]))(?:[\w ./*+()@%=-]|:(?=[^\s\]},]))*", re.ASCII)
_CLOCK = re.compile(r"[0-9]{1,2}(?::[0-9]{2})?\s*(?:[ap]m)?", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EXCEPTION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|holidays:(?:[A-Z]{2}(?:-[A-Za-z0-9]{1,20})?|[A-Z0-9]{3,4})")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CALLABLE = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)[.:]([A-Za-z_]\w*)", re.ASCII)
_SHELL = re.compile(r"[|&;<>$`*?~\n]")


def flow(value: Json) -> str:
    """Return *value* as YAML on one line; texts are quoted where they would be read as something else."""
    match value:
        case str():
            plain = _PLAIN.fullmatch(value) and not value.endswith((" ", ":")) and value not in NULLS
            return value if plain else json.dumps(value, ensure_ascii=False)
        case Mapping():
            return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(flow, value)) + "]"
        case _:
            return json.dumps(value)


def _text(_: str, value: Any) -> Json:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = ", ".join(value)
    return value if isinstance(value, str) and value.strip() else None


def _zone(_: str, value: Any) -> Json:
    try:
        return check_zone(value) if isinstance(value, str) else None
    except UnknownZone:
        return None


def _when(alias: str, value: Any) -> Json:
    if isinstance(value, list) and value:
        found = [_when(alias, one) for one in value]
        texts: list[Json] = [one for one in found if isinstance(one, str)]
        return None if len(texts) < len(found) else texts[0] if len(texts) == 1 else texts
    if isinstance(value, dict):
        return _when("cron", value["cron"]) if isinstance(value.get("cron"), str) else None
    if not isinstance(value, str) or not value.strip():
        return None
    if alias in ("at", "time", "runat") and _CLOCK.fullmatch(value):
        return f"every day at {value}"
    if alias in ("every", "interval", "frequency") and value[0].isdigit():
        return None if value.isdigit() else f"every {value}"
    if alias == "every" and not value.startswith("every"):
        return f"every {value}"
    return value


def _command(_: str, value: Any) -> Json:
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return list(value)
    if not isinstance(value, str) or not value.strip() or value in _TRUE | _FALSE:
        return None
    try:
        words = shlex.split(value)
    except ValueError:
        words = []
    return ["sh", "-c", value] if _SHELL.search(value) or not words else list(words)


def _python(_: str, value: Any) -> Json:
    found = _CALLABLE.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}:{found[2]}" if found else None


def _truth(value: Any) -> bool | None:
    text = str(value).lower()
    return True if text in _TRUE else False if text in _FALSE else None


def _flag(*opposites: str) -> Turn:
    """Return the turn of a yes or no, which the keys *opposites* say the other way round."""

    def turn(alias: str, value: Any) -> Json:
        truth = _truth(value)
        return None if truth is None else truth != (alias in opposites)

    return turn


def _on_overlap(alias: str, value: Any) -> Json:
    if isinstance(value, dict):
        return "replace" if _truth(value.get("cancel-in-progress")) else "queue"
    word = str(value).lower()
    if word in ("skip", "queue", "replace", "allow"):
        return word
    if word == "forbid":
        return "skip"
    if alias in ("allowoverlap", "overlap", "parallel", "nooverlap") and _truth(value) is not None:
        return "allow" if _truth(value) != (alias == "nooverlap") else "skip"
    return None if not word.isdigit() else "allow" if int(word) > 1 else "skip"


def _catch_up(alias: str, value: Any) -> Json:
    if str(value) in ("skip", "latest", "all"):
        return str(value)
    yes, no = {"coalesce": ("latest", "all"), "catchup": ("all", "skip"), "backfill": ("all", "skip")}.get(
        alias, ("latest", "skip")
    )
    truth = _truth(value)
    return None if truth is None else yes if truth else no


def _duration(alias: str, value: Any) -> Json:
    """Return a duration; a bare number has the unit that its key says: seconds, unless it says minutes or nothing."""
    text = str(value)
    if text.isascii() and text.isdigit():
        if alias.endswith("minutes"):
            text += "m"
        elif alias.endswith(("seconds", "sec")) or alias in _IN_SECONDS:
            text += "s"
    return meant_duration(text)


_IN_SECONDS = frozenset("misfiregracetime misfiregrace retrydelay retryinterval ttlsecondsafterfinished".split())


def _day(_: str, value: Any) -> Json:
    found = _DATE.match(value) if isinstance(value, str) else None
    return found[0] if found else None


def _exceptions(_: str, value: Any) -> Json:
    given = value if isinstance(value, list) else [value]
    texts: list[Json] = []
    for one in map(str, given):
        text = one if _EXCEPTION.fullmatch(one) else f"holidays:{one}"
        if not _EXCEPTION.fullmatch(text):
            return None
        texts.append(text)
    return texts[0] if len(texts) == 1 else texts or None


def _names(_: str, value: Any) -> Json:
    given = list(value) if isinstance(value, list | dict) else [value]
    names = [str(one).partition("=")[0] for one in given]
    if isinstance(value, str) and not value.partition("=")[0].isupper():
        return None  # the name of a place to deploy to, more likely
    return list(dict.fromkeys(names)) if names and all(map(_VARIABLE.fullmatch, names)) else None


def _values(_: str, value: Any) -> Json:
    if not isinstance(value, dict) or not value:
        return None
    return dict(value) if all(isinstance(one, str) for one in value.values()) else None


def _number(_: str, value: Any) -> Json:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 and int(text) > 0 else None


def _retries(alias: str, value: Any) -> Json:
    if alias in ("backoff", "retrydelay", "retryinterval"):
        backoff = _duration(alias, value)
        return {"backoff": backoff} if backoff else None
    attempts = 0 if str(value) == "0" else _number(alias, value)
    if not isinstance(attempts, int):
        return None
    attempts += alias not in ("attempts", "maxattempts", "tries")  # others count what follows the first
    return {"attempts": attempts} if 1 <= attempts <= 100 else None


def _history(alias: str, value: Any) -> Json:
    runs = None if alias.startswith("ttl") else _number(alias, value)
    age = _duration(alias, value)
    return {"runs": runs} if runs else {"age": age} if age else None


def _list(_: str, value: Any) -> Json:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else None


TURNS: Mapping[str, Turn] = {
    **dict.fromkeys(("owner", "description", "runbook", "moved", "task", "reason", "gap", "overlap"), _text),
    "timezone": _zone,
    "when": _when,
    **dict.fromkeys(("run", "command"), _command),
    "python": _python,
    "paused": _flag("enabled", "enable", "active", "isactive"),
    "protected": _flag(),
    "on_overlap": _on_overlap,
    "catch_up": _catch_up,
    **dict.fromkeys(("grace", "jitter", "timeout", "backoff", "age", "min_interval"), _duration),
    **dict.fromkeys(("start", "end"), _day),
    "except": _exceptions,
    **dict.fromkeys(("env", "secrets"), _names),
    "with": _values,
    **dict.fromkeys(("attempts", "runs", "max_runs_per_day"), _number),
    "retries": _retries,
    "history": _history,
    **dict.fromkeys(("fires", "never"), _list),
}
"""How the value of a foreign key is turned, by the key that is written here instead."""
