"""The cases of docs/where-cron-libraries-differ.md: schedules, zones, windows, reasons. Answers are computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from reconciler.model import CalendarInterval, CronFields, Rule

Kwargs = Mapping[str, str]
NEW_YORK, BERLIN, UTC_ZONE = "America/New_York", "Europe/Berlin", "Etc/UTC"


@dataclass(frozen=True, slots=True, eq=False)  # told apart by identity, so that answers can be cached
class Case:
    """One schedule over one window (*after*, *until*], and why libraries part on it.

    *kwargs* are APScheduler's fields, one mapping for each part of a union; *line* is the same for crontab
    readers, None where that notation cannot say it. *intended* is what the author means, judged by the
    brute force, where it is not *kwargs* as written; None in it means that nothing should run.
    *others* are other sensible meanings by name. With *asks*, the next due time is asked for at each of them.
    """

    name: str
    kwargs: tuple[Kwargs, ...]
    line: str | None
    zone: str
    after: datetime
    until: datetime
    why: str
    intended: Rule | str | None = "as written"
    ours: Rule | None = None
    others: tuple[tuple[str, tuple[Kwargs, ...]], ...] = ()
    asks: tuple[datetime, ...] = ()


def at(text: str) -> datetime:
    """Return the instant that *text* names in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(after: str, until: str) -> tuple[datetime, datetime]:
    """Return the window between two instants in UTC."""
    return at(after), at(until)


def _cron(**kwargs: str) -> tuple[CronFields, ...]:
    """Return fields that are meant, with the clock at its minimum where it is not named."""
    return (CronFields(**({"hour": "0", "minute": "0"} | kwargs)),)


SPRING_NY = span("2026-03-07T17:00", "2026-03-09T05:00")
AUTUMN_NY = span("2026-10-31T17:00", "2026-11-02T07:00")
FORTNIGHT = CalendarInterval("weeks", 2, date(2026, 12, 14), (time(9),))

LOST_MONDAY, DOUBLE_RUN, TRUNCATED = "The lost Monday", "The double run", "`mon wed fri`"

CASES = (
    Case(
        LOST_MONDAY,
        ({"day_of_week": "mon"},),
        "0 0 * * 1",
        NEW_YORK,
        *span("2026-03-01T12:00", "2026-03-24T12:00"),
        "Clocks went forward on Sunday 8 March. A step that is measured on the wall clock and added in UTC"
        " lands an hour"
        " late, at 01:00 on Monday, past midnight, and so goes on to the next week.",
    ),
    Case(
        "The lost first of the month",
        ({"day": "1"},),
        "0 0 1 * *",
        BERLIN,
        *span("2026-02-15T00:00", "2026-06-15T00:00"),
        "The same step over 29 March. Where the schedule is monthly, it costs April.",
    ),
    Case(
        "An answer that depends on when one asks",
        ({"day": "1"},),
        "0 0 1 * *",
        BERLIN,
        *span("2026-03-02T12:00", "2026-06-15T00:00"),
        "The next run after 2 March, and after 31 March 12:00. Both must be 1 April: otherwise a restart"
        " changes the schedule,"
        " and a preview is not what runs.",
        asks=(at("2026-03-02T12:00"), at("2026-03-31T10:00")),
    ),
    Case(
        "Daily at 02:30, in the gap",
        ({"hour": "2", "minute": "30"},),
        "30 2 * * *",
        NEW_YORK,
        *SPRING_NY,
        "02:30 does not exist on 8 March. Running at the first instant after the gap, an hour later, or not at"
        " all are all"
        " policies; here it is `dst: {gap: after}`, and `skip` can be asked for.",
    ),
    Case(
        DOUBLE_RUN,
        ({"hour": "1", "minute": "30"},),
        "30 1 * * *",
        NEW_YORK,
        *AUTUMN_NY,
        "01:30 is shown twice on 1 November. A daily job should run once a day; `dst: {overlap: both}` asks for"
        " both by name.",
    ),
    Case(
        "Every minute from 02:00 to 04:59, through the gap",
        ({"hour": "2-4", "minute": "*"},),
        "* 2-4 * * *",
        NEW_YORK,
        *span("2026-03-08T06:30", "2026-03-08T10:30"),
        "02:00 and 03:00 on the wall are the same instant, 07:00Z. Given twice, it is run twice.",
    ),
    Case(
        "Every 15 minutes from 02:00 to 02:59, through the gap",
        ({"hour": "2", "minute": "*/15"},),
        "*/15 2 * * *",
        BERLIN,
        *span("2026-03-28T00:00", "2026-03-30T12:00"),
        "All four times of 29 March are in the gap. One run makes up for them here; others skip them.",
    ),
    Case(
        "Hourly, through the gap",
        ({"minute": "0"},),
        "0 * * * *",
        NEW_YORK,
        *span("2026-03-08T04:30", "2026-03-08T09:30"),
        "An hour is an hour: there is nothing to make up for.",
    ),
    Case(
        "Hourly, through the overlap",
        ({"minute": "0"},),
        "0 * * * *",
        NEW_YORK,
        *span("2026-11-01T03:30", "2026-11-01T08:30"),
        "01:00 is two different hours, so both are wanted.",
    ),
    Case(
        "Half an hour at Lord Howe",
        ({"hour": "1", "minute": "45"},),
        "45 1 * * *",
        "Australia/Lord_Howe",
        *span("2026-04-03T00:00", "2026-04-06T00:00"),
        "Clocks go back by 30 minutes at 02:00 on 5 April: 01:45 is shown twice.",
    ),
    Case(
        "The day Apia never had",
        ({"hour": "9"},),
        "0 9 * * *",
        "Pacific/Apia",
        *span("2011-12-28T12:00", "2012-01-01T12:00"),
        "Samoa went from 29 to 31 December 2011: the run of the 30th is made up for at the first instant of the"
        " 31st, or skipped.",
    ),
    Case(
        "Friday the 13th",
        ({"day": "13", "day_of_week": "fri"},),
        "0 0 13 * 5",
        UTC_ZONE,
        *span("2026-11-01T00:00", "2026-12-14T00:00"),
        "Named together, day and weekday are both required in APScheduler's fields, and in ours; in crontab"
        " either is enough. A"
        " crontab line keeps crontab's meaning in a `when:` here.",
        others=(("day or weekday", ({"day": "13"}, {"day_of_week": "fri"})),),
    ),
    Case(
        "Weekdays by number, `1-5`",
        ({"day_of_week": "1-5", "hour": "9"},),
        "0 9 * * 1-5",
        UTC_ZONE,
        *span("2026-11-01T00:00", "2026-11-08T00:00"),
        "Crontab counts from Sunday, APScheduler's fields (and its `from_crontab`) from Monday, as it"
        " documents. In fields we take"
        " names only; a crontab line keeps crontab's meaning in a `when:` here.",
        intended=_cron(day_of_week="mon-fri", hour="9"),
        others=(("Monday is 0", ({"day_of_week": "tue-sat", "hour": "9"},)),),
    ),
    Case(
        "`mon-fri/2`",
        ({"day_of_week": "mon-fri/2", "hour": "9"},),
        "0 9 * * mon-fri/2",
        UTC_ZONE,
        *span("2026-11-01T00:00", "2026-11-08T00:00"),
        "APScheduler stops reading at `/2`.",
        intended=_cron(day_of_week="mon,wed,fri", hour="9"),
    ),
    Case(
        TRUNCATED,
        ({"day_of_week": "mon wed fri", "hour": "9"},),
        "0 9 * * mon wed fri",
        UTC_ZONE,
        *span("2026-11-01T00:00", "2026-11-08T00:00"),
        "APScheduler stops reading at the first space.",
        intended=_cron(day_of_week="mon,wed,fri", hour="9"),
    ),
    Case(
        "`last-3`",
        ({"day": "last-3"},),
        "0 0 last-3 * *",
        UTC_ZONE,
        *span("2026-04-15T00:00", "2026-05-02T00:00"),
        "Meant is the third day before the last. APScheduler reads `last`.",
        intended=_cron(month="apr", day="27"),
    ),
    Case(
        "`2nd fri and 4th fri`",
        ({"day": "2nd fri and 4th fri"},),
        "0 0 * * fri#2 and fri#4",
        UTC_ZONE,
        *span("2026-11-01T00:00", "2026-12-01T00:00"),
        "APScheduler stops reading at `and`.",
        intended=_cron(day="2nd fri,4th fri"),
    ),
    Case(
        "No fields at all",
        ({},),
        "",
        UTC_ZONE,
        *span("2026-11-01T00:00", "2026-11-01T00:00:05"),
        "An empty answer of a model or an empty mapping in YAML must not be a job that runs every second.",
        intended=None,
    ),
    Case(
        "30 February",
        ({"month": "feb", "day": "30"},),
        "0 0 30 2 *",
        UTC_ZONE,
        *span("2026-01-01T00:00", "2028-03-02T00:00"),
        "A job that can never run is a mistake to be told of.",
    ),
    Case(
        "ISO week 53 in June",
        ({"month": "jun", "week": "53"},),
        None,
        UTC_ZONE,
        *span("2026-01-01T00:00", "2028-03-02T00:00"),
        "The same, less visibly.",
    ),
    Case(
        "`*/45` minutes",
        ({"minute": "*/45"},),
        "*/45 * * * *",
        UTC_ZONE,
        *span("2026-11-01T00:30", "2026-11-01T02:30"),
        "All agree: :00 and :45, so the pauses are 45 and 15 minutes. Here the crontab line gets a warning, and the"
        " phrase `every 45 minutes` is compiled to an interval counted from an anchor instead.",
    ),
    Case(
        "`*/7` minutes",
        ({"minute": "*/7"},),
        "*/7 * * * *",
        UTC_ZONE,
        *span("2026-11-01T00:40", "2026-11-01T01:10"),
        "All agree: after :56 comes :00, four minutes later. Warned of here as well.",
    ),
    Case(
        "`22-6`, hours that wrap round",
        ({"hour": "22-6", "minute": "0"},),
        "0 22-6 * * *",
        UTC_ZONE,
        *span("2026-11-01T12:00", "2026-11-02T12:00"),
        "The hours of the night. To refuse is safe, to read it otherwise without a word would not be.",
        intended=_cron(hour="22,23,0-6"),
    ),
    Case(
        "`fri-mon`, weekdays that wrap round",
        ({"day_of_week": "fri-mon", "hour": "9"},),
        "0 9 * * fri-mon",
        UTC_ZONE,
        *span("2026-11-02T12:00", "2026-11-09T12:00"),
        "The same over the end of the week.",
        intended=_cron(day_of_week="fri,sat,sun,mon", hour="9"),
    ),
    Case(
        "Every other Monday as week `*/2`",
        ({"week": "*/2", "day_of_week": "mon", "hour": "9"},),
        None,
        UTC_ZONE,
        *span("2026-12-10T00:00", "2027-01-20T00:00"),
        "2026 has 53 ISO weeks, and 53 and 1 are both odd. A fortnight needs an anchor: here an interval"
        " counted from 14 December,"
        " in APScheduler a `CalendarIntervalTrigger` rather than cron fields.",
        intended=FORTNIGHT,
        ours=FORTNIGHT,
    ),
    Case(
        "A union in the overlap",
        ({"minute": "0"}, {"minute": "45"}),
        None,
        NEW_YORK,
        *span("2026-11-01T04:30", "2026-11-01T08:30"),
        "Two hourly sets, in APScheduler an `OrTrigger`. It takes the earlier of two datetimes by the wall"
        " clock, where the second"
        " 01:00 is before the first 01:45.",
    ),
)
