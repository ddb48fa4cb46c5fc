"""For all tests: assertions of the shipped suite show what differed, and large modules run in one process each."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

MANY: Final = 100
"""Tests from which on a module stays together: to hand them out one by one would take longer than to run them."""

pytest.register_assert_rewrite("reconciler.testing")
settings.register_profile("on a busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("on a busy machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the settings of what nobody knows about a system be tried one by one, and tenants be of real size."""
    parser.addoption("--each-setting", action="store_true", help="tell every story under each setting alone")
    parser.addoption("--full-size", action="store_true", help="adopt tenants of 5,000 and 10,000 cases")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a large module together, but for the stories of the proof, which are long."""
    sizes = Counter(item.path for item in items)
    for item in items:
        is_a_story = isinstance(item, pytest.Function) and "make_emulator" in item.fixturenames
        if sizes[item.path] >= MANY and not is_a_story:
            item.add_marker(pytest.mark.xdist_group(item.path.name))


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what commands remember for the user out of the cache of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
