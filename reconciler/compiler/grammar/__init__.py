"""Phrases read deterministically: every word understood, or a Question.

reader       phrase -> Reading or Question; the door of this room
scan, zones, holidays, compounds, numbers, tokens    text -> tokens; `vocabulary` has the words
phrase.lark, builder, clauses                        tokens -> clauses
gather, draft                                        clauses -> what each part of the phrase says
clock, times, days, positions, readings              what is said -> timing
crontab, dialects            schedules that are written for a program take the short way
"""

from reconciler.compiler.grammar.reader import read

__all__ = ["read"]
