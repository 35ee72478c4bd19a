"""Durations on the command line."""

from __future__ import annotations

from datetime import timedelta

import click

from reconciler.durations import parse_duration


class _Duration(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on
    """A duration such as 90s, 15m, 1h30m or 1d."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        try:
            return parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


DURATION = _Duration()
