"""`for_each`, `variables` and expressions: which cases they make, and what is refused where."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from reconciler.config import Given, load
from reconciler.config.variables import MAX_VARIABLES, NOTHING_GIVEN
from reconciler.errors import ConfigError
from reconciler.model.values import Ref, Secret, Template
from tests.config.rig import RigFolder
from tests.config.toy import ENV, SETTINGS, TYPES, Folder

VARIABLES: Final = """\
variables:
  region: emea
  count: 3
  ratio: 0.5
  truth: true
  tags: [x, y]
  people: {type: map, default: {emea: {lead: jane}, apac: {lead: li}}}
  none: {type: list, default: []}
  key: {secret: true, description: of the desk}
"""
KEYED: Final = {**ENV, "RECONCILER_VAR_key": "k3y-of-the-desk"}


@pytest.fixture
def varied(folder: Folder) -> Folder:
    folder.write("reconciler.yaml", SETTINGS + VARIABLES)
    return folder


def cases(folder: Folder, text: str) -> dict[str, dict[str, Any]]:
    loaded = folder.load(text, env=KEYED)
    return {address.name: dict(case.attributes) for address, case in loaded.cases.items()}


def made(folder: Folder, each: str, body: str = "") -> dict[str, dict[str, Any]]:
    return cases(folder, f"cases:\n  c:\n    for_each: {each}\n    name: ${{each.key}}\n    {body}\n")


# ------------------------------------------------------------------------------------ for_each


@pytest.mark.parametrize(
    ("each", "names"),
    [
        ("{b: {}, a: null}", ["c-a", "c-b"]),
        ("[b, a]", ["c-a", "c-b"]),
        ("[1, '2']", ["c-1", "c-2"]),
        ("[{key: a, x: 1}, b]", ["c-a", "c-b"]),
        ("${var.people}", ["c-apac", "c-emea"]),
        ("${var.tags}", ["c-x", "c-y"]),
        ("'${var.tags.filter(tag, tag != \"x\")}'", ["c-y"]),
        ("['${var.region}']", ["c-emea"]),
        ("{}", []),
        ("[]", []),
        ("${var.none}", []),
    ],
)
def test_there_is_a_case_for_each_member(varied: Folder, each: str, names: list[str]) -> None:
    assert list(made(varied, each)) == names


def test_an_expression_alone_keeps_its_type_and_within_a_text_becomes_one(varied: Folder) -> None:
    text = """\
cases:
  c:
    for_each: {emea: {id: 7, tags: [a, b], more: {k: "1"}, what: null}}
    name: ${each.key} ${each.value.id} ${var.truth} ${var.ratio} ${case.name}
    team_id: ${each.value.id}
    tags: ${each.value.tags + var.tags}
    metadata: ${each.value.more}
    description: ${each.value.what}
    people: ["${var.people[each.key].lead}"]
"""
    assert cases(varied, text) == {
        "c-emea": {
            "name": "emea 7 true 0.5 c-emea",
            "team_id": 7,
            "tags": frozenset({"a", "b", "x", "y"}),
            "metadata": {"k": "1"},
            "description": "",
            "people": frozenset({"jane"}),
        }
    }


def test_members_in_another_order_are_the_same_cases(varied: Folder) -> None:
    assert made(varied, "[a, b, c]") == made(varied, "[c, a, b]")


def test_a_text_of_a_member_is_never_an_expression(varied: Folder) -> None:
    found = made(
        varied,
        "{a: '$${env.WORD}', b: '$', c: {d: '$${x}'}}",
        "description: '${each.value}{env.WORD}'".replace(
            "${each.value}", '${each.key == "c" ? each.value.d : each.value}'
        ),
    )

    assert [case["description"] for case in found.values()] == [
        "${env.WORD}{env.WORD}",
        "${env.WORD}",
        "${x}{env.WORD}",
    ]


def test_cases_of_for_each_refer_to_each_other(varied: Folder) -> None:
    text = """\
cases:
  one: {for_each: [a, b], name: "${each.key}"}
  two:
    for_each: [a, b]
    name: n
    description: 'after ${cases["one-" + each.key].url} and ${cases.one-a.id}'
    depends_on: ["one-${each.key}"]
  three: {name: n, description: '${cases["one-" + var.tags[0].replace("x", "b")].id}'}
"""
    loaded = varied.load(text, env=KEYED)

    by_name = {address.name: case for address, case in loaded.cases.items()}
    assert by_name["two-b"].attributes["description"] == Template(
        ("after ", Ref("one-b", "url"), " and ", Ref("one-a", "id"))
    )
    assert [address.name for address in by_name["two-b"].depends_on] == ["one-a", "one-b"]
    assert by_name["three"].attributes["description"] == Ref("one-b", "id")


def test_meta_arguments_may_differ_for_each(varied: Folder) -> None:
    text = """\
cases:
  c:
    for_each: {a: {id: "41", keep: true}, b: {id: "42", keep: false}}
    import: ${each.value.id}
    lifecycle: {prevent_delete: "${each.value.keep}", on_remove: "${each.value.keep ? 'close' : 'delete'}"}
    provider: soc
"""
    found = varied.load(text, env=KEYED).cases.values()

    assert [(case.adopt, case.lifecycle.prevent_delete, case.lifecycle.on_remove.value) for case in found] == [
        ("41", True, "close"),
        ("42", False, "delete"),
    ]


def test_items_and_objects_take_expressions_as_a_whole_and_in_part(rig: RigFolder) -> None:
    text = """\
cases:
  c:
    for_each: {a: {note: {text: t, level: LOW}, who: {user: jane}, all: {x: {text: y}}}}
    name: n
    notes: {one: "${each.value.note}", two: {text: "${each.key}", source: "${env.WORD}"}}
    assignee: ${each.value.who}
  d: {for_each: {a: {x: {text: y}}}, name: n, notes: "${each.value}"}
"""
    loaded = {address.name: case.attributes for address, case in rig.load(text).cases.items()}

    assert loaded["c-a"]["notes"]["one"]["level"] == "low"
    assert loaded["c-a"]["notes"]["two"]["source"] == Secret(ENV["WORD"])
    assert loaded["c-a"]["assignee"] == {"user": "jane"}
    assert loaded["d-a"]["notes"]["x"]["text"] == "y"


CALL: Final = "cases:\n  c:\n    "


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            "for_each: text\n    name: n",
            "3:15: `for_each` must be a mapping or a list, not `text`; for none write {}",
        ),
        ("for_each:\n    name: n", "3:14: `for_each` must be a mapping or a list, not nothing; for none write {}"),
        ("for_each: [a, a]\n    name: n", "3:19: `a` is in the list already"),
        ("for_each: [[a]]\n    name: n", "3:16: a member must be a text, or a mapping with `key`"),
        (
            "for_each: [a b]\n    name: n",
            "3:16: `c-a b` cannot name a case: letters, digits, `_` and `-` only, at most",
        ),
        ("for_each: ['${env.WORD}']\n    name: n", "3:16: only `${var.…}` can stand in `for_each`, and no secret"),
        ("for_each: ['${var.key}']\n    name: n", "3:16: only `${var.…}` can stand in `for_each`, and no secret"),
        ("for_each: [.inf]\n    name: n", "3:15: `for_each`: this number cannot be written in JSON"),
        (
            "for_each: ${var.region}\n    name: n",
            "3:15: `for_each` must be a mapping or a list, not `emea`; for none",
        ),
        (
            "for_each: ${each.key}\n    name: n",
            "3:15: `${each.key}`: `each` is known in a case with `for_each` only",
        ),
        ("name: ${each.key}", "3:11: `${each.key}`: `each` is known in a case with `for_each` only"),
        ("name: ${var.regoin}", "3:11: `${var.regoin}`: there is no variable `regoin`; did you mean `region`?"),
        (
            "name: ${var.x}",
            "3:11: `${var.x}`: there is no variable `x`; declare it under `variables:` in reconciler",
        ),
        ("name: '${var[\"x\"]}'", '3:11: `${var["x"]}`: Key not found in map : "x"'),
        (
            "name: ${var.key + var.region}",
            "3:11: `${var.key + var.region}`: the variable `key` is a secret; it can stand",
        ),
        (
            "name: '${cases[var.key].id}'",
            "3:11: `${cases[var.key].id}`: the variable `key` is a secret; it can stand",
        ),
        ("name: '${cases[var.tags].id}'", "3:11: `${var.tags}`: it stands for `['x', 'y']`, which names no case"),
        ("name: '${cases[var.region].idd}'", "3:11: a case has no `idd` to refer to; did you mean `id`?"),
        (
            "name: ${case.id}",
            "3:11: `${case.id}`: of a case itself only `case.name` is known; of another one it is",
        ),
        ("name: ${case.name +}", "3:11: `${case.name +}`: Syntax error"),
        ("name: a ${var.tags}", "3:11: `${var.tags}`: it stands for a list, which cannot be a part of a text"),
        (
            "name: a ${var.people}",
            "3:11: `${var.people}`: it stands for a mapping, which cannot be a part of a text",
        ),
        ("name: ${var.tags}", "3:11: `name` must be text, not a list"),
        ("name: '${var.ratio / 0.0}'", "3:11: `${var.ratio / 0.0}`: it stands for no number that a file can hold"),
        (
            "name: 'a ${var.ratio / 0.0}'",
            "3:11: `${var.ratio / 0.0}`: it stands for no number that a file can hold",
        ),
        ("name: n\n    import: ${var.key}", "4:13: `${…}` cannot stand in `import`"),
        ("name: n\n    metadata: {'${var.region}': a}", "4:16: `${…}` cannot stand in a key"),
        ("name: n\n    status: ${var.region}", "4:13: `status` must be open or closed, not `emea`"),
    ],
)
def test_a_problem_says_what_and_where(varied: Folder, body: str, problem: str) -> None:
    (found,) = varied.problems(f"{CALL}{body}\n", env=KEYED)

    assert found.startswith(f"cases/a.yaml:{problem}")


def test_a_problem_of_an_instance_names_it(varied: Folder) -> None:
    text = (
        f"{CALL}for_each: {{a: {{x: toolong}}, b: {{x: ok}}, d: {{}}}}\n    name: n\n    code: ${{each.value.x}}\n"
    )

    assert varied.problems(text, env=KEYED) == [
        'cases/a.yaml:5:11: `${each.value.x}`: Key not found in map : "x" (in `c-d`)',
        "cases/a.yaml:5:11: `code` should have at most 5 characters (in `c-a`)",
    ]


def test_two_cases_of_one_name_are_told_at_both_places(varied: Folder) -> None:
    text = "cases:\n  c-a: {name: n}\n  c: {for_each: [a], name: n}\n"

    (found,) = varied.problems(text, env=KEYED)

    assert found.startswith("cases/a.yaml:3:3: the case `c-a` is declared already, at ")
    assert "cases/a.yaml:2:3" in found


# ------------------------------------------------------------------------------------ variables


def values(folder: Folder, text: str, given: Given = NOTHING_GIVEN, **env: str) -> dict[str, Any]:
    """Return what the metadata of a case become, which are given as text of YAML."""
    folder.write("cases/a.yaml", f"cases:\n  c:\n    name: n\n    metadata: {{{text}}}\n")
    (case,) = load(folder.root, env={**KEYED, **env}, given=given, providers=TYPES).cases.values()
    found: dict[str, Any] = case.attributes["metadata"]
    return found


def test_what_is_said_later_counts(varied: Folder) -> None:
    text = 'r: "${var.region}"'
    varied.write("one.yaml", "region: from-a-file\n")
    varied.write("two.json", '{"region": "from-another", "count": 4}')
    files = [str(varied.root / name) for name in ("one.yaml", "two.json")]

    assert values(varied, text) == {"r": "emea"}
    assert values(varied, text, RECONCILER_VAR_region="from-env") == {"r": "from-env"}
    assert values(varied, text, Given(files[:1]), RECONCILER_VAR_region="from-env") == {"r": "from-a-file"}
    assert values(varied, text, Given(files)) == {"r": "from-another"}
    assert values(varied, text, Given(files, ["region=a=b", "region=last"])) == {"r": "last"}


def test_what_is_given_is_read_as_the_type_wants_it(varied: Folder) -> None:
    given = Given(values=["region=007", "count=7", "truth=false", "tags=[z, 1]", 'people={"a": {"lead": "b"}}'])
    text = 'r: "${var.region}", c: "${var.count + 1}", t: "${!var.truth}", g: "${var.tags}", p: "${var.people.a}"'

    assert values(varied, text, given) == {"r": "007", "c": "8", "t": "true", "g": '["z",1]', "p": '{"lead":"b"}'}


def test_settings_take_variables(folder: Folder) -> None:
    text = "version: 1\nvariables: {host: acme, team: 3, key: {secret: true}}\nproviders:\n  soc: {type: toy, "
    folder.write(
        "reconciler.yaml",
        text + 'url: "https://${var.host}.example", token: "${var.key}", team_id: "${var.team}"}\n',
    )

    loaded = folder.load("cases: {}\n", env=KEYED)

    settings = loaded.settings.instances["soc"].settings
    assert settings.url == "https://acme.example"
    assert settings.model_dump()["team_id"] == 3
    assert KEYED["RECONCILER_VAR_key"] in loaded.secrets


def test_a_secret_variable_is_a_secret_wherever_it_stands(varied: Folder) -> None:
    secret = KEYED["RECONCILER_VAR_key"]

    assert values(varied, 'a: "${var.key}", b: "Bearer ${var.key} ${var.region}"') == {
        "a": Secret(secret),
        "b": Secret(f"Bearer {secret} emea"),
    }
    assert secret in varied.load(env=KEYED).secrets


@pytest.mark.parametrize(
    ("given", "env", "problem"),
    [
        (Given(values=["x=1"]), {}, "--var x:1:1: there is no variable `x`; declare it under `variables:`"),
        (
            Given(values=["regoin=1"]),
            {},
            "--var regoin:1:1: there is no variable `regoin`; did you mean `region`?",
        ),
        (Given(values=["region"]), {}, "--var:1:1: `region` gives no value; write --var NAME=VALUE"),
        (Given(values=["count=x"]), {}, "--var count:1:1: the variable `count` must be a number, not this"),
        (Given(values=["truth=1"]), {}, "--var truth:1:1: the variable `truth` must be true or false, not this"),
        (
            Given(values=["tags=a"]),
            {},
            "--var tags:1:1: the variable `tags` must be a list, such as [a, b], not this",
        ),
        (Given(values=["tags=[a"]), {}, "--var tags:2:1: the list `[` is not closed"),
        (
            Given(values=["tags="]),
            {},
            "--var tags:1:1: the variable `tags` must be a list, such as [a, b], not this",
        ),
        (
            Given(values=["tags=[[1, {a: 99999999999999999999}]]"]),
            {},
            "--var tags:1:1: the variable `tags` cannot be",
        ),
        (Given(values=["people=[a]"]), {}, "--var people:1:1: the variable `people` must be a mapping"),
        (Given(values=["key="]), {}, "--var key:1:1: a secret must not be empty"),
        (
            Given(values=["region=\ufffe"]),
            {},
            "--var region:1:1: the variable `region` must be text: it holds what no",
        ),
        (
            Given(),
            {"RECONCILER_VAR_count": "x"},
            "RECONCILER_VAR_count:1:1: the variable `count` must be a number",
        ),
        (Given(["gone.yaml"]), {}, "gone.yaml:1:1: the file does not exist"),
        (Given(["list.yaml"]), {}, "list.yaml:1:1: this must be a mapping: names of variables and values"),
        (Given(["bad.yaml"]), {}, "bad.yaml:2:1: the variable `count` must be a number, not a list"),
        (Given(["unknown.yaml"]), {}, "unknown.yaml:1:4: there is no variable `x`"),
        (Given(["broken.yaml"]), {}, "broken.yaml:2:1: a value is missing"),
    ],
)
def test_what_is_given_wrong_is_told_with_who_gives_it(
    varied: Folder, monkeypatch: pytest.MonkeyPatch, given: Given, env: dict[str, str], problem: str
) -> None:
    monkeypatch.chdir(varied.root)
    for name, text in {"list": "[a]", "bad": "count:\n[a]\n", "unknown": "x: 1\n", "broken": "a: [\n"}.items():
        Path(f"{name}.yaml").write_text(text.replace("\n[", "\n  ["), encoding="utf-8")

    with pytest.raises(ConfigError) as error:
        values(varied, "a: b", given, **env)

    assert str(error.value).startswith(problem.replace("bad.yaml:2:1", "bad.yaml:2:3"))


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ("{a: }", "3:13: the variable `a` has no value; set it: --var a=… or export RECONCILER_VAR_a=…"),
        (
            "{a: {type: list}}",
            "3:13: the variable `a` has no value; set it: --var a=… or export RECONCILER_VAR_a=…",
        ),
        ("{a: {type: number, default: x}}", "3:40: the variable `a` must be a number, not `x`"),
        ("{a: {type: thing}}", "3:23: `type` must be string, number, bool, list or map, not `thing`"),
        ("{a: {tpye: list}}", "3:17: unknown key `tpye`; did you mean `type`?"),
        ("{a: {secret: true, type: map, default: {}}}", "3:37: a secret variable is a string"),
        ("{a-b: 1}", "3:13: `a-b` cannot name a variable: letters, digits and `_` only, and not FILE"),
        ("{FILE: 1}", "3:13: `FILE` cannot name a variable: letters, digits and `_` only, and not FILE, in"),
        ("{in: 1}", "3:13: `in` cannot name a variable: letters, digits and `_` only, and not FILE, in"),
        ("{a: '${env.WORD}'}", "3:16: `${…}` cannot stand in `variables`; give it: export RECONCILER_VAR_a=…"),
        ("[a]", "3:12: `variables` must be a mapping, such as {key: text}, not a list"),
    ],
)
def test_what_is_declared_wrong_is_refused(folder: Folder, declared: str, problem: str) -> None:
    lines = SETTINGS.splitlines()
    folder.write(
        "reconciler.yaml", "\n".join([lines[0], "workspace: w", f"variables: {declared}", *lines[1:]]) + "\n"
    )

    (found,) = folder.problems("cases:\n  one: {name: n}\n")

    assert found.startswith(f"reconciler.yaml:{problem}")


def test_there_is_an_end_to_variables(folder: Folder) -> None:
    many = "".join(f"  v{at}: 1\n" for at in range(MAX_VARIABLES + 1))
    folder.write("reconciler.yaml", f"{SETTINGS}variables:\n{many}")

    (found,) = folder.problems("cases: {}\n")

    assert found == "reconciler.yaml:4:1: 1,001 variables: there are 1,000 at most"


def test_offline_a_variable_without_a_value_is_a_warning(varied: Folder) -> None:
    text = """\
cases:
  one: {name: "${var.key}", description: "${var.who + var.region}", tags: "${var.list}", metadata: {a: "${var}"}}
  each: {for_each: "${var.list}", name: n}
  meta: {name: n, import: "${var.who}"}
  two: {name: n, depends_on: [each-a, meta]}
"""
    varied.write("reconciler.yaml", f"{SETTINGS}{VARIABLES}  who:\n  list: {{type: list}}\n")

    loaded = varied.load(text, offline=True)

    told = [warning.replace(f"{varied.root}/", "") for warning in loaded.warnings]
    assert told == [
        "reconciler.yaml:12:3: the variable `key` has no value",
        "reconciler.yaml:13:3: the variable `who` has no value",
        "reconciler.yaml:14:3: the variable `list` has no value",
    ]
    assert [address.name for address in loaded.cases] == ["one", "two"]


def test_what_seems_misspelt_or_in_the_clear_is_a_warning(folder: Folder) -> None:
    folder.write(
        "reconciler.yaml", f"{SETTINGS}variables: {{region: a, key: {{secret: true, default: abcdef}}}}\n"
    )

    loaded = folder.load(
        "cases: {}\n",
        env={**ENV, "RECONCILER_VAR_regoin": "b", "RECONCILER_VAR_FILE": "", "RECONCILER_VAR_zzzz": ""},
    )

    told = [warning.replace(f"{folder.root}/", "") for warning in loaded.warnings]
    assert told == [
        "reconciler.yaml:4:53: a secret stands in the file in the clear; give it: export RECONCILER_VAR_key=…",
        "RECONCILER_VAR_regoin: there is no variable `regoin`; did you mean `region`?",
        "RECONCILER_VAR_zzzz: there is no variable `zzzz`",
    ]


# ------------------------------------------------------------------------------------ bounds

TEMPLATES: Final = (
    "templates:\n" + "".join(f"  t{at}: {{extends: t{at - 1}}}\n" for at in range(1, 5)) + "  t0: {}\n"
)


@pytest.mark.parametrize(
    ("limit", "most", "text", "problem"),
    [
        ("expansion.MAX_INSTANCES", 2, "cases:\n  c: {for_each: [a, b, c], name: n}\n", "`for_each` has 3 me"),
        ("expansion.MAX_EXPANDED", 5, "cases:\n  c: {for_each: [a, b, c], name: n}\n", "make more than 5 val"),
        ("expansion.MAX_BLOCK", 2, "cases:\n  c: {for_each: [a], name: n, code: c}\n", "more than 2 values i"),
        ("templates.MAX_LAYERS", 3, f"{TEMPLATES}cases:\n  c: {{extends: t4, name: n}}\n", "more than 3 temp"),
        ("templates.MAX_LAYERS", 1, f"{TEMPLATES}cases:\n  c: {{extends: [t0, t1], name: n}}\n", "more than"),
        ("binding.MAX_TEXT", 5, 'cases:\n  longer: {name: "${case.name}"}\n', "more than 5 characters into o"),
        ("binding.MAX_TEXT", 5, 'cases:\n  longer: {name: "a ${case.name}"}\n', "more than 5 characters into"),
        ("binding.MAX_TEXTS", 9, 'cases:\n  longer: {name: "${case.name}-${case.name}"}\n', "more than 9 cha"),
        ("binding.MAX_TEXTS", 9, 'cases:\n  c: {for_each: [longer, longest], name: "${each.key}"}\n', "9 cha"),
    ],
)
def test_expansion_is_bounded(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, limit: str, most: int, text: str, problem: str
) -> None:
    monkeypatch.setattr(f"reconciler.config.{limit}", most)

    assert any(problem in found for found in folder.problems(text))


def test_templates_that_build_upon_too_many_are_told_once(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.config.templates.MAX_LAYERS", 2)
    down = "templates:\n" + "".join(f"  t{at}: {{extends: t{at + 1}}}\n" for at in range(6)) + "  t6: {}\n"

    found = folder.problems(f"{down}cases:\n  c: {{extends: t0, name: n}}\n")

    assert found
    assert all("more than 2 templates build upon each other here" in problem for problem in found)


def test_a_broken_list_and_a_broken_template_hide_no_more_than_themselves(folder: Folder) -> None:
    text = """\
templates:
  a: {extends: ghost}
cases:
  one: {extends: a, name: n}
  two: {for_each: text, name: n}
  three: {name: n, depends_on: [one, two-a]}
"""
    assert [problem.partition(";")[0] for problem in folder.problems(text)] == [
        "cases/a.yaml:2:16: there is no template `ghost`",
        "cases/a.yaml:5:19: `for_each` must be a mapping or a list, not `text`",
    ]


def test_the_name_of_a_block_for_several_is_the_name_of_no_case(folder: Folder) -> None:
    text = """\
cases:
  wave: {for_each: [emea, apac], name: n}
  one: {name: "${cases.wave.id}"}
  two: {name: n, depends_on: [wave]}
"""
    hint = "`wave` has `for_each`: name one of its cases, such as `wave-emea`"

    assert folder.problems(text) == [
        f"cases/a.yaml:3:15: there is no case `wave`; {hint}",
        f"cases/a.yaml:4:31: there is no case `wave`; {hint}",
    ]


def test_what_has_no_text_in_json_is_no_value_of_a_variable(folder: Folder) -> None:
    folder.write("reconciler.yaml", f"{SETTINGS}variables: {{a: {{type: number, default: .nan}}}}\n")

    (found,) = folder.problems('cases:\n  c: {name: "${var.a}"}\n')

    assert found.startswith("reconciler.yaml:4:40: the variable `a` cannot be this: this number cannot be")
