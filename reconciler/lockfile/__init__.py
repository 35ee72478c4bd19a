"""The lockfile: what was compiled, as people review it and as production reads it.

YAML by shape, read line by line: ids at column 0 so that every diff hunk names its schedule, one fact a
line as `key: JSON`, a stable field last so that neighbouring edits merge. `loads` accepts only what
`dumps` writes, and the checksum of an entry covers everything else in it, its id included: a hand edit,
a stale merge or a dropped field is found and named.
"""

from reconciler.lockfile.declared import as_declared, calendars_of, clash, own_timing
from reconciler.lockfile.entries import (
    checksum,
    dst_to_json,
    entry_from_json,
    entry_to_json,
    instant_text,
    limits_to_json,
    lock_digest,
    rule_to_json,
    run_to_json,
)
from reconciler.lockfile.files import FILENAME, decoded, read, read_text, write, write_atomically
from reconciler.lockfile.freezes import freeze_checksum, freeze_from_json, freeze_text
from reconciler.lockfile.freshness import answers, entry_id, freeze_answers, held, new_entry, renewed, stale
from reconciler.lockfile.merging import Merged, merge, merged_text
from reconciler.lockfile.text import VERSION, Reader, dumps, is_newer, loads, salvage

__all__ = [
    "FILENAME",
    "VERSION",
    "Merged",
    "Reader",
    "answers",
    "as_declared",
    "calendars_of",
    "checksum",
    "clash",
    "decoded",
    "dst_to_json",
    "dumps",
    "entry_from_json",
    "entry_id",
    "entry_to_json",
    "freeze_answers",
    "freeze_checksum",
    "freeze_from_json",
    "freeze_text",
    "held",
    "instant_text",
    "is_newer",
    "limits_to_json",
    "loads",
    "lock_digest",
    "merge",
    "merged_text",
    "new_entry",
    "own_timing",
    "read",
    "read_text",
    "renewed",
    "rule_to_json",
    "run_to_json",
    "salvage",
    "stale",
    "write",
    "write_atomically",
]
