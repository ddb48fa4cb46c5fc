from __future__ import annotations

import functools
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.engine.surroundings import Surroundings
from reconciler.model.address import Address
from reconciler.providers.emulation import Call, Fault, FaultKind, Match, Outcome, Reply
from tests.cli.stand_in import PLAN, SUMMARY, UPDATE
from tests.forge.conftest import Job
from tests.forge.forges import BOT, ME, TOKEN, Forge, GitHub, GitLab

NOW = datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
"""A billion seconds."""
MARK = "<!-- reconciler:plan workspace=acme -->"
OTHER = replace(PLAN, changes=(replace(UPDATE, address=Address("soc", "elsewhere")),))


def me(forge: Forge) -> Any:
    return BOT if isinstance(forge, GitHub) else ME


def other(forge: Forge) -> Any:
    return "mallory" if isinstance(forge, GitHub) else 666


def bodies(forge: Forge) -> list[str]:
    return [comment["body"] for comment in forge.comments]


def methods(forge: Forge) -> list[str]:
    return [method for method, _, _ in forge.writes]


def answering(forge: Forge, method: str, status: int, **more: Any) -> None:
    """Let the writes of a method be answered with a status."""
    fault = Fault(FaultKind.SERVER_ERROR, Match(method, "comments|notes"), status=status, **more)
    forge.faults.add(fault)


def test_a_merge_request_of_a_fork_is_looked_for_where_it_is(job: Job, gitlab: GitLab) -> None:
    job.env(CI_MERGE_REQUEST_PROJECT_ID="12", CI_PROJECT_ID="99")

    assert job.comment().out == "Posted: comment on 12 7.\n"


def test_what_goes_wrong_is_to_be_looked_for_in_the_environment(job: Job, forge: Forge) -> None:
    answering(forge, "POST", 422)

    said = job.comment().err

    assert ("from GITHUB_TOKEN" if isinstance(forge, GitHub) else "from RECONCILER_GITLAB_TOKEN") in said
    assert "provider" not in said


def test_the_same_plan_twice_is_one_comment_that_is_edited(job: Job, forge: Forge) -> None:
    first = job.comment()
    job.save(OTHER)
    second = job.comment()

    assert (first.code, first.out.split(":")[0], first.err) == (0, "Posted", "")
    assert (second.code, second.out.split(":")[0]) == (0, "Edited")
    (body,) = bodies(forge)
    assert body.startswith(f"{MARK}\n### Plan for `acme`\n")
    assert SUMMARY in body
    assert "soc.elsewhere" in body
    assert methods(forge) == ["POST", "PATCH" if isinstance(forge, GitHub) else "PUT"]


def test_it_is_found_on_the_third_page_where_some_pages_are_not_full(job: Job, forge: Forge) -> None:
    for number in range(250):
        forge.say(
            other(forge), f"comment {number}", **({} if isinstance(forge, GitHub) else {"internal": number % 2})
        )
    forge.say(me(forge), f"{MARK}\nolder")

    assert job.comment().out.startswith("Edited")
    assert len(forge.comments) == 251
    assert SUMMARY in bodies(forge)[-1]


@pytest.mark.parametrize(
    "planted",
    [
        f"{MARK}\nby somebody else",
        f"see:\n{MARK}\nquoted",
        "<!-- reconciler:plan workspace=acme2 -->\nof another workspace",
        "<!-- reconciler:drift workspace=acme -->\nof another kind",
    ],
)
def test_a_marker_alone_proves_nothing(job: Job, forge: Forge, planted: str) -> None:
    forge.say(other(forge) if "somebody" in planted else me(forge), planted)

    assert job.comment().out.startswith("Posted")
    assert bodies(forge)[0] == planted
    assert len(forge.comments) == 2


def test_a_note_of_the_system_is_none_of_ours(job: Job, gitlab: GitLab) -> None:
    gitlab.say(ME, f"{MARK}\nchanged the title", system=True)

    assert job.comment().out.startswith("Posted")


def test_of_several_the_last_is_edited(job: Job, forge: Forge) -> None:
    forge.say(me(forge), f"{MARK}\nfirst")
    forge.say(me(forge), f"{MARK}\nlast")

    job.comment()

    assert bodies(forge)[0] == f"{MARK}\nfirst"
    assert SUMMARY in bodies(forge)[1]


def test_the_user_of_a_personal_token_is_its_author(job: Job, github: GitHub) -> None:
    github.login = "acme-bot"
    github.say("acme-bot", f"{MARK}\nours")
    github.say(BOT, f"{MARK}\nof a workflow")

    assert job.comment().out.startswith("Edited")
    assert SUMMARY in bodies(github)[0]


def test_who_an_app_is_can_be_said(job: Job, github: GitHub) -> None:
    github.say("soc-app[bot]", f"{MARK}\nours")

    assert job.comment("--author", "soc-app[bot]").out.startswith("Edited")


@pytest.mark.parametrize("status", [403, 404])
def test_an_edit_that_is_refused_becomes_a_post(job: Job, forge: Forge, status: int) -> None:
    forge.say(me(forge), f"{MARK}\nolder")
    answering(forge, "PATCH", status)
    answering(forge, "PUT", status)

    assert job.comment().out.startswith("Posted")
    assert bodies(forge)[0] == f"{MARK}\nolder"
    assert SUMMARY in bodies(forge)[1]


SECONDARY = Reply.json(403, {"message": "You have exceeded a secondary rate limit. Please wait."})
NOTHING_LEFT = ("x-ratelimit-remaining", "0")
DATED = ("date", "Sun, 09 Sep 2001 01:46:40 GMT")
TOO_OFTEN = [
    (Reply(403, b"{}", (("retry-after", "2"),)), 2.0),
    (Reply(403, b"{}", (NOTHING_LEFT, ("x-ratelimit-reset", "1000000030"), DATED)), 30.0),
    (Reply(403, b"{}", (NOTHING_LEFT, ("x-ratelimit-reset", "soon"))), 60.0),
    (Reply(403, b"{}", (NOTHING_LEFT, ("x-ratelimit-reset", "9" * 5000))), 60.0),
    (SECONDARY, 60.0),
]


def waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let time pass by waiting alone; return how long was waited."""
    waited: list[float] = []
    patient = functools.partial(
        Surroundings,
        sleep=waited.append,
        clock=lambda: sum(waited),
        now=lambda: NOW + timedelta(seconds=sum(waited)),
    )
    monkeypatch.setattr("reconciler.engine.surroundings.Surroundings", patient)
    return waited


@pytest.mark.parametrize(("refusal", "seconds"), TOO_OFTEN)
@pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])
def test_a_refusal_because_github_is_asked_too_often_is_waited_for(
    job: Job, github: GitHub, monkeypatch: pytest.MonkeyPatch, method: str, refusal: Reply, seconds: float
) -> None:
    waited = waiting(monkeypatch)
    if method != "POST":
        github.say(BOT, f"{MARK}\nolder")
    usual, left = github.answer, [Outcome(refusal)]

    def once(call: Call) -> Outcome:
        return left.pop() if left and call.method == method and "comments" in call.path else usual(call)

    monkeypatch.setattr(github, "answer", once)

    answer = job.comment()

    assert (answer.code, answer.err) == (0, "")
    assert len(github.comments) == 1
    assert SUMMARY in bodies(github)[0]
    assert sum(waited) == pytest.approx(seconds, abs=2.0)


def test_where_github_is_asked_too_often_for_long_the_job_fails_and_the_plan_is_shown(
    job: Job, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = waiting(monkeypatch)
    github.say(BOT, f"{MARK}\nolder")
    usual = github.answer
    busy = Outcome(SECONDARY)
    monkeypatch.setattr(github, "answer", lambda call: busy if call.method == "PATCH" else usual(call))

    answer = job.comment()

    assert answer.code == 1
    assert SUMMARY in answer.out
    assert bodies(github) == [f"{MARK}\nolder"]
    assert sum(waited) < 300


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "POST"])
def test_trouble_that_passes_is_waited_for(job: Job, forge: Forge, method: str) -> None:
    if method != "POST":
        forge.say(me(forge), f"{MARK}\nolder")
    answering(forge, method, 503, times=2)

    assert job.comment().code == 0
    assert len(forge.comments) == 1
    assert SUMMARY in bodies(forge)[0]


def test_a_post_whose_answer_was_lost_is_not_posted_twice(job: Job, forge: Forge) -> None:
    answering(forge, "POST", 502, executed=True)

    assert job.comment().out.startswith("Posted")
    assert len(forge.comments) == 1


def test_a_refused_edit_and_a_lost_answer_are_told_apart_from_the_older_comment(job: Job, forge: Forge) -> None:
    forge.say(me(forge), f"{MARK}\nolder")
    answering(forge, "PATCH", 404)
    answering(forge, "PUT", 404)
    answering(forge, "POST", 502)

    job.comment()

    assert len(forge.comments) == 2
    assert SUMMARY in bodies(forge)[1]


def test_trouble_that_stays_fails_and_the_plan_is_shown_all_the_same(job: Job, forge: Forge) -> None:
    answering(forge, "POST", 500, times=None)

    answer = job.comment()

    assert answer.code == 1
    assert SUMMARY in answer.out
    assert "Error: POST" in answer.err
    assert forge.comments == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_without_the_permission_the_plan_is_in_the_step_summary(job: Job, forge: Forge, status: int) -> None:
    answering(forge, "POST", status, times=None)
    (job.folder / "summary.md").write_text("before\n")
    job.env(GITHUB_STEP_SUMMARY=str(job.folder / "summary.md"))

    answer = job.comment()

    assert (answer.code, answer.out) == (0, "")
    assert answer.err.startswith("Warning: no comment was written: POST ")
    assert answer.err.endswith("; the plan is in the step summary\n")
    assert job.summary.startswith("before\n### Plan for")
    assert SUMMARY in job.summary


def test_a_wrong_token_is_masked_and_the_plan_is_shown(job: Job, forge: Forge) -> None:
    wrong = f"{TOKEN}-of-yesterday"
    job.env(GITHUB_TOKEN=wrong, GITLAB_TOKEN=wrong)

    answer = job.comment("-v")

    assert answer.code == 0
    assert "401" in answer.err
    assert "of-yesterday" not in answer.err
    assert SUMMARY in answer.out


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("GITHUB_TOKEN", None, "there is no GITHUB_TOKEN"),
        ("GITHUB_REF", "refs/heads/main", "about no pull or merge request"),
        ("GITHUB_REPOSITORY", "acme/soc/../x", "names no project of GitHub"),
        ("GITHUB_REPOSITORY", None, "no job of GitHub Actions or GitLab CI"),
    ],
)
def test_where_nothing_can_be_written_nothing_is_sent(
    job: Job, github: GitHub, variable: str, value: str | None, said: str
) -> None:
    job.env(**{variable: value})

    answer = job.comment()

    assert answer.code == 0
    assert said in answer.err
    assert SUMMARY in answer.out
    assert github.requests == []


@pytest.mark.parametrize(
    ("event", "posted"),
    [
        ('{"pull_request": {"number": 7}}', 1),
        ('{"issue": {"number": 7, "pull_request": {}}}', 1),
        ('{"issue": {"number": 7}}', 0),
        ('{"pull_request": {"number": "7/../8"}}', 0),
        ("[]", 0),
        ("no json", 0),
    ],
)
def test_the_event_names_the_pull_request(job: Job, github: GitHub, event: str, posted: int) -> None:
    (job.folder / "event.json").write_text(event)
    job.env(GITHUB_REF="refs/heads/main", GITHUB_EVENT_PATH=str(job.folder / "event.json"))

    assert job.comment().code == 0
    assert len(github.comments) == posted


@pytest.mark.parametrize("url", ["http://api.github.example", "https://user@api.github.example", "ftp://x", "?"])
def test_a_token_goes_to_no_address_in_the_clear(job: Job, github: GitHub, url: str) -> None:
    job.env(GITHUB_API_URL=url)

    answer = job.comment()

    assert answer.code == 1
    assert answer.err.startswith("Error: the address of GitHub's interface cannot be used: it must ")


def test_a_wrong_plan_is_an_error_and_nothing_is_sent(job: Job, forge: Forge) -> None:
    path = job.folder / "plan.json"
    path.write_text(path.read_text().replace('"high"', '"critical"'))

    answer = job.comment()

    assert answer.code == 1
    assert answer.err.startswith("Error: the plan file was altered")
    assert forge.requests == []


@pytest.mark.parametrize(
    ("workspace", "marked"), [("a --> <b>x</b>", "a%20%2D%2D%3E%20%3Cb%3Ex%3C%2Fb%3E"), ("ä-b", "%C3%A4-b")]
)
def test_the_name_of_a_workspace_cannot_leave_the_marker(
    job: Job, forge: Forge, workspace: str, marked: str
) -> None:
    job.save(replace(PLAN, workspace=workspace))

    job.comment()
    job.comment()

    (body,) = bodies(forge)
    assert body.split("\n")[0] == f"<!-- reconciler:plan workspace={marked} -->"


def test_a_long_name_is_marked_by_its_hash(job: Job, forge: Forge) -> None:
    job.save(replace(PLAN, workspace="w" * 5000))

    job.comment()

    assert len(bodies(forge)[0].split("\n")[0]) < 120


def test_a_comment_keeps_within_what_the_forge_takes(job: Job, github: GitHub) -> None:
    many = tuple(replace(UPDATE, address=Address("soc", f"case-{number}")) for number in range(2000))
    job.save(replace(PLAN, changes=many))

    assert job.comment().out.startswith("Posted")
    assert 50_000 < len(bodies(github)[0]) <= 60_000
    assert "Cut to fit" in bodies(github)[0]


def test_a_step_summary_keeps_within_a_mebibyte(job: Job) -> None:
    field = replace(UPDATE.fields[0], after="漢" * 60)
    wide = tuple(replace(UPDATE, address=Address("soc", f"c{number}"), fields=(field,)) for number in range(6000))
    job.save(replace(PLAN, changes=wide))
    (job.folder / "summary.md").write_text("x" * 100_000)
    job.env(GITHUB_STEP_SUMMARY=str(job.folder / "summary.md"))

    assert job.comment().code == 0
    assert 300_000 < len(job.summary.encode()) <= 2**20
    assert "Cut to fit" in job.summary


def test_a_full_step_summary_is_left_alone(job: Job) -> None:
    (job.folder / "summary.md").write_text("x" * 2**20)
    job.env(GITHUB_STEP_SUMMARY=str(job.folder / "summary.md"))

    answer = job.comment()

    assert (answer.code, len(job.summary)) == (0, 2**20)
    assert SUMMARY in answer.out


def test_the_token_stands_in_no_comment(job: Job, forge: Forge) -> None:
    job.save(replace(PLAN, warnings=(f"found {TOKEN}",)))

    job.comment()

    assert TOKEN not in bodies(forge)[0]
    assert "found (secret)" in bodies(forge)[0]


def test_programs_are_told_in_json(job: Job, forge: Forge) -> None:
    assert json.loads(job.comment("--json").out) == {"result": "posted"}

    job.env(GITHUB_TOKEN=None, GITLAB_TOKEN=None)
    shown = json.loads(job.comment("--json").out)
    job.env(GITHUB_STEP_SUMMARY=str(job.folder / "summary.md"))
    summarized = json.loads(job.comment("--json").out)

    assert (shown["result"], summarized["result"]) == ("stdout", "summary")
    assert SUMMARY in shown["markdown"]


def test_an_answer_that_is_no_list_is_an_error(job: Job, forge: Forge) -> None:
    forge.faults.add(Fault(FaultKind.HTML, Match("GET", "user")))

    answer = job.comment()

    assert answer.code == 1
    assert SUMMARY in answer.out


@pytest.mark.parametrize(("path", "answer"), [("user", {}), ("comments|notes", {}), ("comments|notes", [1])])
def test_an_answer_of_another_form_is_an_error(
    job: Job, forge: Forge, monkeypatch: pytest.MonkeyPatch, path: str, answer: Any
) -> None:
    usual = forge.answer

    def odd(call: Call) -> Outcome:
        fits = call.method == "GET" and re.search(path, call.path)
        return Outcome(Reply.json(200, answer)) if fits else usual(call)

    monkeypatch.setattr(forge, "answer", odd)

    told = job.comment()

    assert told.code == 1
    assert "the answer " in told.err
    assert SUMMARY in told.out
    assert forge.comments == []


def test_a_list_without_an_end_is_left_alone(job: Job, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1000):
        forge.say(other(forge), f"comment {number}")
    monkeypatch.setattr("reconciler.forge.channel.MOST_PAGES", 5)

    assert job.comment().code == 0
    assert len([read for read in forge.reads if "user" not in read.path]) == 5


def test_an_edit_that_is_refused_for_another_reason_is_an_error(job: Job, forge: Forge) -> None:
    forge.say(me(forge), f"{MARK}\nolder")
    answering(forge, "PATCH", 422)
    answering(forge, "PUT", 422)

    answer = job.comment()

    assert answer.code == 1
    assert SUMMARY in answer.out
    assert bodies(forge) == [f"{MARK}\nolder"]


def test_a_step_summary_that_cannot_be_written_is_not_missed(job: Job) -> None:
    job.env(GITHUB_STEP_SUMMARY=str(job.folder))

    answer = job.comment()

    assert (answer.code, SUMMARY in answer.out) == (0, True)
    assert "the plan is in stdout" in answer.err
