"""What is live, written into the files: which value becomes which text, and what is refused."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.config.accept import accepted
from reconciler.errors import ConfigError, PlanRefused
from reconciler.model.address import Address
from reconciler.model.change import Drift, DriftedField
from reconciler.model.values import ABSENT, Digest, Path
from tests.config.rig import RigFolder
from tests.config.toy import ENV

ONE: Final = Address("soc", "one")
HEAD: Final = "cases:\n  one:\n"


def accept(rig: RigFolder, text: str, *fields: tuple[Path, Any, Any]) -> str:
    """Write a case, accept what is live of it, and return what its lines are to be."""
    configuration = rig.load(HEAD + "".join(f"    {line}\n" for line in text.splitlines()))
    drift = [Drift(ONE, tuple(DriftedField(*field) for field in fields))]
    files = accepted(configuration, drift, root=rig.root, env=ENV, providers=rig.types)
    (made,) = [each.new.decode() for each in files.values()]
    assert made.startswith(HEAD)
    return "\n".join(line[4:] for line in made[len(HEAD) :].splitlines())


@pytest.mark.parametrize(
    ("text", "path", "recorded", "live", "expected"),
    [
        ("name: a # c", ("name",), "a", "b", "name: b # c"),
        ("name: 'a'", ("name",), "a", "b", "name: b"),
        ('name: "a"', ("name",), "a", "b", 'name: "b"'),
        ("name: a", ("name",), "a", "no", 'name: "no"'),
        ("name: no", ("name",), "no", "yes", "name: yes"),
        ("name: a", ("name",), "a", "12", 'name: "12"'),
        ("name: a", ("name",), "a", "x: y", 'name: "x: y"'),
        ("name: a", ("name",), "a", "${x} $${y}", "name: $${x} $$${y}"),
        ("name: a", ("name",), "a", "", 'name: ""'),
        ("name: >\n  a\n  b\ncode: c", ("name",), "a b\n", "word", "name: word\ncode: c"),
        ("name: | # c\n  a", ("name",), "a\n", "x\ny\n", "name: | # c\n  x\n  y"),
        ("name: a # c", ("name",), "a", "x\ny", "name: |- # c\n  x\n  y"),
        ("name: a", ("name",), "a", "x\n\n", 'name: "x\\n\\n"'),
        ("name: n\ntags: [b, a]", ("tags",), {"a", "b"}, {"b", "c"}, "name: n\ntags: [b, c]"),
        ("name: n\ntags:\n- a # x\n- b # y", ("tags",), {"a", "b"}, {"b", "c"},
         "name: n\ntags:\n# x\n- b # y\n- c"),
        ("name: n\ntags:\n  - a\n  - b", ("tags",), {"a", "b"}, {"c", "d"}, "name: n\ntags:\n  - c\n  - d"),
        ("name: n\ntags: # y\n  # x\n  - a\n  # z", ("tags",), {"a"}, set(),
         "name: n\ntags: [] # y\n  # x\n  # z"),
        ('name: n\ntags: ["a", "b"]', ("tags",), {"a", "b"}, {"a", "c"}, 'name: n\ntags: ["a", "c"]'),
        ("name: n\ntags: [1, 2]", ("tags",), {"1", "2"}, {"1", "3"}, "name: n\ntags: [1, 3]"),
        ("name: n\ntags: [1, 2]", ("tags",), {"1", "2"}, {"1", "no"}, 'name: n\ntags: [1, "no"]'),
        ("name: n\ntags: [a, '${env.WORD}']", ("tags",), {"a", "Hush-Hush"}, {"b", "Hush-Hush"},
         "name: n\ntags: ['${env.WORD}', b]"),
        ("name: n\ntags:\n  - a", ("tags",), {"a"}, set(), "name: n\ntags: []"),
        ("name: n\ntags:\n-\n  a", ("tags",), {"a"}, set(), "name: n\ntags: []"),
        ("name: n\ntags:", ("tags",), set(), {"c", "[d]"}, 'name: n\ntags: ["[d]", c]'),
        ("name: n\ntags: ~", ("tags",), set(), {"c"}, "name: n\ntags: [c]"),
        ("name: n\ntags: [a, new]", ("tags",), {"a"}, set(), "name: n\ntags: [new]"),
        ("name: n\nassignee: {user: a}", ("assignee",), {"user": "a"}, {"group": "b"},
         "name: n\nassignee: {group: b}"),
        ("name: n\nassignee: {user: a}", ("assignee",), {"user": "a"}, None, "name: n\nassignee: null"),
        ("name: n\nassignee: # y\n  user: a # x", ("assignee",), {"user": "a"}, {"user": "b"},
         "name: n\nassignee: # y\n  user: b # x"),
        ('name: n\nassignee: {user: "a" # x\n  }', ("assignee",), {"user": "a"}, {"user": "b"},
         'name: n\nassignee: {user: "b" # x\n  }'),
        ("name: n\nassignee: # y\n  user: a # x\n# z", ("assignee",), {"user": "a"}, {"group": "b c"},
         "name: n\nassignee: # y\n  # x\n  group: b c\n# z"),
        ("name: n\nassignee: ~", ("assignee",), None, {"user": "b c"}, "name: n\nassignee: {user: b c}"),
        ("name: n\nassignee:\n  user: a", ("assignee",), {"user": "a"}, None, "name: n\nassignee: null"),
        ("name: n\nnotes: {a: {text: x}}", ("notes", "a", "text"), "x", "y, z",
         'name: n\nnotes: {a: {text: "y, z"}}'),
        ("name: n\nnotes:\n  a: {text: x}\n  b: {text: y}", ("notes", "a"), {"text": "x"}, ABSENT,
         "name: n\nnotes:\n  b: {text: y}"),
        ("name: n\nnotes:\n  # v\n  a: # w\n    # x\n    text: x # y\n  # z\n  b: {text: y}",
         ("notes", "a"), {"text": "x"}, ABSENT,
         "name: n\nnotes:\n  # v\n  # w\n  # x\n  # y\n  # z\n  b: {text: y}"),
        ("name: n\nnotes: # v\n  a:\n    text: x\n# z\ncode: c", ("notes", "a"), {"text": "x"}, ABSENT,
         "name: n\nnotes: {} # v\n# z\ncode: c"),
        ("name: n\nnotes:\n  a:\n    text: x", ("notes", "a"), {"text": "x"}, ABSENT, "name: n\nnotes: {}"),
        ("name: n\nnotes: {a: {text: x, count: 1}}", ("notes", "a", "count"), 1, 2,
         "name: n\nnotes: {a: {text: x, count: 2}}"),
        ("name: n\nnotes: {a: {text: x, open: false}}", ("notes", "a", "open"), False, True,
         "name: n\nnotes: {a: {text: x, open: true}}"),
    ],
)  # fmt: skip
def test_a_live_value_takes_the_place_of_the_old_one(
    rig: RigFolder, text: str, path: Path, recorded: Any, live: Any, expected: str
) -> None:
    was, now = (frozenset(side) if isinstance(side, set) else side for side in (recorded, live))

    assert accept(rig, text, (path, was, now)) == expected


@settings(max_examples=60, deadline=None)
@given(
    live=st.text(st.characters(codec="utf-8", exclude_characters="\0\ufffe\uffff")), old=st.sampled_from("a'\"|")
)
def test_any_live_text_is_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, live: str, old: str
) -> None:
    assume(live != "a")  # which would be no drift
    rig = RigFolder(tmp_path_factory.mktemp("w"))
    written = {"a": "a", "'": "'a'", '"': '"a"', "|": "|\n  a"}[old]

    text = accept(rig, f"name: {written}\ncode: c", (("name",), "a", live))

    assert (
        rig.load("cases:\n  one:\n" + "".join(f"    {line}\n" for line in text.split("\n")))
        .cases[ONE]
        .attributes["name"]
        == live
    )


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        ("name: ${env.WORD}", (("name",), "a", "b"), "a.yaml:3:11: soc.one: `name` comes from an expression"),
        ("name: a", (("name",), "a", "say s3cr3t-token"), "`name` is live as a secret"),
        ("name: a", (("name",), "a", Digest("sha256:x")), "`name` is live as a secret"),
        ("name: a", (("name",), "a", "\ufffe"), "cannot be written so that they are read back the same"),
        ("name: n\ntags: [a, # b\n  c]", (("tags",), frozenset("a"), frozenset()), "`tags` has comments in it"),
        ("name: n\ntags: ['${env.SHORT}']", (("tags",), frozenset("x"), frozenset()), "member from an expression"),
        ("name: n\nnotes: {a: {text: x}}", (("notes", "a", "text"), "x", None), "is empty in the system"),
        ("name: n\nnotes: {a: {text: x}, # b\n  b: {text: y}}", (("notes", "a"), {"text": "x"}, ABSENT),
         "`notes.a` has comments around it"),
        ("name: n\nassignee: {user: a, # b\n  }", (("assignee",), {"user": "a"}, {"group": "b"}),
         "`assignee` has comments in it"),
        ("name: n\nassignee: {user: '${env.WORD}'}", (("assignee",), {"user": "Hush-Hush"}, {"user": "b"}),
         "`assignee` has parts that come from elsewhere"),
        ("name: n\nassignee: {user: &a b}\ncode: *a", (("assignee",), {"user": "b"}, {"user": "c"}),
         "`assignee` has parts that come from elsewhere"),
        ("name: # b\n  | # c\n  x", (("name",), "x", "y"), "a.yaml:1:1: a comment of this file would be lost"),
        ("name: n\ntags: [a]", (("tags",), frozenset("a"), frozenset({"e\u0301"})), "read back the same: "),
    ],
)  # fmt: skip
def test_what_cannot_be_accepted_is_told_with_its_place(rig: RigFolder, text: str, field: Any, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        accept(rig, text, field)

    assert said in str(caught.value).replace(f"{rig.root}/cases/", "")


def test_a_refusal_names_the_place_in_the_file_though_edits_above_it_moved_it(rig: RigFolder) -> None:
    case = "name: n\n    code: ${env.SHORT}\n"
    configuration = rig.load(f"cases:\n  a:\n    name: n\n  one:\n    {case}  two:\n    {case}")
    longer, other = DriftedField(("name",), "n", "x\ny\nz"), DriftedField(("code",), "x", "y")
    drift = [
        Drift(Address("soc", "a"), (longer,)),
        *(Drift(Address("soc", name), (longer, other)) for name in ("one", "two")),
    ]

    with pytest.raises(ConfigError) as caught:
        accepted(configuration, drift, root=rig.root, env=ENV, providers=rig.types)

    assert [(each.location.line, each.location.column) for each in caught.value.problems] == [(6, 11), (9, 11)]


def test_what_is_gone_or_declared_no_more_is_refused(rig: RigFolder) -> None:
    configuration = rig.load("cases: {one: {name: n}}")
    accepting = partial(
        accepted,
        configuration,
        root=rig.root,
        env=ENV,
        providers=rig.types,
    )

    with pytest.raises(ConfigError, match=r"soc\.one is gone from the system"):
        accepting([Drift(ONE, missing=True)])
    with pytest.raises(PlanRefused, match=r"soc\.two is declared no more"):
        accepting([Drift(Address("soc", "two"))])
    assert accepting([]) == {}


def test_the_ends_of_lines_and_the_mark_of_a_file_are_kept(rig: RigFolder) -> None:
    rig.write("cases/a.yaml", b"\xef\xbb\xbfcases:\r\n  one:\r\n    name: a\r\n    code: c")
    configuration = rig.load()
    drift = [Drift(ONE, (DriftedField(("name",), "a", "b"),))]

    (made,) = accepted(configuration, drift, root=rig.root, env=ENV, providers=rig.types).values()

    assert made.new == b"\xef\xbb\xbfcases:\r\n  one:\r\n    name: b\r\n    code: c\r\n"
