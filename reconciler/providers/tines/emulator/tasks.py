"""The emulated tasks of a case: wrapped one by one, known by nothing but their ids."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from reconciler.providers.emulation import Call, Reply, route
from reconciler.providers.tines.emulator.desk import DELETED, Desk, Visit
from reconciler.providers.tines.emulator.drafts import pick, swapped, without
from reconciler.providers.tines.emulator.params import Invalid, known, objects
from reconciler.providers.tines.emulator.things import Task

_TASKS = "/api/v2/cases/{case_id}/tasks"
_MOST_PER_PAGE = 50


class TaskRoutes:
    """`/tasks` of a case."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._switches = desk.tenant.switches

    @route("GET", _TASKS)
    def tasks(self, call: Call, case_id: str) -> Reply:
        """List the tasks, in the order they were made, and without the case's id."""
        visit = self._desk.visit(call, case_id)
        maximum = min(_MOST_PER_PAGE, self._switches.sub_lists_per_page_max)
        return visit.page("tasks", visit.case.tasks, visit.shapes.task, maximum=maximum, extra={})

    @route("POST", _TASKS)
    def create(self, call: Call, case_id: str) -> Reply:
        """Make a task, which is not completed: 201."""
        visit = self._desk.visit(call, case_id)
        task = visit.drafts.task(visit.asked)
        visit.amend(tasks=(*visit.case.tasks, task))
        return _answer(HTTPStatus.CREATED, visit, task)

    @route("POST", _TASKS + "/batch")
    def create_all(self, call: Call, case_id: str) -> Reply:
        """Make several tasks, all or none: 201."""
        visit = self._desk.visit(call, case_id)
        given = known(visit.asked, {"tasks"}, "TeamCaseTaskBatchInput").get("tasks")
        if not given:
            raise Invalid("tasks must not be empty")
        bodies = objects(given, "tasks", self._switches.tasks_batch_max)
        tasks = [visit.drafts.task(body) for body in bodies]
        visit.amend(tasks=(*visit.case.tasks, *tasks))
        return Reply.json(HTTPStatus.CREATED, {"tasks": _shown(visit, tasks)})

    @route("GET", _TASKS + "/{task_id}")
    def get(self, call: Call, case_id: str, task_id: str) -> Reply:
        """Show a task."""
        visit = self._desk.visit(call, case_id)
        return _answer(HTTPStatus.OK, visit, pick(visit.case.tasks, task_id, "task"))

    @route("PUT", _TASKS + "/{task_id}")
    def update(self, call: Call, case_id: str, task_id: str) -> Reply:
        """Change what is given; assignees are replaced."""
        visit = self._desk.visit(call, case_id)
        task = visit.drafts.changed_task(pick(visit.case.tasks, task_id, "task"), visit.asked)
        visit.amend(tasks=swapped(visit.case.tasks, task))
        return _answer(HTTPStatus.OK, visit, task)

    @route("DELETE", _TASKS + "/{task_id}")
    def delete(self, call: Call, case_id: str, task_id: str) -> Reply:
        """Delete a task: 204."""
        visit = self._desk.visit(call, case_id)
        visit.amend(tasks=without(visit.case.tasks, pick(visit.case.tasks, task_id, "task")))
        return DELETED


def _answer(status: int, visit: Visit, task: Task) -> Reply:
    return Reply.json(status, {"task": visit.shapes.task(task)})


def _shown(visit: Visit, tasks: Iterable[Task]) -> list[dict[str, object]]:
    return [visit.shapes.task(task) for task in tasks]
