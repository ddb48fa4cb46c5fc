"""For all tests: assertions of the shipped suite show what differed, and large modules run in one process each."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings

MANY: Final = 100
"""Tests from which on a module stays together: to hand them out one by one would take longer than to run them."""
_MIXTURE: Final = re.compile(r"\bmixture (\d+)\b")
SHARE: Final = 6
"""Of so many mixtures of settings one is tried with a story, another with the next, so that all are tried."""

pytest.register_assert_rewrite("reconciler.testing")
settings.register_profile("on a busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("on a busy machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the settings of what nobody knows about a system be tried one by one, and tenants be of real size."""
    parser.addoption("--each-setting", action="store_true", help="tell every story under each setting alone")
    parser.addoption("--every-mixture", action="store_true", help="tell every story under every mixture")
    parser.addoption("--full-size", action="store_true", help="adopt tenants of 5,000 and 10,000 cases")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of a large module together, but for the stories of the proof: they are long, told in part."""
    if not (config.getoption("--every-mixture") or config.getoption("--each-setting")):
        left = [item for item in items if not _is_told_elsewhere(item)]
        config.hook.pytest_deselected(items=[item for item in items if _is_told_elsewhere(item)])
        items[:] = left
    sizes = Counter(item.path for item in items)
    for item in items:
        is_a_story = isinstance(item, pytest.Function) and "make_emulator" in item.fixturenames
        if sizes[item.path] >= MANY and not is_a_story:
            item.add_marker(pytest.mark.xdist_group(item.path.name))


def _is_told_elsewhere(item: pytest.Item) -> bool:
    """Tell whether a mixture is left to other stories."""
    if (found := _MIXTURE.search(item.name)) is None:
        return False
    story = item.name.partition("[")[0]
    return bool((crc32(story.encode()) + int(found[1])) % SHARE)


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what commands remember for the user out of the cache of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
