"""Schedules in the notations of other programs, each recognised by name.

recognising  phrase -> who reads it, or nobody if it is English; the door of this room
lines        cron fields, five to seven of them, and what surrounds them: a zone, a command, `cron(...)`
programs     who reads how many fields in which order, and what follows where they disagree
items        one field of a line: the values that it allows
spread       Jenkins's `H` and cron's `~`, which leave the choice of a time to the program
counted      intervals that count from a start: `@every`, `rate(...)`, ISO 8601, systemd's timers
calendars    systemd's `OnCalendar=`
recurrences  iCalendar's `RRULE`
advice       a timing as its author should write it
"""

from reconciler.compiler.grammar.dialects.recognising import reader_of, unwrapped

__all__ = ["reader_of", "unwrapped"]
