"""A diff as JUnit XML: a test case for each changed schedule, which fails where somebody has to look."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from reconciler.review.change_notes import Note
from reconciler.review.changes import Report, ScheduleChange
from reconciler.review.concerns import Level
from reconciler.review.diff_text import change_text
from reconciler.review.diff_words import verdict
from reconciler.review.escaping import for_log


def diff_junit(report: Report) -> str:
    """Return *report* as one XML document; ElementTree escapes it, and nothing in it is outside of XML's characters."""
    bad = [note for note in report.notes if note.level is Level.ERROR]
    failures = len(bad) + report.need_a_look
    counts = {"tests": str(len(bad) + len(report.changes)), "failures": str(failures), "errors": "0", "skipped": "0"}
    root = ET.Element("testsuites", {"name": "reconcile diff", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": for_log(verdict(report)), **counts})
    for note in bad:
        _note(suite, note)
    for change in report.changes:
        _change(suite, change)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _note(suite: ET.Element, note: Note) -> None:
    where = note.origin.file if note.origin else "lockfile"
    case = ET.SubElement(suite, "testcase", name=for_log(note.code), classname=for_log(where))
    ET.SubElement(case, "failure", type=note.code, message=for_log(note.message))


def _change(suite: ET.Element, change: ScheduleChange) -> None:
    name = for_log(f"{change.kind.value} {change.id}")
    case = ET.SubElement(suite, "testcase", name=name, classname=for_log(change.origin.file))
    if change.concerns:
        message = "; ".join(for_log(one.message) for one in change.concerns)
        failure = ET.SubElement(case, "failure", type=change.concerns[0].code, message=message)
        failure.text = change_text(change)
