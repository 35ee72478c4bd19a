"""Spellings of several words that stand for one thing: `business hours`, `end of month`, `half an hour`."""

from __future__ import annotations

from reconciler.compiler.grammar.clauses import Clock
from reconciler.compiler.grammar.scan import word_token
from reconciler.compiler.grammar.vocabulary import AMBIGUOUS_ADVERBS, FIXED_DAYS, WORDS, Token


# sequences of words that stand for one token or several; `the` is left out before they are looked for
def _text(*words: str) -> tuple[str, ...]:
    return words


_COMPOUNDS: dict[tuple[str, ...], tuple[tuple[str, object], ...]] = {
    _text("business", "hours"): (("BUSINESSHOURS", None),),
    _text("working", "hours"): (("BUSINESSHOURS", None),),
    _text("office", "hours"): (("BUSINESSHOURS", None),),
    _text("work", "hours"): (("BUSINESSHOURS", None),),
    **{
        _text(one, two): (("BUSINESSDAY", None),)
        for one in ("business", "working", "work", "week")
        for two in ("day", "days")
    },
    _text("weekend", "day"): (("WEEKEND", None),),
    _text("weekend", "days"): (("WEEKEND", None),),
    _text("nightly"): (("EVERY", None), ("DAYPART", "night")),
    _text("half", "hour"): (("NUMBER", 30), ("UNIT", "minute")),
    _text("half", "hours"): (("NUMBER", 30), ("UNIT", "minute")),
    _text("halfhour"): (("NUMBER", 30), ("UNIT", "minute")),
    _text("half", "an", "hour"): (("NUMBER", 30), ("UNIT", "minute")),
    _text("half", "hourly"): (("ADVERB", (30, "minute")),),
    _text("quarter", "hour"): (("NUMBER", 15), ("UNIT", "minute")),
    _text("quarter", "of", "an", "hour"): (("NUMBER", 15), ("UNIT", "minute")),
    _text("quarter", "hourly"): (("ADVERB", (15, "minute")),),
    _text("three", "quarters", "of", "an", "hour"): (("NUMBER", 45), ("UNIT", "minute")),
    _text("hour", "and", "a", "half"): (("NUMBER", 90), ("UNIT", "minute")),
    _text("half", "-", "hour"): (("NUMBER", 30), ("UNIT", "minute")),
    _text("half", "-", "hourly"): (("ADVERB", (30, "minute")),),
    _text("quarter", "-", "hour"): (("NUMBER", 15), ("UNIT", "minute")),
    _text("quarter", "-", "hourly"): (("ADVERB", (15, "minute")),),
    **{
        (edge, "of", *every, unit): (("ORDINAL", day), ("UNIT", "day"), ("IN", None), ("EVERY", None), ("UNIT", unit))
        for edge, day in (("start", 1), ("beginning", 1), ("end", -1))
        for every in ((), ("a",), ("every",), ("each",))
        for unit in ("quarter", "year")
    },
    **{
        (edge, "of"): (("EDGEOF", value),)
        for edge, value in (("start", "start"), ("beginning", "start"), ("end", "end"), ("middle", "middle"))
    },
    _text("half", "year"): (("UNIT", "half-year"),),
    _text("half", "-", "year"): (("UNIT", "half-year"),),
    _text("half", "yearly"): (("ADVERB", (1, "half-year")),),
    _text("half", "-", "yearly"): (("ADVERB", (1, "half-year")),),
    **{
        (prefix, *dash, word.removeprefix(prefix)): (("AMBIGUOUS", word),)
        for word in AMBIGUOUS_ADVERBS
        for prefix in ("bi", "semi", "tri")
        for dash in (("-",), ())
        if word.startswith(prefix)
    },
    _text("semi", "-", "annually"): (("ADVERB", (1, "half-year")),),
    **{
        (edge, "of", *every, "month"): (("MONTHDAY", day), ("OFMONTH", None))
        for edge, day in (("start", 1), ("beginning", 1), ("middle", 15), ("end", -1))
        for every in ((), ("a",), ("every",), ("each",))
    },
    _text("month", "end"): (("MONTHDAY", -1), ("OFMONTH", None)),
    _text("month", "-", "end"): (("MONTHDAY", -1), ("OFMONTH", None)),
    _text("mid", "month"): (("MONTHDAY", 15), ("OFMONTH", None)),
    _text("mid", "-", "month"): (("MONTHDAY", 15), ("OFMONTH", None)),
    _text("midmonth"): (("MONTHDAY", 15), ("OFMONTH", None)),
    _text("but", "not"): (("EXCEPT", None),),
    _text("but", "only"): (("AND", None),),
    _text("excl", "."): (("EXCEPT", None),),
    _text("save", "for"): (("EXCEPT", None),),
    _text("with", "exception", "of"): (("EXCEPT", None),),
    **dict.fromkeys(
        (
            ("only", "if"),
            ("only", "if", "a"),
            ("only", "if", "on", "a"),
            ("if", "it", "is", "a"),
            ("only", "if", "it", "is", "a"),
            ("only", "if", "it", "is"),
            ("if", "it", "is"),
            ("if", "a"),
            ("if", "on", "a"),
            ("only", "when", "it", "is", "a"),
            ("when", "it", "is", "a"),
            ("if", "that", "is", "a"),
            ("when", "that", "is", "a"),
            ("that", "is", "a"),
            ("that", "falls", "on", "a"),
            ("that", "fall", "on", "a"),
            ("falls", "on", "a"),
            ("falling", "on", "a"),
        ),
        (("FALLING", None),),
    ),
    **{
        _text("but", word): (("EXCEPT", None), (kind, value))
        for word, (kind, value) in WORDS.items()
        if kind in ("WEEKDAY", "WEEKEND", "BUSINESSDAY")
    },
    **{
        _text("all", word): (("EVERY", None), (kind, value))
        for word, (kind, value) in WORDS.items()
        if kind in ("WEEKDAY", "WEEKEND", "BUSINESSDAY") or word == "days"
    },
    **{_text(*words): (("IN", None), ("EVERY", None)) for words in (("for", "every"), ("for", "each"))},
    _text("every", "date"): (("EVERY", None), ("UNIT", "day")),
    _text("every", "single"): (("EVERY", None),),
    _text("each", "single"): (("EVERY", None),),
    **dict.fromkeys(
        (
            _text("every", "day", "of", "week"),
            _text("each", "day", "of", "week"),
            *(_text(number, "days", per, "week") for number in ("7", "seven") for per in ("a", "per")),
        ),
        (("EVERY", None), ("UNIT", "day")),
    ),
    _text("m", "-", "f"): (("WEEKDAY", 0), ("TO", None), ("WEEKDAY", 4)),
    _text("mwf"): (("WEEKDAY", 0), ("WEEKDAY", 2), ("WEEKDAY", 4)),
    _text("other", "than"): (("EXCEPT", None),),
    _text("apart", "from"): (("EXCEPT", None),),
    _text("except", "for"): (("EXCEPT", None),),
    _text("local", "time"): (("WORD", None),),
    _text("as", "well", "as"): (("AND", None),),
    _text("and", "also"): (("AND", None),),
    _text("up", "to"): (("UNTIL", None),),
    _text("up", "until"): (("UNTIL", None),),
    _text("as", "of"): (("STARTING", None),),
    _text("ending", "at"): (("UNTIL", None),),
    _text("ending", "on"): (("UNTIL", None),),
    _text("counted", "from"): (("COUNTED", None),),
    _text("counted", "from", "week", "of"): (("COUNTED", None),),
    _text("falling", "on"): (("FALLING", None),),
    **{_text(one, two): (("IN", None),) for one in ("in", "of", "during") for two in ("a", "an")},
    **{
        (*words, *unit): (("OFFSET", ("minute", (minute,))), ("EVERY", None), ("UNIT", "hour"))
        for words, minute in ((("quarter", "past"), 15), (("half", "past"), 30), (("quarter", "to"), 45))
        for unit in (("every", "hour"), ("each", "hour"), ("hour",))
    },
    **{
        ("once", adverb): (("ONCE", None), ("ADVERB", value))
        for adverb, (kind, value) in WORDS.items()
        if kind == "ADVERB" and adverb != "everyday"
    },
    **{
        (every, noun): (("EVERY", None), ("UNIT", "day"), ("CLOCK", value))
        for every in ("every", "each")
        for noun, (kind, value) in WORDS.items()
        if kind == "CLOCK"
    },
    **{("once", per): (("ONCE", None), ("EVERY", None)) for per in ("every", "each", "per", "a", "an")},
    _text("twice", "a"): (("NUMBER", 2), ("TIMES", None), ("EVERY", None)),
    _text("twice", "an"): (("NUMBER", 2), ("TIMES", None), ("EVERY", None)),
    _text("twice", "per"): (("NUMBER", 2), ("TIMES", None), ("EVERY", None)),
    _text("twice", "daily"): (("NUMBER", 2), ("TIMES", None), ("EVERY", None), ("UNIT", "day")),
    _text("thrice", "a"): (("NUMBER", 3), ("TIMES", None), ("EVERY", None)),
    _text("times", "a"): (("TIMES", None), ("EVERY", None)),
    _text("times", "an"): (("TIMES", None), ("EVERY", None)),
    _text("times", "per"): (("TIMES", None), ("EVERY", None)),
    _text("times", "daily"): (("TIMES", None), ("EVERY", None), ("UNIT", "day")),
    **{tuple(name.split()): (("FIXEDDAY", day),) for name, day in FIXED_DAYS.items()},
    _text("on", "hour"): (("OFFSET", ("minute", (0,))),),
    **{
        (*words, *hour): (("OFFSET", ("minute", (30,))),)
        for words in (("on", "half"), ("at", "half"))
        for hour in (("hour",), ("-", "hour"))
    },
    **{
        (*edge, "of", *every, "hour"): (
            ("OFFSET", ("minute", (0,))),
            *((("EVERY", None), ("UNIT", "hour")) if every else ()),
        )
        for edge in (("top",), ("start",), ("beginning",))
        for every in ((), ("every",), ("each",), ("a",))
    },
    _text("day", "-", "of", "-", "month"): (("UNIT", "day"),),
    _text("mid", "-", "day"): (("CLOCK", 12),),
}
_LONGEST: dict[str, int] = {}
"""How many words the longest spelling has that begins with a word."""
for _pattern in _COMPOUNDS:
    _LONGEST[_pattern[0]] = max(len(_pattern), _LONGEST.get(_pattern[0], 0))


def compounds(found: list[Token]) -> list[Token]:
    """Replace compound spellings, and words joined by a slash, by their tokens."""
    flat: list[Token] = []
    for token in found:
        if token.kind == "SLASHED":
            flat += _parted(token)
        else:
            flat.append(token)
    out: list[Token] = []
    index = 0
    while index < len(flat):
        size = _compound_at(flat, index)
        if size:
            parts = flat[index : index + size]
            pattern = tuple(token.text for token in parts)
            out += [made._replace(start=parts[0].start, end=parts[-1].end) for made in _MADE[pattern]]
            index += size
        else:
            out.append(flat[index])
            index += 1
    return out


def _parted(token: Token) -> list[Token]:
    """Return `mon/wed` as its words and the slashes between them."""
    found: list[Token] = []
    place = token.start
    for part in token.text.split("/"):
        if found:
            found.append(Token("PUNCT", None, "/", place - 1, place))
        if part:
            found.append(word_token(part, place, place + len(part)))
        place += len(part) + 1
    return found


def _compound_at(flat: list[Token], index: int) -> int:
    longest = _LONGEST.get(flat[index].text, 0)
    words = tuple([token.text for token in flat[index : index + longest]])
    for size in range(len(words), 0, -1):
        if words[:size] in _COMPOUNDS:
            return size
    return 0


def _made(pattern: tuple[str, ...], kind: str, value: object) -> Token:
    if kind == "CLOCK":
        assert isinstance(value, int)
        value = Clock(value, sure=True, halved=True)
    return Token(kind, value, " ".join(pattern))


_MADE = {pattern: [_made(pattern, kind, value) for kind, value in made] for pattern, made in _COMPOUNDS.items()}
