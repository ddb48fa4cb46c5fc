"""What `export` and `coverage` take alike: which live cases they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.cli.options import option

if TYPE_CHECKING:
    from reconciler.providers.base import Provider

_F = TypeVar("_F", bound=Callable[..., Any])


class Pair(click.ParamType[tuple[str, str]]):
    """A filter: `status=open`."""

    name = "pair"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return name and value."""
        name, equals, wanted = str(value).partition("=")
        if not name or not equals:
            self.fail(f"{value!r} is no filter; write NAME=VALUE, such as status=open", param, ctx)
        return name, wanted


def filters(function: _F) -> _F:
    """Declare --filter."""
    return option(
        "--filter",
        "filters",
        multiple=True,
        type=Pair(),
        metavar="NAME=VALUE",
        help="Look at these cases only, in the system's own words; one name repeated: any of its values.",
    )(function)


def names_in(given: Iterable[str]) -> list[str]:
    """Return names that are given one by one, or with commas between them."""
    return [name.strip() for each in given for name in each.split(",") if name.strip()]


def attributes(provider: Provider, given: Sequence[str], what: str) -> Iterator[str]:
    """Yield the names of attributes; raise ReconcilerError for what is none."""
    from difflib import get_close_matches

    from reconciler.errors import ReconcilerError

    for name in names_in(given):
        if name not in provider.offered:
            near = get_close_matches(name, provider.offered, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(provider.offered))}"
            raise ReconcilerError(f"{what}: there is no attribute {name!r}", hint=hint)
        yield name
