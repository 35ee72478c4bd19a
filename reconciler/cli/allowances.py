"""What an operator allows for once: options that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from reconciler.following import Allowances

F = TypeVar("F", bound=Callable[..., Any])


def allowance_options(function: F) -> F:
    """Give a command --allow-deletes and --during-freeze, handed over as `allowances`."""

    @click.option(
        "--allow-deletes",
        "deletes",
        multiple=True,
        metavar="N|ID",
        help="Allow N jobs to be stopped, and the job ID even if it is protected; may be repeated.",
    )
    @click.option("--during-freeze", "frozen", is_flag=True, help="Apply although a freeze holds changes back.")
    @functools.wraps(function)
    def with_allowances(*args: Any, deletes: tuple[str, ...], frozen: bool, **kwargs: Any) -> Any:
        return function(*args, allowances=_allowances(deletes, frozen=frozen), **kwargs)

    return with_allowances  # type: ignore[return-value]  # click's decorators keep the signature loosely


def _allowances(deletes: tuple[str, ...], *, frozen: bool) -> Allowances:
    from reconciler.errors import UsageError
    from reconciler.following import Allowances

    numbers = [int(text) for text in deletes if text.isascii() and text.isdigit()]
    if len(numbers) > 1:
        raise UsageError("--allow-deletes names two numbers", hint="name one number, and as many ids as are meant")
    named = frozenset(text for text in deletes if not (text.isascii() and text.isdigit()))
    return Allowances(numbers[0] if numbers else None, named, frozen=frozen)
