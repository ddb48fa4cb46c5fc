"""
What commands take: each option is mirrored by an environment variable, and the common ones stand on every command.

    @command("plan", epilog=…)
    @option("--out", metavar="FILE", help="…")
    def plan(run: Run, out: str | None) -> int: ...
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import os
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import click

Body = Callable[..., int]
_F = TypeVar("_F", bound=Callable[..., Any])

PREFIX: Final = "RECONCILER_"
LONGEST_WAIT: Final = 7 * 24 * 3600.0
"""Seconds of the longest duration that an option may ask for."""

_DURATION: Final = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(s|m|h|)")
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType[float]):
    """A time to wait: 30, 30s, 5m, 1h."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        match = _DURATION.fullmatch(str(value).strip())
        seconds = float(match[1]) * _SECONDS[match[2]] if match else LONGEST_WAIT + 1
        if seconds > LONGEST_WAIT:
            self.fail(f"{value!r} is not a time to wait; write 30, 30s, 5m or 1h", param, ctx)
        return seconds


class Commands(click.Group):
    """Knows the nearest name to a mistyped command, and lists the commands in the order of their use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order in which they were added."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; one that does not exist is answered with the nearest."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-") and not ctx.resilient_parsing:
            known = self.list_commands(ctx)
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            raise click.UsageError(f"no such command {name!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)


def help_alone(ctx: click.Context) -> int:
    """Answer a group that is called without a command: its help, and exit code 1."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        return 1
    return 0


def option(*names: str, **settings: Any) -> Callable[[_F], _F]:
    """Declare an option that `RECONCILER_<NAME>` sets too, and of a pair `RECONCILER_NO_<NAME>` the other half."""
    envvar = variable(*names)
    pair = next((name for name in names if "/--no-" in name), None)
    if pair is not None:
        settings |= {"default": lambda: not _is_set(envvar.replace(PREFIX, f"{PREFIX}NO_", 1))}
        settings["show_default"] = pair.partition("/")[0].removeprefix("--")
    return click.option(*names, envvar=envvar, **settings)


def _is_set(variable: str) -> bool:
    """Tell whether an environment variable says yes; raise click.BadParameter if it says neither yes nor no."""
    return bool(click.BOOL.convert(os.environ.get(variable) or "0", None, None))


def variable(*names: str) -> str:
    """Return the environment variable of an option: RECONCILER_LOCK_TIMEOUT of --lock-timeout."""
    name = next(name for name in names if name.startswith("--"))
    return PREFIX + name[2:].partition("/")[0].upper().replace("-", "_")


def targets(function: _F) -> _F:
    """Declare --target."""
    return option(
        "--target",
        "targets",
        multiple=True,
        metavar="ADDR",
        help="Look at this case only; may be given repeatedly.",
    )(function)


def excludes(function: _F) -> _F:
    """Declare --exclude."""
    return option(
        "--exclude",
        "excludes",
        multiple=True,
        metavar="ADDR",
        help="Leave this case out; may be given repeatedly.",
    )(function)


def _with(options: Sequence[Callable[[Body], Body]], body: Body) -> Body:
    """Return a function that takes these options, in this order."""
    return functools.reduce(lambda made, add: add(made), reversed(options), body)


def variables(body: Body) -> Body:
    """Declare what gives the variables of the workspace their values; the run of `body` knows it."""

    @functools.wraps(body)
    def varied(run: Any, *, var: tuple[str, ...], var_file: tuple[str, ...], **given: Any) -> int:
        from reconciler.config.variables import Given

        return body(dataclasses.replace(run, given=Given(var_file, var)), **given)

    return _with(_VARIABLES, varied)


_VARIABLES: Final = (
    # RECONCILER_VAR_region says what --var region=… says, so the option itself has no environment variable.
    click.option(
        "--var",
        "var",
        multiple=True,
        metavar="NAME=VALUE",
        help="Give a variable its value, also by RECONCILER_VAR_NAME; may be given repeatedly.",
    ),
    option(
        "--var-file",
        "var_file",
        multiple=True,
        metavar="FILE",
        help="Give variables their values, in YAML or JSON; may be given repeatedly.",
    ),
)


def brakes(body: Body) -> Body:
    """Declare what a run may do beyond the limits of the workspace; `body` is handed it as `allowed`."""

    @functools.wraps(body)
    def braked(
        run: Any, *, max_deletes: int | None, max_changed_percent: int | None, allow_empty: bool, **given: Any
    ) -> int:
        from reconciler.planning.limits import Allowed

        return body(run, allowed=Allowed(max_deletes, max_changed_percent, empty=allow_empty), **given)

    return _with(_BRAKES, braked)


_BRAKES: Final = (
    option(
        "--max-deletes",
        "max_deletes",
        type=click.IntRange(0),
        metavar="N",
        help="Most cases that may be deleted, whatever `limits` says.",
    ),
    option(
        "--max-changed-percent",
        "max_changed_percent",
        type=click.IntRange(0, 100),
        metavar="N",
        help="Most of the recorded cases that may be changed, in percent, whatever `limits` says.",
    ),
    option(
        "--allow-empty",
        "allow_empty",
        is_flag=True,
        help="Give up every recorded case if none is declared any more.",
    ),
)


def incremental(body: Body) -> Body:
    """Declare how much is read anew; `body` is handed as `within` how old a complete read may be, or None."""

    @functools.wraps(body)
    def reading(*given: Any, incremental: bool, complete_after: float, **named: Any) -> int:
        from datetime import timedelta

        return body(*given, within=timedelta(seconds=complete_after) if incremental else None, **named)

    return _with(_INCREMENTAL, reading)


_INCREMENTAL: Final = (
    option(
        "--incremental",
        "incremental",
        is_flag=True,
        help="Read only what has changed since it was last read, where the system tells.",
    ),
    option(
        "--complete-after",
        "complete_after",
        type=Duration(),
        default="24h",
        show_default=True,
        metavar="TIME",
        help="With --incremental: read everything if the last complete read is older.",
    ),
)


def budget(function: _F) -> _F:
    """Declare --budget."""
    return option(
        "--budget",
        "budget",
        type=click.IntRange(min=1000),
        default=60_000,
        show_default=True,
        metavar="N",
        help="With --format markdown: characters at most; whole cases are cut, and it is said which.",
    )(function)


TEXT_OR_JSON: Final = ("text", "json")
"""The formats of every command."""


def _format(formats: Sequence[str]) -> Callable[[_F], _F]:
    return option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default="text",
        show_default=True,
        help="How results are written to stdout.",
    )


_COMMON: Final = (
    # RECONCILER_CHDIR belongs to the option before the command, so that it never overrides one that was typed.
    click.option(
        "-C", "--chdir", "chdir", metavar="DIR", help="Work in this folder; also allowed before the command."
    ),
    option("--json", "as_json", is_flag=True, help="Short for --format json."),
    option("--no-color", "no_color", is_flag=True, help="Write no colours; NO_COLOR does the same."),
    option("-q", "--quiet", "quiet", is_flag=True, help="Tell no progress, only results, warnings and errors."),
    option("-v", "--verbose", "verbose", count=True, help="Tell each request; twice, the causes of an error too."),
    option(
        "--lock-timeout",
        "lock_timeout",
        type=Duration(),
        default="30s",
        show_default=True,
        metavar="TIME",
        help="How long to wait for another apply to finish: 30s, 5m.",
    ),
    option("--input/--no-input", "input_", help="Whether questions may be asked."),
)
_COMMON_NAMES: Final = ("format_", "as_json", "no_color", "quiet", "verbose", "lock_timeout", "input_")


def _is_common(parameter: click.Parameter) -> bool:
    """Tell which options stand last in a help text."""
    return parameter.name in {*_COMMON_NAMES, "chdir"}


def command(
    name: str, *, formats: Sequence[str] = TEXT_OR_JSON, **settings: Any
) -> Callable[[Body], click.Command]:
    """Make a command of a function that takes a Run and returns an exit code; it takes the common options too."""

    def declare(body: Body) -> click.Command:
        @functools.wraps(body)
        def callback(*, chdir: str | None, **given: Any) -> int:
            from reconciler.cli.faults import guarded
            from reconciler.cli.run import enter, start
            from reconciler.cli.signals import at_once, handling

            run = start({key: given.pop(key) for key in _COMMON_NAMES})

            def act() -> int:
                enter(chdir if chdir is not None else click.get_current_context().obj)
                return body(run, **given)

            with handling(at_once):
                return guarded(run.output, act)

        with_common = _with((_COMMON[0], _format(formats), *_COMMON[1:]), callback)
        made = click.command(name, cls=click.Command, **settings)(with_common)
        made.params.sort(key=_is_common)
        return made

    return declare
