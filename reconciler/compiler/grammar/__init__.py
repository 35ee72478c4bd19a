"""Phrases read deterministically: every word understood, or a Question.

reader       phrase -> Reading or Question; the door of this room
text, scan, zones, holidays     characters -> tokens, each with its place; `vocabulary` has the words
compounds, numbers, clock_words, joining, description
             several tokens -> one; `tokens` puts them in a row, and what is run aside
phrase.lark, builder, clauses   tokens -> clauses
draft, gather, exceptions, contradictions
             clauses -> what each part of the phrase says
halves, clock, windows, times   what is said of the time of day -> fields
days, positions                 what is said of days -> fields
readings, notes                 the parts -> a timing, and what it takes for granted
accounting   every character is used by a clause, or the phrase is refused
advice, examples                what to write instead, read before it is said
crontab, dialects               schedules of other programs take the short way
"""

from reconciler.compiler.grammar.reader import read

__all__ = ["read"]
