"""How well phrases are read, by family and reader: the text for people and the JSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from reconciler.lockfile import rule_to_json
from reconciler.model import Json, Question
from reconciler.review.text import Paint, columns, moment, plural, safe
from reconciler.scoring import Case, Scored, Verdict
from reconciler.timing import difference, english

_TALLY = tuple(Verdict)
_STYLE = {Verdict.RIGHT: "green", Verdict.REFUSED: "yellow", Verdict.WRONG: "red"}

Scores = Mapping[str, Sequence[Scored]]


def evaluation_json(scores: Scores, *, timezone: str) -> dict[str, Json]:
    """Return the document of `eval --json`; *scores* are those of each reader by name, *timezone* the declared one."""
    return {
        "format_version": "1.0",
        "timezone": timezone,
        "phrases": max(map(len, scores.values()), default=0),
        "readers": {name: _reader_json(scored) for name, scored in scores.items()},
    }


def _reader_json(scored: Sequence[Scored]) -> dict[str, Json]:
    return {
        **_tally_json(scored),
        "families": {family: _tally_json(members) for family, members in _by_family(scored).items()},
        "failures": [_failure_json(one) for one in scored if one.verdict is not Verdict.RIGHT],
    }


def _tally_json(scored: Sequence[Scored]) -> dict[str, Json]:
    counts = _counts(scored)
    return {"phrases": len(scored), **{verdict.value: counts[verdict] for verdict in _TALLY}}


def _failure_json(one: Scored) -> dict[str, Json]:
    origin = one.case.origin
    shown: dict[str, Json] = {
        "verdict": one.verdict.value,
        "phrase": one.case.phrase,
        "family": one.case.family,
        "file": origin.file,
        "line": origin.line,
        "column": origin.column,
        "expected": _expected(one.case),
        "got": None,
        "cron": [],
        "month_days": [],
        "interval": None,
        "message": None,
    }
    if isinstance(one.got, Question):
        return shown | {"message": one.got.message}
    return shown | {"got": english(one.got.timing), **rule_to_json(one.got.timing)}


def evaluation_text(scores: Scores, *, refused: bool, paint: Paint) -> str:
    """Return the scores as a table by family, a line a reader, and all that was wrong; with *refused* that too."""
    lines = [*_table(scores, paint), "", *_summary(scores, paint)]
    listed = (Verdict.WRONG, Verdict.REFUSED) if refused else (Verdict.WRONG,)
    for verdict in listed:
        for name, scored in scores.items():
            lines += _failures(name, verdict, scored, paint)
    if not refused and any(one.verdict is Verdict.REFUSED for scored in scores.values() for one in scored):
        lines += ["", "`--refused` lists what was refused."]
    return "\n".join(lines) + "\n"


def _by_family(scored: Sequence[Scored]) -> dict[str, list[Scored]]:
    """Return *scored* by family, in the order in which the families first come."""
    families: dict[str, list[Scored]] = {}
    for one in scored:
        families.setdefault(one.case.family, []).append(one)
    return families


def _counts(scored: Sequence[Scored]) -> Counter[Verdict]:
    return Counter(one.verdict for one in scored)


def _percent(count: int, total: int) -> str:
    """Return the share, rounded down, so that 100.0 % means every single one."""
    tenths = 1000 * count // total
    return f"{tenths // 10}.{tenths % 10} %"


def _table(scores: Scores, paint: Paint) -> list[str]:
    readers = [_by_family(scored) for scored in scores.values()]
    titles = [word.upper() for name in scores for word in (f"{name} right", "%", "refused", "wrong")]
    rows = [["FAMILY", "PHRASES", *titles]]
    for family, members in readers[0].items():
        cells = [cell for one in readers for cell in _cells(one[family])]
        rows.append([safe(family), f"{len(members):,}", *cells])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    aligned = [[row[0], *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))] for row in rows]
    head, *body = columns(aligned)
    return [paint(head, "dim"), *body]


def _cells(scored: Sequence[Scored]) -> list[str]:
    counts = _counts(scored)
    right, refused, wrong = (counts[verdict] for verdict in _TALLY)
    return [f"{right:,}", _percent(right, len(scored)).removesuffix(" %"), f"{refused:,}", f"{wrong:,}"]


def _summary(scores: Scores, paint: Paint) -> list[str]:
    rows = []
    for name, scored in scores.items():
        counts, total = _counts(scored), len(scored)
        parts = (
            _painted(f"{counts[one]:,} {one.value} ({_percent(counts[one], total)})", one, counts[one], paint)
            for one in _TALLY
        )
        rows.append([f"{name}:", f"{plural(total, 'phrase')}, " + ", ".join(parts)])
    return columns(rows, gap=" ")


def _painted(text: str, verdict: Verdict, count: int, paint: Paint) -> str:
    return paint(text, _STYLE[verdict]) if count else text


def _failures(name: str, verdict: Verdict, scored: Sequence[Scored], paint: Paint) -> Iterator[str]:
    """Yield the lines on what the reader *name* got as *verdict*."""
    found = [one for one in scored if one.verdict is verdict]
    if found:
        yield ""
        yield paint(f"{verdict.value}, {name}:", _STYLE[verdict])
    for one in found:
        yield f'{paint(f"{safe(str(one.case.origin))}:", "bold")} "{safe(one.case.phrase)}"'
        yield from _wrong_lines(one) if verdict is Verdict.WRONG else _refused_lines(one)


def _expected(case: Case) -> list[str]:
    return [english(meaning) for meaning in case.meanings] + (["a question"] if case.refusable else [])


def _refused_lines(one: Scored) -> Iterator[str]:
    for text in _expected(one.case):
        yield f"    expected  {text}"
    if isinstance(one.got, Question):
        yield f"    got       {safe(one.got.message)}"


def _wrong_lines(one: Scored) -> Iterator[str]:
    """Yield what was meant, what was read, and the first time at which the two part."""
    assert not isinstance(one.got, Question)
    for text in _expected(one.case):
        yield f"    expected  {text}"
    yield f"    got       {english(one.got.timing)}"
    for meaning in one.case.meanings:
        parting = difference(meaning, one.got.timing)
        if parting is not None:
            only = "expected" if parting.first_fires else "got"
            yield f"    part      {moment(parting.at, meaning.timezone)}, due only in what was {only}"
