"""What stands in front of a schedule: that something runs, and what. `Run the orders backup every day at 9am`.

It is read only in front of the first clause, is at most eight words long, and is stated as an assumption that
quotes it. A word that may bear on the schedule is never part of it.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from reconciler.compiler.grammar.clauses import Refused
from reconciler.compiler.grammar.vocabulary import AMBIGUOUS_ADVERBS, ARTICLES, GLUE_WORDS, REFUSED_WORDS, WORDS, Token

MOST_WORDS = 8
_VERBS = (
    "run fire execute start trigger launch do perform invoke call schedule send email mail post notify remind "
    "alert backup back dump copy archive clean cleanup purge prune delete remove rotate renew refresh rebuild "
    "build compile sync synchronise synchronize check poll ping probe test verify validate scan warm fetch "
    "download upload import export generate create make publish deploy restart reload reindex index vacuum "
    "update compute calculate collect process report snapshot drain flush reset pull push monitor measure analyze "
    "analyse ingest load move mirror replicate restore sweep trim truncate migrate crawl scrape index train"
).split()
# that it runs, without a word on what: in front these say nothing
RUNNING = frozenset(
    (
        "run runs running fire fires firing fired execute executes executing executed trigger triggers triggered "
        "invoke invokes invoked launch launches launched schedule schedules scheduled start starts started is are be "
        "gets will should must shall to for it job jobs task cron cronjob script workflow pipeline it's"
    ).split()
)
_NOUNS = frozenset("job task cron cronjob script workflow pipeline".split())
_SAYS_THAT_IT_RUNS = RUNNING - frozenset(
    "is are be gets will should must shall to for it job jobs task cron cronjob script workflow pipeline it's".split()
)


def _forms(verb: str) -> set[str]:
    """Return *verb* as people begin a sentence with it: `run`, `runs`, `copies`, `backed`, `running`."""
    stem = verb.removesuffix("e")
    third = (
        f"{verb[:-1]}ies"
        if verb[-1] == "y" and verb[-2] not in "aeiou"
        else f"{verb}es"
        if verb[-1] in "shxz"
        else f"{verb}s"
    )
    return {verb, third, f"{stem}ing", f"{stem}ed"}


VERBS = frozenset(form for verb in _VERBS for form in _forms(verb)) | _SAYS_THAT_IT_RUNS
_BEARS = frozenset(
    (
        # negation, exclusion, condition
        "omitting dropping minus bar leaving non none nothing exempt barring save opposite sans whereas instead "
        "rather otherwise else despite although though however lest provided assuming subject pending depending "
        # how many, how much, which
        "all any both few fewer less least many more most much multiple numerous others several single some such "
        "double triple whole entire alternating consecutive successive remaining rest another same different "
        "certain various approx approximate circa ca almost maximum minimum max up "
        # time, order, frequency
        "earlier earliest late latest since again ahead already annual century current decade delayed due "
        "eventual ever fiscal following former forthcoming frequent initial intermittent lunch lunchtime moment "
        "occasional overdue overnight periodic periodical preceding previous prior rare recent recurring regular "
        "seldom shift under sporadic subsequent sudden temporary then usual period term season summer winter "
        "spring autumn fall semi "
        # state
        "disable disabled disables disabling enable enabled inactive active off paused pause pausing suspend "
        "suspended stopped stop stops stopping stopped cancel cancelled canceled deprecated obsolete retired skip "
        "skipped skips omit omitted ignore ignored ignoring disregard forbid forbidden prevent prevented avoid "
        "refuse refused deny denied manual broken dormant idle halted deferred postponed optional tentative "
        "provisional default doesn't didn't won't can't cannot shouldn't isn't aren't that these those what which "
        "who why how perhaps just yet still"
    ).split()
)
"""Words that bear on when something runs, beside those that the vocabulary has."""
PREFIXES = frozenset(
    "non un anti bi semi mid pre post re sub multi half quasi ex co ante inter intra over under pseudo near all self "
    "tri quad ultra super trans counter".split()
)


# a word that ends as one of ours does has it in it: `nonbusiness`, `midweekday`
_TELLING = ("WEEKDAY", "WEEKEND", "BUSINESSDAY", "UNIT", "ADVERB", "DAYPART")
_ENDINGS = ("business", *(word for word, (kind, _) in WORDS.items() if kind in _TELLING and len(word) > 4))


class Front(NamedTuple):
    """What stands in front: its tokens, how many of them, and the words for what is run, if there are any."""

    tokens: tuple[Token, ...]
    described: str | None


_NONE = Front((), None)


def front_of(found: list[Token], phrase: str) -> Front:
    """Return what stands before the first word of *found* that bears on the schedule.

    Raises Refused for a word that may bear on it and may not.
    """
    size = 0
    while size < len(found) and _may_describe(found, size):
        size += 1
    if not size or size == len(found):
        return _NONE
    tokens = found[:size]
    words = tokens[:-1] if _ends_label(tokens) else tokens
    if not (len(words) < size or any(word.text in VERBS for word in (words[0], words[-1]))):
        return _NONE
    if words[-1].text == "to":
        raise Described(words[-1])
    said = _without_running(words)
    if said and found[size].text == "of":
        raise Described(said[-1])  # `start banana of every week`: what is described goes on behind it
    for at, token in enumerate(said):
        verb = (
            token.text in VERBS
            or token.text in RUNNING
            or token.text in ARTICLES
            or (token.text == "up" and at > 0 and said[at - 1].text in VERBS)
        )
        _check(token, said[at + 1] if at + 1 < len(said) else found[size], verb=verb)
    if len([token for token in said if token.kind != "PUNCT"]) > MOST_WORDS:
        raise Refused(
            f"more than {MOST_WORDS} words stand before the schedule",
            "say what is run in `description:`, and here only when: `every day at 09:00`",
        )
    described = phrase[said[0].start : said[-1].end] if said else None
    return Front(tuple(tokens), described)


def _may_describe(found: list[Token], index: int) -> bool:
    """Return whether the token may belong to a description: a word, or what stands between the words of one."""
    token = found[index]
    if token.kind == "WORD" or token.text in RUNNING:
        return True
    if index == 0:
        return False
    following = found[index + 1] if index + 1 < len(found) else None
    if token.kind in ("FROM", "AND", "ON"):  # users from LDAP and from disk
        return following is not None and following.kind == "WORD" and not bears(following.text)
    return token.kind == "PUNCT" and token.text in ".-'_:,"


def _ends_label(tokens: list[Token]) -> bool:
    """Return whether the last of *tokens* ends a label: `Backup:`, `Backup -`, `Orders backup,`."""
    last = tokens[-1]
    match last.text:
        case ":":
            return True
        case "-":
            return len(tokens) > 1 and last.start > tokens[-2].end
        case ",":
            return len([token for token in tokens if token.kind == "WORD"]) > 1
    return False


def _without_running(words: list[Token]) -> list[Token]:
    first, last = 0, len(words)
    if words[0].text == "this" and len(words) > 1 and words[1].text in _NOUNS:
        first = 1  # `this job runs`, and never `this Friday`
    while first < last and words[first].text in RUNNING:
        first += 1
    while last > first and (words[last - 1].text in RUNNING or _divides(words, last - 1)):
        last -= 1
    return words[first:last]


def _divides(words: list[Token], index: int) -> bool:
    """Return whether a mark divides what is run from when. A dash without a space before it is that of `un-weekly`."""
    mark = words[index]
    return mark.text in (",", ":") or (mark.text == "-" and index > 0 and words[index - 1].end < mark.start)


def _check(token: Token, following: Token, *, verb: bool) -> None:
    """Raise Refused if *token* may bear on the schedule that follows."""
    text = token.text
    glued = following.text == "-" and following.start == token.end
    if token.kind == "WORD" and ((bears(text) and not verb) or (glued and text in PREFIXES)):
        raise Described(token)
    if token.kind == "PUNCT" and text == "-" and following.kind not in ("WORD", "PUNCT"):
        raise Described(token)


def bears(text: str) -> bool:
    """Return whether the word *text* may bear on when something runs, known to the grammar or not."""
    known = text in _BEARS or text in GLUE_WORDS or text in REFUSED_WORDS or text in AMBIGUOUS_ADVERBS
    return known or text.endswith("ly") or text.endswith(_ENDINGS) or _is_near(text)


class Described(Refused):
    """A word before the schedule that is no part of a description."""

    def __init__(self, token: Token) -> None:
        super().__init__(
            f"`{token.text}` may bear on when it runs, and is not understood",
            "say what is run in `description:`, and here only when it runs",
            at=token,
        )


@lru_cache(maxsize=4096)
def _is_near(text: str) -> bool:
    """Return whether *text* may be a misspelt weekday, month, unit or the like."""
    return len(text) > 2 and bool(get_close_matches(text, WORDS, n=1, cutoff=0.8))
