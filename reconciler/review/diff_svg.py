"""The coming week as a picture: for each changed schedule a row of ticks before and a row after.

Standard library only, no script, no link, nothing loaded: hosts show it as an image. Ticks closer than a pixel
are one tick, so that a job of every second draws no more than the width.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree as ET

from reconciler.review.changes import Report, ScheduleChange, Side
from reconciler.review.diff_words import verdict
from reconciler.review.escaping import for_log
from reconciler.review.text import plural
from reconciler.timing import paused_in_git, week_load

_LEFT, _WIDTH, _TOP, _ROW = 230, 700, 58, 34
_MINUTES = 7 * 24 * 60
_MOST = 40
_STYLE = (
    "text{font:12px sans-serif;fill:#24292f}.s{font-size:10px;fill:#57606a}.b{stroke:#cf222e}.a{stroke:#1a7f37}"
    ".g{stroke:#d0d7de}.p{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#8d96a0}"
    ".b{stroke:#f85149}.a{stroke:#3fb950}.g{stroke:#30363d}.p{fill:#0d1117}}"
)


def diff_svg(report: Report) -> str:
    """Return the timeline of *report* as one SVG document."""
    shown = [one for one in report.changes if not one.fires_alike][:_MOST]
    hidden = sum(1 for one in report.changes if not one.fires_alike) - len(shown)
    height = _TOP + _ROW * len(shown) + 24
    size = {"width": str(_LEFT + _WIDTH + 20), "height": str(height)}
    box = f"0 0 {size['width']} {height}"
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "viewBox": box, **size})
    ET.SubElement(root, "title").text = for_log(verdict(report))
    ET.SubElement(root, "style").text = _STYLE
    ET.SubElement(root, "rect", {"class": "p", "width": "100%", "height": "100%"})
    _text(root, 10, 20, verdict(report))
    _days(root, report, height)
    for row, change in enumerate(shown):
        _schedule(root, change, report, _TOP + _ROW * row)
    told = "no fire time changes" if not shown else "red: before, green: after; times are UTC"
    more = f"; {plural(hidden, 'more schedule')}" if hidden else ""
    _text(root, 10, height - 8, told + more, "s")
    return ET.tostring(root, encoding="unicode") + "\n"


def _days(root: ET.Element, report: Report, height: int) -> None:
    start = report.now.replace(second=0, microsecond=0)
    midnight = start.replace(hour=0, minute=0) + timedelta(days=1)
    for day in range(7):
        at = midnight + timedelta(days=day)
        x = _x((at - start) // timedelta(minutes=1))
        line = {"x1": str(x), "x2": str(x), "y1": str(_TOP - 12), "y2": str(height - 22), "class": "g"}
        ET.SubElement(root, "line", line)
        _text(root, x + 3, _TOP - 8, f"{at:%a %d %b}", "s")


def _schedule(root: ET.Element, change: ScheduleChange, report: Report, top: int) -> None:
    name = change.id if len(change.id) <= 32 else f"{change.id[:31]}…"
    _text(root, 10, top + 18, name)
    for side, kind, y in ((change.before, "b", top + 3), (change.after, "a", top + 16)):
        if side is not None:
            path = {"d": "".join(_ticks(side, report, y)), "class": kind, "fill": "none"}
            element = ET.SubElement(root, "path", path)
            ET.SubElement(element, "title").text = for_log(side.entry.means)


def _ticks(side: Side, report: Report, y: int) -> Iterator[str]:
    if paused_in_git(side.entry, report.now):
        return
    start = report.now.replace(second=0, microsecond=0)
    for x in sorted({_x(minute) for minute in week_load(side.entry.timing, start).minutes}):
        yield f"M{x} {y}v11"


def _x(minute: int) -> int:
    return _LEFT + minute * _WIDTH // _MINUTES


def _text(root: ET.Element, x: int, y: int, text: str, kind: str = "") -> None:
    attributes = {"x": str(x), "y": str(y)} | ({"class": kind} if kind else {})
    ET.SubElement(root, "text", attributes).text = for_log(text)
