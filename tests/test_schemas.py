"""The schemas that we publish: up to date, in two drafts, and of one mind with `validate`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from reconciler.cli import main
from reconciler.config.documents import parse
from reconciler.errors import PlanRefused, StalePlan, StateError
from reconciler.report.jsonplan import write_plan
from reconciler.report.planfile import read_plan
from reconciler.state import decode, encode
from tests.config.editors import as_editors_read
from tests.report import worlds
from tests.state import support

ROOT: Final = Path(__file__).parents[1]
PUBLISHED: Final = ROOT / "schemas"
INPUT: Final = ROOT / "tests/hostile/input"
SHIPPED: Final = sorted(
    path.parent
    for folder in ("examples", "reconciler/sandbox")
    for path in (ROOT / folder).glob("*/reconciler.yaml")
)
NAMES: Final = ("settings", "cases", "waivers", "policies", "plan", "state")
DRAFTS: Final = {"2020-12": PUBLISHED, "07": PUBLISHED / "draft-07"}

BEYOND: Final = {
    "names in other places": (
        "duplicate-case-in-two-documents shape-depends-in-a-circle shape-depends-on-itself "
        "shape-depends-on-nobody defaults-ownership expression-of-itself template-in-a-circle template-of-itself "
        "template-that-is-a-case template-twice template-unknown replace-without-template each-clash each-twice "
        "each-key-names-no-case each-key-too-long"
    ),
    "what an expression says, and the files it reads": (
        "expression-code expression-in-a-key expression-nested expression-not-closed expression-unknown "
        "expression-in-workspace expression-of-a-file file-absolute file-backslash file-device file-empty "
        "file-folder file-home file-missing file-proc file-up file-up-in-the-middle file-url "
        "extends-an-expression cel-a-list-in-a-text cel-braces-too-deep cel-doubling cel-in-a-key "
        "cel-keys-that-clash cel-nested cel-no-number cel-of-others cel-replacing cel-syntax each-missing-part "
        "cel-wrong-for-sets-maps-and-items "
        "each-of-a-secret each-outside each-refers-to-none variable-of-the-environment variable-secret-looked-at "
        "variable-wrong-for-a-setting"
    ),
    "how a number is written, since it is one to YAML": "int-65-bits int-exponent int-hex version-octal",
    "days that there are, and the forms of times": (
        "time-far-offset time-no-such-day time-number time-year-0 time-year-10000"
    ),
    "Unicode forms and hidden characters": (
        "tag-nfc-nfd-twins tag-nfd-refused workspace-bidi workspace-nfd workspace-zero-width"
    ),
    "what may be an address, or the name of a file": (
        "url-empty url-file url-http url-newline url-number url-user workspace-dot workspace-empty workspace-long "
        "workspace-slash workspace-up"
    ),
    "how many documents a file has": "two-documents",
    "what a case needs, since one that is taken over needs less": "shape-no-name",
    "what a condition means": (
        "deep-brackets deep-selects deep-ternaries environment homoglyph line-far-down list-bomb "
        "many-lines-folded no-condition nothing-but-a-comment number-too-large reserved-word too-long "
        "truth-of-yaml two-statements unknown-function"
    ),
    "what a rule is named for": "message-blank test-of-nobody two-documents-one-rule",
}
"""What no schema of one value can say, by file of the corpus: it accepts them, `validate` does not."""

ONE_SPELLING: Final = frozenset(["int-quoted", "truth-1", "truth-no", "truth-on"])
"""What `validate` accepts in more spellings than an editor shall offer."""

PLAN: Final = worlds.plan(
    worlds.UPDATE,
    worlds.MOVED,
    drift=worlds.DRIFT,
    refresh=(worlds.RECORD,),
    warnings=("careful",),
    rates={"soc": 3000},
    policies=worlds.OBJECTIONS,
)
VALUES: Final = frozenset(["recorded", "live", "before", "after"])
"""The members of plans and states that hold values of cases."""


def published(draft: str, name: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((DRAFTS[draft] / f"{name}.json").read_text(encoding="utf-8"))
    return made


def corpus(kind: str) -> Mapping[str, tuple[list[Any], bool]]:
    """Return the files whose YAML is right and says nothing that JSON cannot: values, and if they are valid."""
    found = {}
    for path in sorted((INPUT / kind).glob("*.yaml")):
        parsed = parse(path.name, path.read_bytes())
        if parsed.problems:
            continue
        try:
            values = [as_editors_read(document.node) for document in parsed.documents]
        except ValueError:  # a number that JSON cannot write
            continue
        found[path.stem] = values or [{} if kind == "cases" else None], path.with_suffix(".json").exists()
    return found


@pytest.mark.parametrize("draft", DRAFTS)
def test_what_is_published_is_up_to_date(draft: str, tmp_path: Path) -> None:
    assert main(["schema", "--draft", draft, "--out", str(tmp_path)]) == 0

    written = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert written.keys() == {f"{name}.json" for name in NAMES}
    assert written == {path.name: path.read_text(encoding="utf-8") for path in DRAFTS[draft].glob("*.json")}


@pytest.mark.parametrize("name", NAMES)
def test_both_drafts_are_schemas_of_their_draft(name: str) -> None:
    Draft202012Validator.check_schema(published("2020-12", name))
    Draft7Validator.check_schema(published("07", name))
    older = json.dumps(published("07", name))
    assert not any(word in older for word in ("$defs", "prefixItems", "2020-12"))


@pytest.mark.parametrize("kind", ["cases", "settings", "policies"])
def test_the_schemas_accept_what_validate_accepts(kind: str) -> None:
    newer, older = Draft202012Validator(published("2020-12", kind)), Draft7Validator(published("07", kind))
    beyond = {name for names in BEYOND.values() for name in names.split()}
    files = corpus(kind)

    accepted = {name for name, (values, _) in files.items() if all(map(newer.is_valid, values))}

    assert accepted == {name for name, (values, _) in files.items() if all(map(older.is_valid, values))}
    valid = {name for name, (_, is_valid) in files.items() if is_valid}
    assert len(valid) > 3
    assert accepted - valid == beyond & files.keys()
    assert valid - accepted == ONE_SPELLING & files.keys()


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda path: path.name)
@pytest.mark.parametrize("draft", DRAFTS)
def test_what_we_ship_is_accepted(shipped: Path, draft: str) -> None:
    files = [(path, "cases") for path in (shipped / "cases").rglob("*.yaml")]
    for path, kind in [*files, (shipped / "reconciler.yaml", "settings")]:
        judge = (Draft7Validator if draft == "07" else Draft202012Validator)(published(draft, kind))
        for document in parse(path.name, path.read_bytes()).documents:
            judge.validate(as_editors_read(document.node))


def is_read_as_a_plan(data: Any) -> bool:
    try:
        read_plan(json.dumps(data), worlds.SCHEMAS)
    except StalePlan:  # it is a plan, which was altered
        return True
    except PlanRefused:
        return False
    return True


def is_read_as_a_state(data: Any) -> bool:
    try:
        decode(json.dumps(data).encode(), support.SCHEMAS, source="a.json")
    except StateError:
        return False
    return True


def altered(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Yield the data with one thing missing, too many or of another kind, and where."""
    if isinstance(data, dict):
        yield {**data, "other": 1}, path
        for key, value in data.items():
            yield {name: item for name, item in data.items() if name != key}, (*path, key)
            yield {**data, key: 7 if isinstance(value, list) else [{"other": 1}]}, (*path, key)
            yield from (({**data, key: item}, place) for item, place in altered(value, (*path, key)))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            for item, place in altered(value, (*path, number)):
                yield [*data[:number], item, *data[number + 1 :]], place


@pytest.mark.parametrize(
    ("kind", "text", "is_read"),
    [
        ("plan", "".join(write_plan(PLAN)), is_read_as_a_plan),
        ("state", encode(support.state(support.FULL, support.record("a"))), is_read_as_a_state),
    ],
)
def test_a_plan_and_a_state_are_accepted_where_they_are_read(
    kind: str, text: str | bytes, is_read: Callable[[Any], bool]
) -> None:
    newer, older = Draft202012Validator(published("2020-12", kind)), Draft7Validator(published("07", kind))
    whole = json.loads(text)
    newer.validate(whole)
    older.validate(whole)
    assert not older.is_valid({**whole, "serial": "1"})

    for data, place in altered(whole):
        is_valid = newer.is_valid(data)
        # What a value of a case may be depends on its system.
        assert is_read(data) is is_valid or (is_valid and VALUES & {*place}), place


def test_init_names_schemas_that_lie_beside_the_files(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path)]) == 0

    for name in ("reconciler.yaml", "cases/example.yaml"):
        path = tmp_path / name
        first = path.read_text(encoding="utf-8").splitlines()[0]
        schema = json.loads((path.parent / first.removeprefix("# yaml-language-server: $schema=")).read_text())
        (document,) = parse(name, path.read_bytes()).documents
        Draft7Validator(schema).validate(as_editors_read(document.node))
        assert not Draft7Validator(schema).is_valid({"other": 1})
