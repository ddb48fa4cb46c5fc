from __future__ import annotations

import re
import tracemalloc
from dataclasses import replace
from itertools import islice

import pytest

from reconciler.model.address import Address
from reconciler.model.change import Action, Cause, Change, Drift, DriftedField, DriftReport, FieldChange
from reconciler.model.operation import Merge, Operation
from reconciler.model.plan import Plan
from reconciler.model.record import State
from reconciler.model.result import Outcome, Result, Status
from reconciler.model.values import ABSENT, Digest, Entry, Ref, Value
from reconciler.report.lines import plain
from reconciler.report.text import render_drift, render_plan, render_record, render_result, render_state_list
from tests.report import worlds
from tests.report.worlds import address, plan

NO_ONE = "Plan: 0 to create, 0 to update, 0 to delete, 0 to release, 0 to import. 0 requests.\n"

PLANS = [
    (
        plan(worlds.UPDATE),
        """\
  ~ soc.phishing-wave (id 42)
      + metadata.region: "emea"  (config)
      ~ priority: "low" → "high"  (config)
      ~ tags  (both)
          + q4
          - triage
      → PUT /api/v2/cases/42  {"priority":"high","add_tag_names":["q4"],"remove_tag_names":["triage"]}
      → POST /api/v2/cases/42/metadata  {"metadata":{"region":"emea"}}

Plan: 0 to create, 1 to update, 0 to delete, 0 to release, 0 to import. 2 requests.
""",
    ),
    (
        plan(worlds.CREATE, unchanged=3),
        """\
  + soc.new  # was deleted outside
      + metadata.parent: (known after apply: cases.other.id)
      + metadata.see: (known after apply: "see ${cases.other.url}")
      + metadata.token: (secret)
      + name: "New"
      + tags
          + "b c"
          + a
      → POST /api/v2/cases  {"name":"New","metadata":\
{"reconciler":"2f6c1a1e-0000-4000-8000-000000000001/soc.new/7","parent":{"unknown":"cases.other.id"}}}
      → DELETE /api/v2/cases/${cases.new.id}/x

Plan: 1 to create, 0 to update, 0 to delete, 0 to release, 0 to import. 2 requests.
""",
    ),
    (
        plan(worlds.MOVED, replace(worlds.UPDATE, fields=(), operations=(), moved_from=Address("old", "a"))),
        """\
    soc.old-name → soc.new-name (id 47)  # goes under another address, changed in nothing

  ~ old.a → soc.phishing-wave (id 42)

Plan: 0 to create, 1 to update, 0 to delete, 0 to release, 0 to import. 0 requests.
""",
    ),
    (
        plan(worlds.CLOSE, worlds.IMPORT, worlds.DELETE, worlds.RELEASE),
        """\
  . soc.done (id 11)  # close, then release
      ~ status: "open" → "closed"  (config)
      → PUT /api/v2/cases/11  {"status":"CLOSED"}

  < soc.found (id 12)  # recorded as ours, changed in nothing

  - soc.gone (id 9)
      → DELETE /api/v2/cases/9

  . soc.left (id 10)  # left as it is, managed no more

Plan: 0 to create, 0 to update, 1 to delete, 2 to release, 1 to import. 2 requests.
""",
    ),
    (
        plan(worlds.ITEMS),
        """\
  ~ soc.vendor (id 1)
      ~ assignee: user jane@acme.example → group SOC Team  (drift)
      ~ attributes.rate.value: "30" → "75"  (config)
      ~ groups  (config)
          + Adversary: Extreme Bad Guy
          - "Campaign: Autumn"
      + notes.first  (config)
          + labels
              + a
              + b
          + secret: (secret)
          + see: (known after apply: cases.b.url)
          + text
              │ + one
              │ + two
      - notes.second  (both)
          - author: user omar
          - text: "gone"
      → PUT /v3/cases/1?fields=tags&fields=notes & more  {"associatedGroups":{"data":[{"type":"Adversary",\
"name":"Extreme Bad Guy"}],"mode":"append"}}  (after case b)
      → POST /v3/notes  {"caseId":1,"text":"one\\ntwo"}

Plan: 0 to create, 1 to update, 0 to delete, 0 to release, 0 to import. 2 requests.
""",
    ),
    (
        plan(worlds.WHOLE),
        """\
  ~ soc.whole (id 2304)
      ~ name: "A" → "Ä \\"B\\""  (config)
      ~ tags  (config)
          + b
      → PUT /api/cases/2304  {"IssueTitle":"Ä \\"B\\"","MilestoneID":0,"TagsCSV":"a,rc-0123456789abcdef,b"}\
 (as a JSON string)
        category, assignee, milestone go with it
        all tags are sent, read again just before: what others change in that very moment is lost
        if that is refused: → PUT /api/cases/2304  {"IssueTitle":"Ä \\"B\\""}
        then → PUT /api/cases/2304  {"TagsCSV":"a,b"}
      → PUT /api/cases/2304  {"IssueTitle":{"unknown":"cases.b.id"}} (as a JSON string)
      → PUT /api/cases/2304  {"T":{"secret":"sha256:\
0000000000000000000000000000000000000000000000000000000000000000"}} (as a JSON string)

Plan: 0 to create, 1 to update, 0 to delete, 0 to release, 0 to import. 3 requests.
""",
    ),
    (
        plan(worlds.SHARED, worlds.SHARED_TOO),
        """\
  ~ soc.shared (id 1)
      + metadata.os: "Linux"  (config)
      → POST /api/v2/cases/bulk/fields  {"case_ids":[1,2],"fields":[{"input_id":1,"value":"Linux","upsert":true}]}
      → POST /api/v2/cases/1/records  {"record_id":7}

  ~ soc.shared-too (id 2)
      + metadata.os: "Linux"  (config)
      → with soc.shared: POST /api/v2/cases/bulk/fields

Plan: 0 to create, 2 to update, 0 to delete, 0 to release, 0 to import. 2 requests.
""",
    ),
    (plan(unchanged=12), "No changes. 12 cases match.\n"),
    (plan(unchanged=1), "No changes. 1 cases match.\n"),
    (plan(), "No changes. 0 cases match.\n"),
    (
        plan(drift=worlds.DRIFT, unchanged=1, warnings=("one line", "first line\nsecond line")),
        """\
Changed outside of reconciler:

  - soc.missing (id 13)  # gone from the system

  ~ soc.phishing-wave (id 42)
      - description: "text"
      - metadata.owner: "ann"
      ~ priority: "high" → "low"
      ~ tags
          + b

Warning: one line

Warning: first line
  │ second line

No changes. 1 cases match.
""",
    ),
]


@pytest.mark.parametrize(("made", "text"), PLANS)
def test_a_plan_reads_like_this(made: Plan, text: str) -> None:
    assert plain(render_plan(made)) == text


def test_drift_stands_before_what_is_done_about_it() -> None:
    text = plain(render_plan(plan(worlds.UPDATE, drift=worlds.DRIFT)))

    assert text.index("Changed outside of reconciler:") < text.index("What will be done") < text.index("→ PUT")


def one_field(before: Value, after: Value, *path: str) -> str:
    field = FieldChange(path or ("description",), before, after, Cause.DRIFT)
    return plain(render_plan(plan(Change(address("a"), "tines", Action.UPDATE, "1", fields=(field,))))).split(
        "\n\n"
    )[0]


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ('say "hi"', "x", r"""      ~ description: "say \"hi\"" → "x"  (drift)"""),
        (ABSENT, 5, "      + description: 5  (drift)"),
        ("x", None, '      - description: "x"  (drift)'),
        ("x", ABSENT, '      - description: "x"  (drift)'),
        (True, {"k": ["v"]}, '      ~ description: true → {"k":["v"]}  (drift)'),
        (ABSENT, {"user": "jane"}, "      + description: user jane  (drift)"),
        ({"user": "a → group b"}, None, '      - description: user "a → group b"  (drift)'),
        ({"user": "x" * 500}, None, f'      - description: user "{"x" * 400}… (+100 characters)"  (drift)'),
        (
            {"user": Digest("sha256:" + "0" * 64)},
            {"user": Ref("b", "id")},
            "      ~ description: user (secret) → user (known after apply: cases.b.id)  (drift)",
        ),
        ({"a b": "c"}, {"a": "b", "c": "d"}, '      ~ description: {"a b":"c"} → {"a":"b","c":"d"}  (drift)'),
        (
            frozenset(),
            frozenset({Entry.of({"type": "Host", "summary": "a, b\n- c"})}),
            '      ~ description  (drift)\n          + "Host: a, b⏎- c"',
        ),
        (
            "one\ntwo\nthree\nfour\nfive\nsix",
            "one\ntwo\nthree\n4\nfive\nsix\n",
            """\
      ~ description  (drift)
          │   two
          │   three
          │ - four
          │ + 4
          │   five
          │   six
          │ + \n""",
        ),
        (
            "\n".join(map(str, range(12))),
            "\n".join(["x", *map(str, range(1, 11)), "y"]),
            """\
      ~ description  (drift)
          │ - 0
          │ + x
          │   1
          │   2
          │ …
          │   9
          │   10
          │ - 11
          │ + y""",
        ),
        (
            ABSENT,
            "::stop-commands::x\n::error::y",
            """\
      + description  (drift)
          │ + ::stop-commands::x
          │ + ::error::y""",
        ),
        ("a\n" * 2000, "b\n" * 3000, "      ~ description  (drift)\n          (2001 lines become 3001 lines)"),
    ],
)
def test_a_value_and_its_change_are_shown_like_this(before: Value, after: Value, text: str) -> None:
    assert one_field(before, after).split("\n", 1)[1].rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (ABSENT, {"text": "x", "due": None}, '      + notes.first  (drift)\n          + text: "x"'),
        ({"text": "x"}, None, '      - notes.first  (drift)\n          - text: "x"'),
        ({}, ABSENT, "      - notes.first  (drift)"),
        (
            ABSENT,
            {"text": "::error::x\ny", "tags": frozenset()},
            """\
      + notes.first  (drift)
          + tags: none
          + text
              │ + ::error::x
              │ + y""",
        ),
        ({"a": "b"}, {"a": "c"}, "      ~ notes.first: a b → a c  (drift)"),
        ("x", {"a": 1}, '      ~ notes.first: "x" → {"a":1}  (drift)'),
    ],
)
def test_an_item_comes_and_goes_with_its_fields(before: Value, after: Value, text: str) -> None:
    assert one_field(before, after, "notes", "first").split("\n", 1)[1] == text


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), None),
        (("tags",), "all tags are sent"),
        (("tags", "watchers"), "all tags and watchers are sent"),
    ],
)
def test_a_request_that_carries_whole_sets_says_what_may_be_lost(names: tuple[str, ...], said: str | None) -> None:
    merges = {name.upper(): Merge(name, ()) for name in names}
    change = replace(worlds.DELETE, operations=(Operation("PUT", "/x", {}, "why", merges=merges),))

    _, _, after = plain(render_plan(plan(change))).partition("→ PUT /x  {}\n")

    assert after.lstrip().startswith(f"{said}, read again just before: what others" if said else "Plan: ")


def test_a_request_names_what_goes_with_it() -> None:
    along = {"category": "Mail", "assignee": None}
    change = replace(worlds.DELETE, operations=(Operation("PUT", "/x", {}, "why", along=along),))

    assert "category, assignee go with it" in plain(render_plan(plan(change)))


def test_a_request_names_the_cases_that_it_waits_for() -> None:
    def waiting(*cases: str) -> str:
        change = replace(worlds.DELETE, operations=(Operation("PUT", "/x", None, "link", after=cases),))
        return plain(render_plan(plan(change)))

    assert "→ PUT /x  (after cases b, c)\n" in waiting("b", "c")
    assert "→ PUT /x\n" in waiting()
    assert len(waiting(*map(str, range(50_000)))) < 1000


def test_long_values_sets_and_texts_are_cut_and_say_so() -> None:
    assert '"… (+100 characters)"' not in one_field("a", "b")
    assert f'"{"b" * 400}… (+100 characters)"' in one_field("a", "b" * 500)
    assert "… (+20 lines)" in one_field(frozenset(), frozenset(map(str, range(100))))
    assert "… (+21 lines)" in one_field(ABSENT, "x\n" * 100)
    assert "… (+20 fields)" in one_field(ABSENT, dict.fromkeys(map(str, range(100)), "x"), "notes", "first")


ENTRY = Entry.of({"type": "Adversary", "name": "\x1b[2J::x\u202e"})
HOSTILE = "\x1b]0;x\x07\u202e##[add-mask]\n::error::\u200b\r\x9b\u2028"


def test_no_hostile_text_is_active_wherever_it_stands() -> None:
    change = Change(
        address("a"),
        "tines",
        Action.UPDATE,
        id=HOSTILE,
        fields=(
            FieldChange((HOSTILE, HOSTILE), HOSTILE, "x"),
            FieldChange(("name",), "x\x1b", "\u200by"),
            FieldChange(("tags",), frozenset({HOSTILE}), frozenset({HOSTILE + "x"})),
            FieldChange(("groups",), frozenset({ENTRY}), frozenset({HOSTILE})),
            FieldChange(("notes", HOSTILE), {HOSTILE: HOSTILE, "text": "::error::"}, ABSENT),
            FieldChange(("notes", "::add"), ABSENT, {"::add": {HOSTILE: HOSTILE}, "tags": frozenset({ENTRY})}),
            FieldChange(("notes", HOSTILE, HOSTILE), {"user": HOSTILE}, {HOSTILE: "x"}),
        ),
        operations=(
            Operation(
                HOSTILE, HOSTILE, {HOSTILE: HOSTILE}, HOSTILE, query=((HOSTILE, HOSTILE),), after=(HOSTILE,)
            ),
        ),
        reason=HOSTILE,
    )
    drift = (
        Drift(address("b"), missing=True, id=HOSTILE),
        Drift(address("c"), (DriftedField(("notes", HOSTILE), {HOSTILE: HOSTILE}, ABSENT),)),
    )
    made = plan(change, drift=drift, warnings=(HOSTILE,))
    result = Result((Outcome(address("a"), Action.UPDATE, Status.FAILED, 0, HOSTILE, (HOSTILE, "::error::")),))
    recorded = {
        "assignee": {"user": HOSTILE},
        "groups": frozenset({ENTRY}),
        "notes": {HOSTILE: {HOSTILE: HOSTILE, "text": "a\n::error::"}, "::add": {"::add": ["::add"]}},
    }
    record = replace(worlds.RECORD, recorded=recorded, handles={f"notes.{HOSTILE}": HOSTILE})

    for lines in (render_plan(made), render_result(result), render_record(record)):
        text = plain(lines)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e\u2028]", text)
        assert not re.search(r"##\w*\[", text)
        assert not re.search(r"^\s*::", text, re.MULTILINE)


RESULTS = [
    (
        Result(
            (
                Outcome(address("a"), Action.CREATE, Status.DONE, 1),
                Outcome(address("b"), Action.UPDATE, Status.DONE, 2),
                Outcome(address("c"), Action.UPDATE, Status.DONE, 1),
            )
        ),
        "Applied: 1 created, 2 updated, 0 deleted, 0 released, 0 imported. 4 requests.\n",
    ),
    (
        Result(
            (
                Outcome(
                    address("a"), Action.CREATE, Status.FAILED, 0, "Tines refused it (422):\nName can't be blank"
                ),
                Outcome(address("b"), Action.UPDATE, Status.CONFLICT, 0, "soc.b: priority is now low"),
                Outcome(address("c"), Action.CREATE, Status.SKIPPED, 0, "soc.a failed"),
                Outcome(address("d"), Action.DELETE, Status.SKIPPED, warnings=("odd",)),
                Outcome(address("e"), Action.UPDATE, Status.DONE, 1, None, ("tag vip is VIP there", "two\nlines")),
            ),
            interrupted=True,
        ),
        """\
Applied: 0 created, 1 updated, 0 deleted, 0 released, 0 imported. 1 requests.

Warning: soc.d: odd
Warning: soc.e: tag vip is VIP there
Warning: soc.e: two
  │ lines

Failed:
  soc.a: create: Tines refused it (422):
  │ Name can't be blank

Skipped, since somebody changed what was to be written:
  soc.b: update: priority is now low

Not tried:
  soc.c: create: soc.a failed
  soc.d: delete

Interrupted: what was in flight is finished and recorded; apply again to do the rest.
""",
    ),
]


@pytest.mark.parametrize(("result", "text"), RESULTS)
def test_a_result_reads_like_this(result: Result, text: str) -> None:
    assert plain(render_result(result)) == text


def test_a_long_message_is_cut() -> None:
    result = Result((Outcome(address("a"), Action.CREATE, Status.FAILED, 0, "x" * 5000),))

    assert "characters)" in plain(render_result(result))


@pytest.mark.parametrize(
    ("report", "summary"),
    [
        (DriftReport("acme", (), 12), "No drift. 12 cases are as applied.\n"),
        (DriftReport("acme", (), 1), "No drift. 1 case is as applied.\n"),
        (DriftReport("acme", worlds.DRIFT, 10), "Drift: 1 drifted, 1 missing, 10 clean.\n"),
    ],
)
def test_drift_ends_with_a_line_that_counts_it(report: DriftReport, summary: str) -> None:
    assert plain(render_drift(report)).endswith(summary)


def test_the_state_is_listed_one_address_a_line() -> None:
    records = dict.fromkeys((address("b"), address("a")), worlds.RECORD)

    assert plain(render_state_list(State("x", 1, records))) == "soc.a\nsoc.b\n"


def test_a_record_is_shown_whole() -> None:
    assert (
        plain(render_record(worlds.RECORD))
        == """\
soc.new
  type: "tines"
  id: ""
  url: ""
  recorded metadata.k: (secret)
  recorded name: "New"
  recorded tags: [a]
  handle tasks.triage: "991"
  depends on soc.other
  on remove: close
  prevent delete: yes
  ignore changes: description
  updated at: "2026-01-01T00:00:00Z"
"""
    )


def test_recorded_items_are_shown_field_by_field() -> None:
    recorded = {
        "assignee": {"user": "jane"},
        "groups": frozenset({worlds.ADVERSARY, "12"}),
        "notes": {
            "first": {"labels": frozenset({"b", "a"}), "text": "one\n::two", "author": {"user": "omar"}},
            "empty": {},
        },
        "metadata": {},
    }

    assert """\
  recorded assignee.user: "jane"
  recorded groups: [12, Adversary: Extreme Bad Guy]
  recorded notes.empty: {}
  recorded notes.first.author: user omar
  recorded notes.first.labels: [a, b]
  recorded notes.first.text:
    │ one
    │ ::two
  handle""" in plain(render_record(replace(worlds.RECORD, recorded=recorded)))


def test_a_recorded_text_of_several_lines_stands_behind_a_gutter() -> None:
    record = replace(worlds.RECORD, recorded={"description": "one\n::two"})

    assert "  recorded description:\n    │ one\n    │ ::two\n" in plain(render_record(record))


def test_a_huge_plan_is_rendered_as_it_is_read() -> None:
    made = plan(*(worlds.UPDATE for _ in range(20_000)))
    tracemalloc.start()
    first = list(islice(render_plan(made), 100))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(first) == 100
    assert peak < 1_000_000
