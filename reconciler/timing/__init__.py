"""What a compiled schedule means in time. Pure functions; the only implementation of *next due time*.

cron_fields   kwargs -> CronFields: full-match validation and normal form
month_days    kwargs that count days within the month -> MonthDays; rule_member for either kind
rule_union    several members -> the members that say the same in normal form; cron_union for CronFields alone
next_fire     Timing, instant -> the first due instant after it (UTC)
fires         Timing, instant -> all of them, lazily
count_fires   how many of them a span has, and last_fire the last one, without taking each
start_of      the jittered start of one due time, the same wherever it is asked
english       Timing -> the sentence a reviewer reads
equal         do two Timings fire alike?
declared_zone what `timezone:` says -> the canonical id of the zone
"""

from reconciler.timing.compare import Difference, difference, equal, equal_clocks
from reconciler.timing.counting import count_fires, last_fire, start_of_latest
from reconciler.timing.english import english
from reconciler.timing.fields import FieldError, uneven_step
from reconciler.timing.fires import fires, follows_elapsed, next_fire, on_wall
from reconciler.timing.freezing import frozen_until
from reconciler.timing.frequency import Frequency, frequency
from reconciler.timing.jitter import start_of
from reconciler.timing.load import Load, week_load
from reconciler.timing.month_days import month_days, month_days_as_written, rule_member
from reconciler.timing.normal import cron_fields, fields_as_written
from reconciler.timing.pausing import next_unpaused, pause_end, pause_warnings, paused_in_git
from reconciler.timing.policy import breaches
from reconciler.timing.sanity import (
    NeverFires,
    calendar_warnings,
    check_fires,
    dst_warnings,
    warnings_at,
    warnings_for,
)
from reconciler.timing.unions import cron_union, rule_union
from reconciler.timing.zone_names import (
    UnknownZone,
    asked_key,
    canonical,
    check_zone,
    declared_zone,
    shown,
    zone_text,
)

__all__ = [
    "Difference",
    "FieldError",
    "Frequency",
    "Load",
    "NeverFires",
    "UnknownZone",
    "asked_key",
    "breaches",
    "calendar_warnings",
    "canonical",
    "check_fires",
    "check_zone",
    "count_fires",
    "cron_fields",
    "cron_union",
    "declared_zone",
    "difference",
    "dst_warnings",
    "english",
    "equal",
    "equal_clocks",
    "fields_as_written",
    "fires",
    "follows_elapsed",
    "frequency",
    "frozen_until",
    "last_fire",
    "month_days",
    "month_days_as_written",
    "next_fire",
    "next_unpaused",
    "on_wall",
    "pause_end",
    "pause_warnings",
    "paused_in_git",
    "rule_member",
    "rule_union",
    "shown",
    "start_of",
    "start_of_latest",
    "uneven_step",
    "warnings_at",
    "warnings_for",
    "week_load",
    "zone_text",
]
