"""Keep one comment of a pull request equal to a report: `comment.py REPORT`.

Reads GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH and GITHUB_TOKEN. Standard library only, so that
a job with a token that can write installs nothing.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

MARK = "<!-- reconcile: review of schedules -->"
AUTHOR = "github-actions[bot]"
"""Anybody can paste the mark; only GitHub's own account writes under this name."""
LONGEST = 65_000
"""GitHub refuses a comment of more than 65,536 characters."""


def call(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Return what GitHub's API answers; raise HTTPError for a refusal."""
    request = urllib.request.Request(
        f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "reconcile",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def ours(number: int) -> dict[str, Any] | None:
    """Return the comment of an earlier run, or None."""
    page = 1
    while True:
        comments = call("GET", f"issues/{number}/comments?per_page=100&page={page}")
        for comment in comments:
            author = comment.get("user") or {}
            if author.get("login") == AUTHOR and (comment.get("body") or "").startswith(MARK):
                return dict(comment)
        if len(comments) < 100:
            return None
        page += 1


def text_of(report: Path) -> str:
    """Return the comment for *report*; the mark comes first, where no cut can reach it."""
    text = f"{MARK}\n{report.read_text(encoding='utf-8')}"
    if len(text) <= LONGEST:
        return text
    return f"{MARK}\nThe report on schedules is longer than a comment may be: it is in the summary of the check.\n"


def put(number: int, text: str, *, news: bool) -> str:
    """Make the comment say *text*, or begin one if that is *news*; return what was done."""
    found = ours(number)
    if found is None and not news:
        return "no schedule changed: no comment"
    if found is None:
        call("POST", f"issues/{number}/comments", {"body": text})
        return "commented"
    if found["body"] == text:
        return "the comment says this already"
    call("PATCH", f"issues/comments/{int(found['id'])}", {"body": text})
    return "updated the comment"


def main(report: Path) -> int:
    """Comment, or say why not; a token that cannot write is no failure."""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    number = (event.get("pull_request") or {}).get("number")
    if not isinstance(number, int):
        print("not a pull request: no comment")
        return 0
    try:
        print(put(number, text_of(report), news=not (report.parent / "unchanged").exists()))
    except urllib.error.HTTPError as error:
        if error.code not in (401, 403, 404):
            raise
        print(f"::notice title=schedules::The token may not comment (HTTP {error.code}): see the summary instead.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
