"""Keys of other tools: what cron, systemd, Kubernetes, Airflow or GitHub call it, and the line to write here instead.

Names are compared without case, dashes and underscores. The line holds the person's own value, turned into what the
key here takes; where it cannot be turned, the line is an example.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reconciler.declaration.foreign_values import TURNS, flow
from reconciler.declaration.typed import typed
from reconciler.declaration.validating import fits_part
from reconciler.declaration.yaml_nodes import Mapping as YamlMapping
from reconciler.declaration.yaml_nodes import parse_any
from reconciler.model import Json

_SCHEDULE = """
when: schedule cron crontab at every interval rate frequency expression cronexpression scheduleexpression
when: scheduleinterval oncalendar time trigger timing runat
run: command cmd script shell exec execstart entrypoint argv program
task: uses taskname
timezone: tz zone timezoneid crontz location
paused: enabled disabled enable disable active isactive inactive suspend suspended ispaused
on_overlap: concurrency concurrencypolicy maxinstances maxactiveruns maxconcurrency overlap allowoverlap
on_overlap: nooverlap parallel overlappolicy
catch_up: coalesce persistent catchup backfill runmissed misfire
grace: misfiregracetime misfiregrace startingdeadlineseconds startdeadline
with: args kwargs params parameters arguments variables vars inputs values
owner: team maintainer maintainers contact owners responsible author
jitter: randomizeddelaysec randomizeddelay randomdelay splay
except: holidays skip exclude excludes excluding skipdates excludedates blackout noton
start: startdate begin from starts since notbefore startsat validfrom
end: until enddate stop ends expires expiresat notafter validuntil
retries: retry maxretries retrycount numretries attempts maxattempts tries backofflimit backoff retrydelay retryinterval
timeout: timelimit maxruntime activedeadlineseconds timeoutminutes timeoutseconds executiontimeout maxduration
timeout: runtimemaxsec timeoutstartsec
env: environment environmentvariables envvars envs
secrets: secret
description: desc title comment summary doc note notes
runbook: runbookurl playbook docs documentation url link
moved: renamed movedfrom renamedfrom previously oldid oldname
protected: protect critical preventdelete
history: historylimit successfuljobshistorylimit failedjobshistorylimit retention keepruns ttlsecondsafterfinished
expect: test tests assert expected
dst: daylightsaving dstpolicy
"""
_TASK = """
command: run cmd script shell exec execstart entrypoint argv program
python: function func callable handler
"""
_SECTIONS = """
schedules: jobs job schedule cron crons crontab timers timer entries dags
tasks: task command commands scripts functions
timezone: tz zone crontz
defaults: default common options settings defaultargs
conventions: convention
policy: policies limits rules
freeze: freezes blackout maintenance
"""
_NESTED = {
    "retries": "attempts: max count maxattempts tries limit maxretries times retries\n"
    "backoff: delay wait pause interval sleep retrydelay",
    "history": "runs: keep max count limit\nage: ttl retention maxage duration",
    "expect": "fires: fire at runs on includes times\nnever: not excludes except noton",
    "dst": "gap: spring missing skipped\noverlap: autumn fall repeated twice",
    "policy": "min_interval: interval minimum every\nmax_runs_per_day: maxruns limit perday",
    "freeze": "when: schedule at during\ntimezone: tz zone\nreason: description comment why",
}
_WORDS = """
python function func callable handler | declare it under `tasks:`, with `python: module:function`, for `task:`
tags tag labels label category | there are no tags; `description:` and `owner:` are shown wherever the schedule is
user uid username runas runasuser group | jobs run as the user of the daemon
alert alerts notify notifications onfailure onsuccess slack email webhook | nobody is told by itself; `owner:` and \
`runbook:` are shown wherever the schedule is
workdir workingdirectory workingdir cwd directory chdir | jobs run in the project's directory
dependson needs after upstream requires | schedules do not wait for one another; let one `run:` do both
priority nice weight queue pool | there are no priorities and no queues; leave it out
image container resources cpu memory | jobs are processes on the daemon's machine; let `run:` start the container
log logs logfile output stdout stderr | the output of each run is kept; `reconcile logs RUN` shows it
name id displayname | the name of a schedule is the key above it; a text about it is its `description:`
version apiversion kind metadata spec | leave it out; a file has `timezone:`, `schedules:`, `tasks:` and the like
"""


def _aliases(table: str) -> dict[str, str]:
    rows = (line.partition(": ") for line in table.strip().splitlines())
    return {alias: target for target, _, aliases in rows for alias in aliases.split()}


_FOR_SCHEDULES = _aliases(_SCHEDULE)
ALIASES: Mapping[str, Mapping[str, str]] = {
    "schedule": _FOR_SCHEDULES,
    "defaults": _FOR_SCHEDULES,
    "task": {**_FOR_SCHEDULES, **_aliases(_TASK)},
    "file": _aliases(_SECTIONS),
    **{place: _aliases(table) for place, table in _NESTED.items()},
}
"""For each place of a file the keys of other tools, without case and signs, and what is written here for them."""
_SAID = {
    name: words.strip()
    for line in _WORDS.strip().splitlines()
    for names, _, words in [line.partition("|")]
    for name in names.split()
}


def instead(
    name: str, entry: Mapping[str, Any], path: tuple[str | int, ...], known: Mapping[str, Mapping[str, Any]]
) -> str | None:
    """Return what to write for the key *name* of *entry*, None if no tool is known that has it.

    *path* leads to *entry*, and *known* are the schemas of the keys that may stand there.
    """
    if path and isinstance(path[0], int):
        return None  # a list of phrases, which no other tool has
    place, plain = _place(path), _plain(name)
    target = next((key for key in known if _plain(key) == plain), None) or ALIASES.get(place, {}).get(plain)
    if target in known:
        return _line(str(target), plain, entry, name, known[str(target)])
    if target is None and plain in _SAID:
        return _SAID[plain]
    return _elsewhere(target or plain, place)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _place(path: tuple[str | int, ...]) -> str:
    match path:
        case ():
            return "file"
        case ("schedules", str()):
            return "schedule"
        case ("tasks", str()):
            return "task"
        case _:
            return str(path[-1])


def _elsewhere(key: str, place: str) -> str | None:
    """Return where a key stands that is known, but not at this *place*."""
    plain = _plain(key)
    for target in () if place == "schedule" else _FOR_SCHEDULES.values():
        if _plain(target) == plain:
            return f"`{target}:` stands in a schedule"
    if place != "file" and plain in ALIASES["file"].values():
        return f"`{plain}:` stands at the beginning of a line, beside `schedules:`"
    return None


def _line(target: str, alias: str, entry: Mapping[str, Any], name: str, schema: Mapping[str, Any]) -> str:
    value = entry[name]
    if target == "with" and isinstance(value, list) and isinstance(entry.get("run"), list):
        return f"write `run: {flow([*entry['run'], *value])}`"
    turned = TURNS[target](alias, value) if target in TURNS else None
    if turned is None and alias == _plain(target) and isinstance(value, dict):
        turned = value
    line = f"{target}: {flow(turned)}"
    if turned is None or len(line) > _LONGEST or not _accepted(line, schema):
        return _example(target, schema)
    return f"write `{line}`{_NOTES.get(target, '')}"


def _accepted(line: str, schema: Mapping[str, Any]) -> bool:
    """Return whether the value of the YAML *line* fits *schema*: no hint may lead to the next problem."""
    root = parse_any(line, "")
    assert isinstance(root, YamlMapping)
    (node,) = root.values.values()
    return fits_part(typed(node, dict(schema)), dict(schema))


_LONGEST = 200
_NOTES = {
    **dict.fromkeys(("env", "secrets"), "; their values come from the environment of the daemon"),
    "retries": "; the first try counts",
}


def _example(target: str, schema: Mapping[str, Any]) -> str:
    if schema.get("type") == "object" and target in ALIASES["file"].values():
        return f"write `{target}:`"
    examples: list[Json] = [*schema.get("examples", ()), *([schema["default"]] if "default" in schema else ())]
    return f"write for example `{target}: {flow(examples[0])}`" if examples else f"write `{target}:`"
