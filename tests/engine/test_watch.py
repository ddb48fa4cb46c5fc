from __future__ import annotations

import threading
import time

import httpx
import pytest

from reconciler.engine.sending import Wire
from reconciler.engine.surroundings import DeadlineExceeded
from reconciler.engine.watch import Attempt, Watch

SOON = 0.05
LATE = 10.0


def test_what_takes_too_long_is_cut_and_known_to_be_late() -> None:
    watch = Watch(SOON)
    cut = threading.Event()

    with Attempt(watch, cut.set) as attempt:
        assert cut.wait(LATE)

    assert attempt.is_late
    watch.close()


def test_what_ends_in_time_is_never_cut() -> None:
    watch = Watch(SOON)
    cut: list[str] = []
    waited = threading.Event()

    with Attempt(watch, lambda: cut.append("in time")) as attempt:
        pass
    with Attempt(watch, waited.set):
        assert waited.wait(LATE)

    assert not attempt.is_late
    assert cut == []
    watch.close()


def test_what_has_no_connection_yet_is_late_once_it_has_ended() -> None:
    watch = Watch(SOON)
    request = httpx.Request("GET", "https://acme.example/x")

    with (
        pytest.raises(DeadlineExceeded, match=r"no complete answer within 0\.05 s"),
        Wire().deadline(watch, request),
    ):
        time.sleep(4 * SOON)
    watch.close()


def test_each_is_late_by_itself() -> None:
    watch = Watch(0.2)
    cut: list[str] = []
    both = threading.Event()

    def second_cut() -> None:
        cut.append("second")
        both.set()

    with Attempt(watch, lambda: cut.append("first")) as first:
        time.sleep(0.1)
        with Attempt(watch, second_cut) as second:
            while not first.is_late:
                time.sleep(0.01)
            assert not second.is_late
            assert both.wait(LATE)

    assert cut == ["first", "second"]
    watch.close()


def test_one_thread_watches_over_all_and_ends_with_the_watch() -> None:
    before = set(threading.enumerate())
    watch = Watch(LATE)

    for _ in range(50):
        with Attempt(watch, lambda: None), Attempt(watch, lambda: None):
            pass
    (thread,) = set(threading.enumerate()) - before
    watch.close()

    thread.join(LATE)
    assert not thread.is_alive()


def test_after_it_was_idle_and_after_it_was_closed_it_watches_again() -> None:
    watch = Watch(SOON)

    for _ in range(3):
        cut = threading.Event()
        with Attempt(watch, cut.set):
            assert cut.wait(LATE)
        time.sleep(2 * SOON)  # its thread finds nothing to do
        cut = threading.Event()
        with Attempt(watch, cut.set):
            assert cut.wait(LATE)
        watch.close()
