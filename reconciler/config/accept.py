"""
What is live, written into the files in place of what they say: only the values that drifted, nothing around them.

drift of a case ──► edit upon edit of its file's text ──► the workspace is read again ──► new files
                       │                                     │
                       what comes from elsewhere             what does not mean what was intended
                       is refused                            is refused

scalar   the live value, quoted as the old one was        map     key by key; a key that is gone leaves the file
set      members that came or went since the last apply   items   field by field, as a scalar or a set

All or nothing: where one value cannot be accepted, nothing is written. No comment is lost: what stood behind a
member or a key that goes stays on a line of its own, since only people know whether it still tells something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from reconciler.config.characters import MAX_BYTES
from reconciler.config.edits import (
    as_it_was,
    inline,
    like_the_others,
    put,
    put_fields,
    put_lines,
    put_members,
    without,
)
from reconciler.config.expected import alike, expected, moved
from reconciler.config.expressions import MASKED_FROM, as_text, has_expression
from reconciler.config.files import Unreadable, read
from reconciler.config.marked import Alias, Collection, Entry, Piece, Scalar, comments_of, written
from reconciler.config.nodes import Expanded, Listing, value_at
from reconciler.config.resolve import Configuration, load
from reconciler.config.sentences import quoted as named
from reconciler.config.variables import NOTHING_GIVEN, Given
from reconciler.errors import ConfigError, Location, PlanRefused, Problem
from reconciler.model.case import Case
from reconciler.model.change import Drift, DriftedField, is_absent
from reconciler.model.fields import Field, Kind, Schema
from reconciler.model.values import Digest, Value, as_member, member_text
from reconciler.model.values import Entry as Member
from reconciler.providers.base import Provider

_BY_HAND: Final = "write the live value here yourself, or put the live case back: `reconciler apply`"
_LEAK: Final = "put the live case back: `reconciler apply`"
_OVERRIDE: Final = "write the live value into the case itself, change where it stands, or run `reconciler apply`"
_OF_EACH: Final = "let it come from `each.value`, change it for all of them, or run `reconciler apply`"
_ELSEWHERE: Final = (
    "change what it stands for, write the live value in its place yourself, or run `reconciler apply`"
)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What becomes of a file."""

    old: bytes
    new: bytes


def accepted(
    configuration: Configuration,
    drift: Sequence[Drift],
    *,
    root: Path,
    env: Mapping[str, str],
    given: Given = NOTHING_GIVEN,
    providers: Mapping[str, type[Provider]] | None = None,
) -> dict[str, Rewrite]:
    """Return the files that declare what is live, by path; raise ConfigError or PlanRefused for what cannot be."""
    schemas = configuration.settings.schemas
    problems: list[Problem] = []
    files: dict[str, Rewrite] = {}
    for item in drift:
        case = configuration.cases.get(item.address)
        if case is None:
            raise PlanRefused(
                f"{item.address} is declared no more: there is nothing in the files to write to",
                hint="`reconciler apply` gives it up; to keep it, put its block back first",
            )
        try:
            _take_over(case, item, schemas[case.type], configuration.secrets, files)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    changed = {name: each for name, each in files.items() if each.new != each.old}
    if changed:
        instead = {name: each.new for name, each in changed.items()}
        try:
            after = load(root, env=env, given=given, providers=providers, instead=instead)
        except ConfigError as error:
            reason = error.problems[0].message
            raise _unprovable(configuration.cases[drift[0].address], f": {reason}") from error
        _prove(configuration, drift, schemas, after)
        _keep_comments(changed)
    return changed


def _take_over(
    case: Case, drift: Drift, schema: Schema, secrets: Iterable[str], files: dict[str, Rewrite]
) -> None:
    where = case.source.at()
    if drift.missing:
        raise _problem(
            where,
            f"{drift.address} is gone from the system: there is nothing to accept",
            "take its block out of the file, or create it anew: `reconciler apply`",
        )
    rewrite = files.get(where.file) or _read(where)
    text = rewrite.new.decode("utf-8-sig")
    editor = _Editor(where, case, schema, tuple(secrets))
    try:
        for field in drift.fields:
            text = editor.edited(text, field)
    except ConfigError as error:
        refused = _refusals(editor, rewrite.old.decode("utf-8-sig"), drift.fields)
        raise ConfigError([*refused] or error.problems) from error
    files[where.file] = Rewrite(rewrite.old, _as_before(rewrite.old, text))


def _refusals(editor: _Editor, text: str, fields: Iterable[DriftedField]) -> Iterator[Problem]:
    """Yield what is refused, where it stands in the file as it is: each edit moves what is below it."""
    for field in fields:
        try:
            editor.edited(text, field)
        except ConfigError as error:
            yield from error.problems


def _read(where: Location) -> Rewrite:
    try:
        data = read(Path(where.file), MAX_BYTES)
    except Unreadable as error:
        raise _problem(where, f"the file {error}", None) from error
    return Rewrite(data, data)


def _as_before(old: bytes, text: str) -> bytes:
    """Return a text with the line ends and the mark that the file had at its beginning."""
    ends = b"\r\n" if b"\r\n" in old else b"\n"
    mark = b"\xef\xbb\xbf" if old.startswith(b"\xef\xbb\xbf") else b""
    return mark + text.encode().replace(b"\r\n", b"\n").replace(b"\n", ends)


def _problem(where: Location, message: str, hint: str | None) -> ConfigError:
    return ConfigError([Problem(where, message, hint)])


# ------------------------------------------------------------------------------------ proof


def _prove(
    before: Configuration, drift: Iterable[Drift], schemas: Mapping[str, Schema], after: Configuration
) -> None:
    """Raise unless the files would say what is live in the accepted fields, and else what they said before."""
    drifted = {item.address: item for item in drift}
    for address, case in before.cases.items():
        now = after.cases.get(address)
        if now is None or _settings(now) != _settings(case):
            raise _unprovable(case)
        item = drifted.get(address)
        wanted = expected(case, item, schemas[case.type]) if item else case.attributes
        if {*wanted} != {*now.attributes} or not all(alike(wanted[name], now.attributes[name]) for name in wanted):
            raise _unprovable(case)
    if after.cases.keys() != before.cases.keys():
        raise PlanRefused("the files would declare other cases; nothing was written", hint=_BY_HAND)


def _settings(case: Case) -> tuple[Any, ...]:
    return case.type, case.lifecycle, case.ownership, case.adopt, case.find


def _keep_comments(files: Mapping[str, Rewrite]) -> None:
    for name, made in files.items():
        old, new = (sorted(comments_of(data.decode("utf-8-sig"))) for data in (made.old, made.new))
        if old != new:
            raise _problem(Location(name, 1, 1), "a comment of this file would be lost", _BY_HAND)


def _unprovable(case: Case, reason: str = "") -> ConfigError:
    message = f"{case.address}: the live values cannot be written so that they are read back the same{reason}"
    return _problem(case.source.at(), message, _BY_HAND)


# ------------------------------------------------------------------------------------ edits


class _Editor:
    """Edits the text of one file at the values of one case."""

    def __init__(self, where: Location, case: Case, schema: Schema, secrets: Sequence[str]) -> None:
        self._where = where
        self._case = case
        self._schema = schema
        self._secrets = secrets

    def edited(self, text: str, field: DriftedField) -> str:
        """Return the text with the live value of a field; raise ConfigError."""
        self._refuse_elsewhere(field.path)
        source = written(text)
        text = source.text if source.text.endswith("\n") else f"{source.text}\n"
        found = self._find([document.root for document in source.documents], field.path)
        if found is None:
            return text  # it is declared no more, and what is not declared is nobody's drift
        block, entry = found
        known = self._known(field.path)
        is_set = known.kind is Kind.SET or isinstance(field.recorded, AbstractSet)
        self._check(moved(field)[0] if is_set else field.live, entry, field.path)
        if is_set:
            return self._set(text, entry, field, known)
        if is_absent(field.live):
            return self._emptied(text, block, entry, field, known)
        return self._replaced(text, block, entry, field.live, field.path)

    def _known(self, path: Sequence[str]) -> Field:
        known = self._schema.fields[path[0]]
        if known.kind is Kind.ITEMS and len(path) > 2:  # noqa: PLR2004 - the item, and its field
            return known.items.get(path[2], Field(path[2]))
        return known if len(path) == 1 else Field(path[-1])

    def _refuse_elsewhere(self, path: Sequence[str]) -> None:
        """Refuse what stands in a template, or for several cases."""
        source = self._case.source
        if isinstance(source, Expanded) and source.is_instance:
            said = f"comes from `for_each` of {named(source.name)}"
            self._refuse_from(source.at(tuple(path)), path, said, _OF_EACH)
        if isinstance(source, Expanded) and (template := source.template(tuple(path))):
            self._refuse_from(source.at(tuple(path)), path, f"comes from the template {named(template)}")

    def _refuse_from(self, where: Location, path: Sequence[str], said: str, advice: str = _OVERRIDE) -> NoReturn:
        use = self._case.source.at()
        message = f"{self._case.address}: {named('.'.join(path))} {said}, used at {use}: it is not accepted"
        raise _problem(where, message, advice)

    # finding

    def _find(self, roots: Sequence[Piece], path: Sequence[str]) -> tuple[Collection, Entry] | None:
        for root in roots:
            cases = root.entry("cases") if isinstance(root, Collection) else None
            if cases and isinstance(cases.value, Collection) and cases.value.entry(self._case.address.name):
                return self._below(cases.value, (self._case.address.name, *path), path)
        raise _problem(self._where, f"{self._case.address} does not stand here any more", "try again")

    def _below(
        self, block: Collection, path: Sequence[str], whole: Sequence[str]
    ) -> tuple[Collection, Entry] | None:
        entry = block.entry(path[0])
        if entry is None:
            merged = block.entry("<<")
            if merged is not None:
                self._refuse(merged, whole, "comes from another mapping, by `<<`", _ELSEWHERE)
            return None
        if isinstance(entry.value, Alias):
            self._refuse(entry, whole, f"stands elsewhere, under the name &{entry.value.name}", _ELSEWHERE)
        if entry.value.anchor:
            message = f"is used elsewhere too, by the name &{entry.value.anchor}"
            self._refuse(entry, whole, message, _BY_HAND)
        if len(path) == 1:
            return block, entry
        if isinstance(entry.value, Collection):
            return self._below(entry.value, path[1:], whole)
        if isinstance(entry.value, Scalar) and has_expression(entry.value.value):
            self._refuse(entry, whole, "comes from an expression", _ELSEWHERE)
        return None

    def _refuse(self, entry: Entry, path: Sequence[str], message: str, hint: str) -> NoReturn:
        where = entry.value.span.at(self._where.file)
        raise _problem(where, f"{self._case.address}: {named('.'.join(path))} {message}: it is not accepted", hint)

    def _check(self, live: Value, entry: Entry, path: Sequence[str]) -> None:
        """Refuse what must not be written, and to write over what comes from elsewhere."""
        if isinstance(entry.value, Scalar) and has_expression(entry.value.value):
            self._refuse(entry, path, "comes from an expression", _ELSEWHERE)
        if any(isinstance(leaf, Digest) or self._is_secret(leaf) for leaf in _leaves(live)):
            self._refuse(entry, path, "is live as a secret, which no file may hold", _LEAK)

    def _is_secret(self, leaf: Value) -> bool:
        return isinstance(leaf, str) and any(
            secret == leaf or (len(secret) >= MASKED_FROM and secret in leaf) for secret in self._secrets
        )

    # scalars and objects

    def _replaced(self, text: str, block: Collection, entry: Entry, live: Value, path: Sequence[str]) -> str:
        old = entry.value
        if isinstance(live, Member):
            live = live.fields
        if isinstance(old, Collection):
            if not _is_all_here(old):
                self._refuse(entry, path, "has parts that come from elsewhere or are used there", _ELSEWHERE)
            if isinstance(live, Mapping) and old.is_mapping:
                return self._object(text, entry, old, live, path)
            if isinstance(live, Sequence) and live and not isinstance(live, str) and not old.flow:
                return self._list(text, old, live)
            if old.flow and old.is_commented:
                self._refuse(entry, path, "has comments in it", _BY_HAND)
            return put(text, entry, inline(live, flow=block.flow))
        if isinstance(live, str) and "\n" in live and not block.flow:
            return put_lines(text, block, entry, as_text(live))
        if isinstance(live, str) and isinstance(old, Scalar):
            return put(text, entry, as_it_was(as_text(live), old, flow=block.flow))
        return put(text, entry, inline(live, flow=block.flow))

    def _list(self, text: str, old: Collection, live: Sequence[Value]) -> str:
        """Return the text with other members in a list that is compared as a whole, in any order."""
        kept = [each for each in old.entries if _read_back(each.value) in live]
        known = [_read_back(each.value) for each in kept]
        return put_members(text, old, kept, [inline(member, flow=True) for member in live if member not in known])

    def _object(
        self, text: str, entry: Entry, old: Collection, live: Mapping[str, Value], path: Sequence[str]
    ) -> str:
        """Return the text with other values in an object; with other keys too, if it has them."""
        if {each.key.value for each in old.entries if each.key} == live.keys():
            for each in reversed(old.entries):
                text = _put_again(text, each, live[each.key.value], flow=old.flow) if each.key else text
            return text
        if not old.flow:
            return put_fields(text, old, live)
        if old.is_commented:
            self._refuse(entry, path, "has comments in it", _BY_HAND)
        return put(text, entry, inline(live, flow=True))

    def _emptied(self, text: str, block: Collection, entry: Entry, field: DriftedField, known: Field) -> str:
        """Return the text without a key or an item that is gone, or with null where a field is empty."""
        if len(field.path) == 2:  # noqa: PLR2004 - the key of a map or of an item
            if block.flow and block.is_commented:
                self._refuse(entry, field.path, "has comments around it", _BY_HAND)
            return without(text, self._holder(text, field.path), block, entry)
        if not known.clearable:
            self._refuse(entry, field.path, "is empty in the system, and cannot be declared so", "leave it out")
        return put(text, entry, "null")

    def _holder(self, text: str, path: Sequence[str]) -> Entry:
        """Return the entry of the map that a key stands in."""
        found = self._find([document.root for document in written(text).documents], path[:1])
        assert found is not None
        return found[1]

    # sets

    def _set(self, text: str, entry: Entry, field: DriftedField, known: Field) -> str:
        came, went = moved(field)
        old = entry.value
        entries = old.entries if isinstance(old, Collection) else []
        kept, left = [], set(went)
        for each in entries:
            gone = next((member for member in went if _is_member(each.value, member, known)), None)
            if gone is None:
                kept.append(each)
            left.discard(gone)
        for each in kept if left else ():
            if not _is_all_here(each.value):
                self._refuse(each, field.path, "has a member from an expression or an alias", _ELSEWHERE)
        if left and (member := self._inherited(field.path)):
            self._refuse_from(*member)
        new = [member for member in came if not any(_is_member(each.value, member, known) for each in kept)]
        added = sorted((_written_as(member, entries) for member in new), key=str.casefold)
        if isinstance(old, Collection) and not old.flow and (kept or added):
            return put_members(text, old, kept, added)
        if isinstance(old, Collection) and old.flow and old.is_commented:
            self._refuse(entry, field.path, "has comments in it", _BY_HAND)
        parts = [text[each.value.span.start : each.value.span.end].strip() for each in kept]
        return put(text, entry, f"[{', '.join((*parts, *added))}]")

    def _inherited(self, path: Sequence[str]) -> tuple[Location, Sequence[str], str] | None:
        """Return where a set gets members from that are not written in the case."""
        source = self._case.source
        if isinstance(source, Expanded) and isinstance(members := value_at(source.node, tuple(path)), Listing):
            for at in range(len(members)):
                if template := source.template((*path, at)):
                    return source.at((*path, at)), path, f"has members from the template {named(template)}"
        return None


def _is_member(piece: Piece, member: Value, known: Field) -> bool:
    """Tell whether what is written is a member of a set."""
    value = _read_back(piece)
    if value is None:
        return False
    if isinstance(member, Member):
        return isinstance(value, Mapping) and as_member(value).key.casefold() == member.key.casefold()
    if isinstance(value, Mapping):
        return False
    numbers = isinstance(piece, Scalar) and piece.style == "" and value.isdecimal()
    candidates = [value, int(value)] if numbers else [value]
    return any(_key(candidate, known) == _key(member, known) for candidate in candidates)


def _key(member: Value, known: Field) -> Value:
    made = known.normal([member]) if known.kind is Kind.SET else {member}
    (one,) = made
    text = member_text(one)
    return known.key(text) if known.key and text is not None else one


def _read_back(piece: Piece) -> Any:
    """Return what is written: a text, or a mapping of texts; None for what comes from elsewhere."""
    if isinstance(piece, Scalar):
        return None if has_expression(piece.value) else piece.value.replace("$${", "${")
    if isinstance(piece, Collection) and piece.is_mapping:
        return {each.key.value: _read_back(each.value) for each in piece.entries if each.key}
    return None


def _put_again(text: str, entry: Entry, live: Value, *, flow: bool) -> str:
    """Return the text with the value of a key in an object, if it is another one."""
    old, said = entry.value, as_text(live) if isinstance(live, str) else inline(live, flow=flow)
    if not isinstance(old, Scalar) or old.value == said:
        return text
    return put(text, entry, as_it_was(said, old, flow=flow) if isinstance(live, str) else said)


def _written_as(member: Value, others: Sequence[Entry]) -> str:
    return like_the_others(member, others) if isinstance(member, str) else inline(member, flow=True)


def _is_all_here(piece: Piece) -> bool:
    """Tell whether all that is written is the value itself, and nobody's but that of this place."""
    match piece:
        case Collection(entries=entries):
            return all(_is_all_here(each.value) for each in entries)
        case Scalar(value=value, anchor=anchor):
            return anchor is None and not has_expression(value)
        case _:
            return False


def _leaves(value: Value) -> Iterator[Value]:
    match value:
        case Mapping():
            for item in value.values():
                yield from _leaves(item)
        case Member(_, fields):
            yield from _leaves(fields)
        case list() | tuple() | AbstractSet():
            for item in value:
                yield from _leaves(item)
        case _:
            yield value
