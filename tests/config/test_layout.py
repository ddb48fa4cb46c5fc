"""The one form of a workspace's files: what it looks like, that it means the same, that twice is once."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any, Final

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.config.documents import parse
from reconciler.config.layout import (
    WIDTH,
    CannotFormat,
    format_cases,
    format_settings,
    means_the_same,
    order_of,
)
from reconciler.config.marked import comments_of
from reconciler.providers.registry import provider_types

CORPUS: Final = Path(__file__).parents[1] / "hostile/input"
ROOT: Final = Path(__file__).parents[2]
ORDER: Final = order_of({"soc": "tines"}, provider_types())


def formatted(text: str) -> str:
    return format_cases("cases/a.yaml", dedent(text).encode(), ORDER).decode()


def case(body: str) -> str:
    """Return the formatted lines of a case, without what is around it."""
    lines = formatted("cases:\n  c:\n" + "".join(f"    {line}\n" for line in dedent(body).splitlines()))
    return "".join(f"{line[4:]}\n" if line else "\n" for line in lines.splitlines()[2:])


def test_keys_stand_in_the_order_of_the_schema_and_maps_as_they_were() -> None:
    assert case("""\
        depends_on: [other]
        metadata: {b: 1, a: 2}
        lifecycle: {on_remove: close}
        tags: [b, a]
        name: n
        provider: soc
        import: "7"
        """) == dedent("""\
        provider: soc
        import: "7"
        name: n
        tags: [b, a]
        metadata: {b: 1, a: 2}
        lifecycle: {on_remove: close}
        depends_on: [other]
        """)


def test_a_comment_behind_a_case_in_one_line_stands_just_behind_its_name() -> None:
    made = formatted("cases:\n  one: {name: n, provider: soc}   # why\n")

    assert made == "cases:\n  one:  # why\n    provider: soc\n    name: n\n"
    assert formatted(made) == made


def test_templates_are_written_like_cases() -> None:
    text = """\
        cases:
          c: {name: n, for_each: [a, b], extends: base}
        templates:
          base:
            tags: ["a"]
            description: d # why
            extends: [other]
          empty: {}
        """
    assert formatted(dedent(text)) == dedent("""\
        cases:
          c:
            extends: base
            for_each: [a, b]
            name: n
        templates:
          base:
            extends: [other]
            description: d  # why
            tags: [a]
          empty: {}
        """)


def test_comments_move_with_what_they_are_about() -> None:
    assert case("""\
        # two tags,
        # no more
        tags: [a, b]   # for the hunters
        # how it is called

        name: n        # short
        # the end
        """) == dedent("""\
        # how it is called

        name: n        # short
        # two tags,
        # no more
        tags: [a, b]   # for the hunters
        # the end
        """)


@pytest.mark.parametrize(
    ("written", "in_form"),
    [
        ("name: 'plain'", "name: plain"),
        ('name: "plain"', "name: plain"),
        ("name: 'it''s'", "name: it's"),
        ("name: 'a: b'", 'name: "a: b"'),
        ('name: "a: b"', 'name: "a: b"'),
        ("name: 'say \"hi: you\"'", "name: 'say \"hi: you\"'"),
        ('name: "no"', 'name: "no"'),
        ("name: no", "name: no"),
        ('name: "0412"', 'name: "0412"'),
        ("name: 0412", "name: 0412"),
        ("name: 1e3", "name: 1e3"),
        ('name: "2026-01-01"', 'name: "2026-01-01"'),
        ('name: "a #b"', 'name: "a #b"'),
        ('name: "#b"', 'name: "#b"'),
        ('name: "- b"', 'name: "- b"'),
        ('name: "\\u202e"', 'name: "\\u202e"'),
        ('name: ""', 'name: ""'),
        ("description: ~", "description: null"),
        ("description:", "description:"),
        ("tags:   [ a,b , 'c']", "tags: [a, b, c]"),
        ("tags: [a,\n  b]", "tags: [a, b]"),
        ('tags: ["a, b", "c]"]', 'tags: ["a, b", "c]"]'),
        ("tags:\n- a\n-   b", "tags:\n  - a\n  - b"),
        ("tags: []", "tags: []"),
        ("metadata:\n    a:   1\n    'b':   2", "metadata:\n  a: 1\n  b: 2"),
        ('metadata: {"0": x, "a:b": y, "true": z}', 'metadata: {"0": x, "a:b": y, "true": z}'),
        ("metadata: {k: {deep: [1, 2]}}", "metadata: {k: {deep: [1, 2]}}"),
        ('metadata: {a: "${cases.x.id}"}', 'metadata: {a: "${cases.x.id}"}'),
        ('name: "${cases.x.id}"', "name: ${cases.x.id}"),
        ("name: one\n  line", "name: one line"),
        ("description: |\n      a\n       b\n\n      c\n", "description: |\n  a\n   b\n\n  c"),
        ("description: >-\n   a\n   b", "description: >-\n  a\n  b"),
        ("description: |4\n        a\n    b", "description: |2\n      a\n  b"),
        ("description: |+\n  a\n\nname: n", "name: n\ndescription: |+\n  a\n"),
        ('description: "a\n\n  b"', "description: |-\n  a\n  b"),
        ("tags: [a, # one\n  b]", "tags:\n  - a     # one\n  - b"),
    ],
)
def test_a_value_is_written_in_one_form(written: str, in_form: str) -> None:
    assert case(written) == f"{in_form}\n"


def test_what_does_not_fit_in_a_line_takes_lines() -> None:
    tags = [f"tag-number-{number}" for number in range(12)]

    assert case(f"tags: [{', '.join(tags)}]") == "tags:\n" + "".join(f"  - {tag}\n" for tag in tags)


def test_a_text_that_was_folded_stays_folded_and_a_long_line_stays_one() -> None:
    words = ("word " * 60).strip()

    assert case(f"description: {words}") == f"description: {words}\n"
    folded = case(f"description: {words[:99]}\n  {words[100:]}")
    assert folded.startswith("description: >-\n")
    assert max(map(len, folded.splitlines())) <= WIDTH


def test_what_is_within_braces_takes_lines_where_cases_are() -> None:
    assert formatted("{cases: {c: {tags: [a], name: n}}}") == dedent("""\
        cases:
          c:
            name: n
            tags: [a]
        """)


def test_documents_blank_lines_and_comments_between_them_are_kept() -> None:
    assert formatted("""\
        # head


        # of the file
        cases:

          # first
          a: {name: n}


          # b: {name: n}

          c:   # third
            name: n
          # below c
        # below all
        ---   # second
        cases: {}
        ...
        """) == dedent("""\
        # head

        # of the file
        cases:
          # first
          a:
            name: n

          # b: {name: n}

          c:   # third
            name: n
          # below c
        # below all
        ---
        # second
        cases: {}
        """)


def test_objects_in_lists_keep_their_comments() -> None:
    assert case("""\
        closure_conditions:
        # first
        - name: n   # of it
          # how
          formula: f
        -   {name: m, formula: g}
        """) == dedent("""\
        closure_conditions:
          # first
          - name: n  # of it
            # how
            formula: f
          - {name: m, formula: g}
        """)


def test_names_of_parts_stay_before_what_takes_them() -> None:
    assert (
        case(
            """\
        tags: &t [a, b]
        name: n
        metadata: {<<: *m, k: v}
        """.replace("<<: *m, ", "")
        )
        == "tags: &t [a, b]\nname: n\nmetadata: {k: v}\n"
    )
    text = formatted("""\
        cases:
          a: &a {name: n, priority: LOW}
          b: {<<: *a, name: m}
        """)
    assert text == dedent("""\
        cases:
          a: &a
            name: n
            priority: LOW
          b:
            <<: *a
            name: m
        """)


def test_settings_keep_their_head_and_the_order_of_providers() -> None:
    text = dedent("""\
        # yaml-language-server: $schema=schemas/settings.json
        # brakes
        limits: {max_deletes: 0}
        providers:
          b: {type: tines, url: "https://x.example", token: "${env.T}"}
          a:
            url: 'https://y.example'
            type: tines
        version: 1
        """)

    assert format_settings("reconciler.yaml", text.encode()).decode() == dedent("""\
        # yaml-language-server: $schema=schemas/settings.json
        version: 1
        providers:
          b: {type: tines, url: "https://x.example", token: "${env.T}"}
          a:
            url: https://y.example
            type: tines
        # brakes
        limits: {max_deletes: 0}
        """)


def test_what_would_not_mean_the_same_is_never_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.config.layout.quoted", str.upper)

    with pytest.raises(CannotFormat, match=r"^cases/a\.yaml: it is written in a way"):
        formatted("cases: {a: {name: 'a: b'}}\n")


@pytest.mark.parametrize("path", sorted((CORPUS / "cases").glob("*.json")), ids=lambda path: path.stem)
def test_a_hostile_file_that_is_right_means_the_same_afterwards(path: Path) -> None:
    data = path.with_suffix(".yaml").read_bytes()

    made = format_cases(path.stem, data, ORDER)

    assert means_the_same(data, made)
    assert format_cases(path.stem, made, ORDER) == made


def test_settings_that_are_right_mean_the_same_afterwards() -> None:
    for path in sorted((CORPUS / "settings").glob("*.json")):
        data = path.with_suffix(".yaml").read_bytes()
        made = format_settings(path.stem, data)
        assert means_the_same(data, made)
        assert format_settings(path.stem, made) == made


# ------------------------------------------------------------------------------------ made cases

_TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0\ufffe\uffff\r\x85\u2028\u2029"), max_size=40),
    st.sampled_from(["no", "0o7", "1_0", " a", "a ", "- a", "a: b", "a #b", "'", '"', "|", "---", "<<", "~", "#"]),
    st.text("ab \n:#'\"-", max_size=30),
    st.text("word ", min_size=100, max_size=300),
)
_VALUES = st.recursive(
    _TEXTS | st.integers() | st.none() | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab:-", min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
_KEYS = st.sampled_from(["name", "tags", "metadata", "provider", "lifecycle", "notes", "description", "priority"])
_CASES = st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.dictionaries(_KEYS, _VALUES), max_size=3)


@settings(max_examples=80, deadline=None)
@given(
    cases=_CASES,
    style=st.sampled_from([None, '"', "'", "|", ">"]),
    flow=st.sampled_from([True, False, None]),
    width=st.sampled_from([20, 80, 10_000]),
    wide=st.booleans(),
)
def test_made_cases_mean_the_same_afterwards_however_they_are_written(
    *, cases: dict[str, Any], style: str | None, flow: bool | None, width: int, wide: bool
) -> None:
    text = yaml.safe_dump(
        {"cases": cases},
        default_style=style,
        default_flow_style=flow,
        width=width,
        allow_unicode=wide,
        sort_keys=False,
    )
    data = text.replace("!!int ", "").replace("!!null ", "").replace("!!bool ", "").encode()
    if parse("", data).problems:
        return

    made = format_cases("made", data, ORDER)

    assert means_the_same(data, made)
    assert format_cases("made", made, ORDER) == made
    assert made.endswith(b"\n")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(_KEYS, _VALUES, st.integers(0, 15), st.integers(0, 3)), unique_by=lambda item: item[0]))
def test_comments_survive_wherever_they_stand(entries: list[tuple[str, Any, int, int]]) -> None:
    lines = ["# 0", "cases:", "# 1", "  c:  # 2"]
    for key, value, places, blanks in entries:
        lines += [""] * blanks
        lines += [f"{' ' * (places % 8)}# above {key}", ""][: places % 3]
        lines.append(f"    {key}: {json.dumps(value)}{' # behind' if places & 4 else ''}")
        lines += [f"{' ' * places}# below {key}"] if places & 8 else []
    data = "".join(f"{line}\n" for line in lines).encode()
    if parse("", data).problems:
        return

    made = format_cases("made", data, ORDER)

    assert means_the_same(data, made)
    assert sorted(comments_of(made.decode())) == sorted(comments_of(data.decode()))
    assert format_cases("made", made, ORDER) == made
