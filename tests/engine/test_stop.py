"""The wish to stop, and what is finished all the same."""

from __future__ import annotations

import pytest

from reconciler.engine.stop import Stop
from reconciler.errors import Interrupted


def test_what_was_begun_is_finished_though_somebody_wishes_to_stop() -> None:
    stop = Stop()
    assert not stop.is_final()
    stop.request()

    with stop.finishing():
        with stop.finishing():
            stop.sleep(0)
        assert (stop.is_set(), stop.is_final()) == (True, False)
        stop.sleep(0)

    assert stop.is_final()
    with pytest.raises(Interrupted):
        stop.sleep(0)


def test_a_new_thing_is_not_begun_while_another_is_finished() -> None:
    stop = Stop()
    stop.request()

    with stop.finishing(), pytest.raises(Interrupted):
        stop.check()
