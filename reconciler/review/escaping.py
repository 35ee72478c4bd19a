"""How what people wrote is quoted in the places a report goes to, so that none of it acts there.

Phrases, ids, commands and branch names of a fork are untrusted: in a log they could be workflow commands, in
Markdown images, links, HTML or mentions, on a terminal escape codes.
"""

from __future__ import annotations

import re
from itertools import groupby

from reconciler.review.text import safe

_LONGEST = 300
_PLAIN = re.compile(r"(?:(?!##\[)[^`|\\])+")  # a report may be printed into a log, where `##[` begins a command
_NOT_A_WORD = re.compile(r"[^A-Za-z0-9 ]")
# no sign that begins anything in Markdown, and no address: `:` and `/` only within words, `.` only at the end
_WORD = re.compile(r"""[("']*[A-Za-z0-9+→%…-]+(?:[/:,'][A-Za-z0-9]+)*[)"',;:.]*""")
_BLANK = "-"


def shown(text: str) -> str:
    """Return *text* without anything that does not print, cut to what a person reads."""
    clean = safe(text)
    return clean if len(clean) <= _LONGEST else f"{clean[:_LONGEST]}… ({len(clean):,} characters)"


def for_log(text: str) -> str:
    """Return *text* for a line of a log, after a word of ours: GitHub finds `##[command]` anywhere in a line."""
    return shown(text).replace("##[", "#\\x23[")


def code(text: str) -> str:
    """Return *text* as code in Markdown, in a table too: within code there are no links, mentions and images."""
    clean = shown(text).strip(" ") or _BLANK
    return f"`{clean}`" if _PLAIN.fullmatch(clean) else html_code(text)


def html_code(text: str) -> str:
    """Return *text* as `<code>` for where HTML stands in Markdown; every sign is an entity, so that it is only text."""
    clean = shown(text).strip(" ") or _BLANK
    return f"<code>{_NOT_A_WORD.sub(_entity, clean)}</code>"


def prose(text: str) -> str:
    """Return a sentence of ours that may quote people, as Markdown: words stay words, anything else is code."""
    parts = re.split("`([^`]*)`", shown(text))
    return "".join(code(part) if at % 2 else _words(part) for at, part in enumerate(parts))


def _words(text: str) -> str:
    done = []
    for plain, run in groupby(
        re.split(r"( +)", text), key=lambda word: not word.strip() or bool(_WORD.fullmatch(word))
    ):
        part = "".join(run)
        done.append(part if plain else code(part))
    return "".join(done)


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def in_fence(text: str) -> str:
    """Return *text* as a line within a fenced block of Markdown: no run of backticks can end it."""
    return shown(text).replace("```", "`\u200a`\u200a`").replace("~~~", "~\u200a~\u200a~")
