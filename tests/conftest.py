"""For all tests: the shipped suite's assertions show what differed, as those of the tests do."""

import pytest

pytest.register_assert_rewrite("reconciler.testing")
