"""
Everything that can go wrong, as one tree.

ReconcilerError                 a message for the person who must act; exit code 1
├── ConfigError                 the YAML: every problem of every file, each with its place
├── StateError                  the recorded state cannot be read, is newer, or belongs elsewhere
│   └── LockHeld                another process is applying; names it
├── PlanRefused                 the plan cannot be made or must not be applied
│   ├── StalePlan               the saved plan no longer fits the state, or was altered
│   ├── LimitExceeded           more would change than `limits` allows
│   └── PolicyRefused           the rules of the workspace object to the plan
├── ApiError                    a system answered no, or not at all
│   ├── NotSent                 the request never left: it can be sent again
│   ├── OutcomeUnknown          the request left, the answer did not arrive: look before sending again
│   ├── Refused                 the system said no, in its own words
│   │   ├── NotFound            it knows no such thing (404)
│   │   └── RateLimited         it was asked too often, and did not execute the request (429)
│   └── ProtocolError           the answer is not what the interface promises
├── Conflict                    somebody changed what the plan wanted to write
├── Incomplete                  an apply ended with failures, conflicts or things not tried
└── Interrupted                 Ctrl-C or SIGTERM; exit code 130
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class ReconcilerError(Exception):
    """A failure that is explained to the user; anything else that escapes is a bug."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        """What to do about it, in one sentence."""


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file: path as the user may write it, line and column from 1."""

    file: str
    line: int = 1
    column: int = 1
    use: Use | None = field(default=None, compare=False, repr=False)
    """For which of the cases that share the place it was asked for; None where it is of one case only."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Use:
    """One of the cases that come of the same lines."""

    case: str
    at: Location | None = None
    """Where the case stands, if the lines are of a template; None if they are its own block."""

    def of(self, problem: Problem, cases: int = 1) -> Problem:
        """Return a problem that says whom it concerns: this case, the first of so many."""
        if self.at is None and cases == 1 and self._is_named_by(problem.message):
            said = ""
        else:
            whose, others = f"used by `{self.case}` at {self.at}" if self.at else f"in `{self.case}`", cases - 1
            beside = f" and {others} other {'case' if others == 1 else 'cases'}" if others else ""
            said = f" ({whose}{beside})"
        place = replace(problem.location, use=None)
        return replace(problem, location=place, message=f"{problem.message}{said}")

    def _is_named_by(self, message: str) -> bool:
        """Tell whether a message begins with the address of the case, or has its name."""
        return message.partition(" ")[0].removesuffix(":").endswith(f".{self.case}") or f"`{self.case}`" in message


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with the configuration."""

    location: Location
    message: str
    hint: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        text = f"{self.location}: {self.message}"
        return f"{text}; {self.hint}" if self.hint else text


class ConfigError(ReconcilerError):
    """The configuration has problems; `problems` holds all of them, by place, each once with whom it concerns."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(_once(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def _once(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield what many cases have in common once, with the first who has it."""
    users: dict[Problem, dict[str, Use]] = {}
    for problem in problems:
        use = problem.location.use
        users.setdefault(problem, {}).update({use.case: use} if use else {})
    for problem, uses in users.items():
        yield next(iter(uses.values())).of(problem, len(uses)) if uses else problem


class StateError(ReconcilerError):
    """The recorded state cannot be used as it is."""


class LockHeld(StateError):
    """Another process holds the lock of this state."""


class PlanRefused(ReconcilerError):
    """The plan cannot be made, or must not be applied."""


class StalePlan(PlanRefused):
    """The saved plan no longer fits the state, or its file was altered."""


class LimitExceeded(PlanRefused):
    """The plan does more than `limits` allows."""


class PolicyRefused(PlanRefused):
    """The rules of the workspace object to the plan."""


class ApiError(ReconcilerError):
    """A request to a system did not end well."""


class NotSent(ApiError):
    """The request never reached the system; sending it again is safe."""


class OutcomeUnknown(ApiError):
    """The request may or may not have been executed: its answer was lost."""


class Refused(ApiError):
    """The system refused the request; `status` is its HTTP status."""

    def __init__(self, message: str, *, status: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class NotFound(Refused):
    """The system knows no such thing."""


class RateLimited(Refused):
    """
    The system was asked too often and did not execute the request.

    The pause that it asked for is already set: the next request of this tenant waits for it.
    """


class ProtocolError(ApiError):
    """The answer is not what the system's interface promises."""


class Conflict(ReconcilerError):
    """Something that the plan would write has changed since the plan was made."""


class Incomplete(ReconcilerError):
    """The apply ended, and not everything was done; the result says what."""


class Interrupted(ReconcilerError):
    """The user or the system asked to stop; what was in flight has been recorded."""

    exit_code = 130
