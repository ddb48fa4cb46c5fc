"""For all tests: assertions of the shipped suite show what differed, and tellings of one story stay together."""

import pytest

pytest.register_assert_rewrite("reconciler.testing")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Have a story told in one process under all settings of a system's switches, and measured the first time only.

    The first telling says which of the others can differ; these run the same lines once more.
    """
    for item in items:
        if isinstance(item, pytest.Function) and "make_emulator" in item.fixturenames:
            setting = item.callspec.params["make_emulator"]
            story = item.name.replace(f"[{setting}", " ", 1).rstrip("]")
            item.add_marker(pytest.mark.xdist_group(f"{item.cls.__name__} {story}"))
            if setting != next(iter(item.cls.switches), setting):
                item.add_marker(pytest.mark.no_cover)
