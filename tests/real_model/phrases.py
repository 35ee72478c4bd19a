"""Phrases and what they mean, said by a person; None is what no cron fields say."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model import Timing
from reconciler.timing import cron_fields

_Fields = dict[str, str]


@dataclass(frozen=True)
class Labelled:
    phrase: str
    sets: tuple[_Fields, ...] | None

    @property
    def timing(self) -> Timing | None:
        return None if self.sets is None else Timing("UTC", tuple(map(cron_fields, self.sets)))


def _means(phrase: str, *sets: _Fields) -> Labelled:
    return Labelled(phrase, sets or None)


# the grammar reads these; the model is known to answer some of them with a schedule, and a wrong one
KNOWN = (
    _means("weekdays at 7:45am", {"day_of_week": "mon-fri", "hour": "7", "minute": "45"}),
    _means("every 20 minutes", {"hour": "*", "minute": "*/20"}),
    _means("Tuesdays and Thursdays at 6pm", {"day_of_week": "tue,thu", "hour": "18", "minute": "0"}),
    _means("noon on 2 May", {"month": "5", "day": "2", "hour": "12", "minute": "0"}),
    _means("6pm on 4 July", {"month": "7", "day": "4", "hour": "18", "minute": "0"}),
    _means("8am on the 1st and 15th", {"day": "1,15", "hour": "8", "minute": "0"}),
)
# and not these
UNKNOWN = (
    _means("a Saturday ritual kicking off at 08:20", {"day_of_week": "sat", "hour": "8", "minute": "20"}),
    _means("thrice daily from midnight onwards", {"hour": "0,8,16", "minute": "0"}),
    _means("the 10th of June at noon, as is our habit", {"month": "6", "day": "10", "hour": "12", "minute": "0"}),
    _means("noon on the first of May, as ever", {"month": "5", "day": "1", "hour": "12", "minute": "0"}),
    _means("when the books close for the quarter"),
    _means("shortly before lunch on Fridays"),
)
