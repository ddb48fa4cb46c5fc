"""For all tests: assertions of the shipped suite show what differed, and what belongs together runs together."""

from collections import Counter
from typing import Final

import pytest

MANY: Final = 100
"""Tests from which on a module stays together: to hand them out one by one would take longer than to run them."""

pytest.register_assert_rewrite("reconciler.testing")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Have a story told in one process under all settings of a system's switches, and measured the first time only.

    The first telling says which of the others can differ; these run the same lines once more.
    """
    sizes = Counter(item.path for item in items)
    for item in items:
        if isinstance(item, pytest.Function) and "make_emulator" in item.fixturenames:
            setting = item.callspec.params["make_emulator"]
            story = item.name.replace(f"[{setting}", " ", 1).rstrip("]")
            item.add_marker(pytest.mark.xdist_group(f"{item.cls.__name__} {story}"))
            if setting != next(iter(item.cls.switches), setting):
                item.add_marker(pytest.mark.no_cover)
        elif sizes[item.path] >= MANY:
            item.add_marker(pytest.mark.xdist_group(item.path.name))
