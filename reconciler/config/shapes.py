"""
Where in a file an error of pydantic stands, and in which model.

pydantic names the way it took: through a union it adds the name of each alternative, and it complains about all
of them. One is meant: a mapping stands for the object, anything else for text.

loc of pydantic                              what stands there  spot
-------------------------------------------  -----------------  ------------------------------
groups, 0, constrained-str                   {typ: Adversary}   none: text is not what is meant
groups, 0, Group, typ                        {typ: Adversary}   groups, 0, typ   in Group
notes, first, [key]                          {text: a}          notes, first     its key
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from reconciler.config.nodes import Block, Node, Steps, value_at

KEY: Final = "[key]"
"""What pydantic ends a way with if it is about the key and not about its value."""

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an error stands."""

    path: Steps
    is_key: bool
    around: type[BaseModel] | None
    """The model whose key the last step is."""

    @property
    def steps(self) -> Steps:
        """The path, which for a key ends with a mark of that."""
        return (*self.path, KEY) if self.is_key else self.path


@dataclass(frozen=True, slots=True)
class _Turn:
    """A place at which a way goes through one alternative of several."""

    path: Steps
    name: str
    is_object: bool


def told(
    model: type[BaseModel], node: Node, errors: Iterable[ErrorDetails]
) -> Iterator[tuple[ErrorDetails, Spot]]:
    """Yield the errors about what is meant in `node`, the model's value, each with its spot."""
    walked = [(item, *_walk(model, item["loc"], node)) for item in errors]
    meant = _meant(node, [turn for _, _, turns in walked for turn in turns])
    for item, spot, turns in walked:
        if all(meant[turn.path] == turn.name for turn in turns):
            yield item, spot


def keys_of(model: type[BaseModel]) -> list[str]:
    """Return the keys that a model knows."""
    return [info.alias or name for name, info in model.model_fields.items()]


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that a value of this type may hold directly, in a list or a mapping."""
    if _is_model(annotation):
        return [annotation]
    return [model for item in get_args(annotation) for model in models_in(item)]


def _meant(node: Node, turns: Sequence[_Turn]) -> Mapping[Steps, str]:
    """Return for each place with alternatives the one that fits what stands there, or the first."""
    meant: dict[Steps, str] = {}
    fitting: set[Steps] = set()
    for turn in turns:
        fits = turn.is_object == isinstance(value_at(node, turn.path), Block)
        if turn.path not in meant or (fits and turn.path not in fitting):
            meant[turn.path] = turn.name
        if fits:
            fitting.add(turn.path)
    return meant


def _walk(model: type[BaseModel], loc: Steps, node: Node) -> tuple[Spot, list[_Turn]]:
    annotation: Any = model
    around: type[BaseModel] | None = None
    path: Steps = ()
    turns: list[_Turn] = []
    for step in loc:
        choices = _choices(annotation)
        if len(choices) > 1:
            annotation = next((item for item in choices if _is_model(item) and _names(step, item)), None)
            turns.append(_Turn(path, str(step), is_object=annotation is not None))
            continue
        if step == KEY and not _has(value_at(node, path), step):
            return Spot(path, is_key=True, around=around), turns
        around = choices[0] if choices and _is_model(choices[0]) else None
        annotation = _within(choices[0], step) if choices else None
        path = (*path, step)
    return Spot(path, is_key=False, around=around), turns


def _choices(annotation: Any) -> tuple[Any, ...]:
    """Return the alternatives of a type: one for most; nothing is none, since it adds no step to a way."""
    if get_origin(annotation) is Annotated:
        return _choices(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        return tuple(
            choice for item in get_args(annotation) if item is not type(None) for choice in _choices(item)
        )
    return () if annotation is None else (annotation,)


def _within(annotation: Any, step: str | int) -> Any:
    """Return the type of what a type holds at a step; None if that is not known."""
    if _is_model(annotation):
        fields = annotation.model_fields
        found = (info for name, info in fields.items() if step in {name, info.alias})
        return next((info.annotation for info in found), None)
    arguments = get_args(annotation)
    if isinstance(step, str) and len(arguments) > 1:
        return arguments[1]
    return next(iter(arguments), None)


def _names(step: str | int, model: type[BaseModel]) -> bool:
    """Tell whether a step names a model: `Group`, or `function-after[_known(), Group]`."""
    return model.__name__ in _WORD.findall(str(step))


def _has(node: Node, step: str | int) -> bool:
    return isinstance(node, Block) and step in node


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
