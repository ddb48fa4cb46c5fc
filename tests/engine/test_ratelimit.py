from __future__ import annotations

import random
import threading

import pytest

from reconciler.engine.ratelimit import WINDOW, RateLimiter
from reconciler.errors import Interrupted


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def limiter(time: Time, per_minute: int) -> RateLimiter:
    return RateLimiter(per_minute, clock=time.clock, sleep=time.sleep)


def test_a_short_run_is_not_slowed_down(time: Time) -> None:
    limited = limiter(time, 100)
    for _ in range(100):
        with limited.turn():
            pass

    assert time.now == 1000.0


@pytest.mark.parametrize("per_minute", [1, 2, 7, 100])
def test_no_minute_has_more_requests_than_allowed(time: Time, per_minute: int) -> None:
    limited = limiter(time, per_minute)
    chance = random.Random(per_minute)  # noqa: S311 (repeatable, nothing to guess)
    taken = []
    for _ in range(5 * per_minute):
        time.now += chance.choice([0, 0, 0, 0.01, 1.5])
        with limited.turn():
            pass
        taken.append(time.now)

    for early, late in zip(taken, taken[per_minute:], strict=False):
        assert late - early >= WINDOW - 1e-6


def test_the_limit_costs_no_more_than_it_must(time: Time) -> None:
    limited = limiter(time, 10)
    for _ in range(31):
        with limited.turn():
            pass

    assert time.now == pytest.approx(1000 + 3 * WINDOW)


def test_nobody_passes_during_a_pause(time: Time) -> None:
    limited = limiter(time, 100)
    limited.pause(7)
    limited.pause(3)
    with limited.turn():
        pass

    assert time.now == pytest.approx(1007)


def test_an_interrupt_ends_the_wait() -> None:
    def interrupted(_: float) -> None:
        raise Interrupted("interrupted")

    limited = RateLimiter(1, clock=lambda: 0.0, sleep=interrupted)
    with limited.turn():
        pass
    with pytest.raises(Interrupted), limited.turn():
        pass


def test_threads_share_one_limit() -> None:
    lock = threading.Lock()
    now = [0.0]
    taken: list[float] = []

    def sleep(seconds: float) -> None:
        with lock:
            now[0] += seconds / 8

    limited = RateLimiter(20, clock=lambda: now[0], sleep=sleep)

    def work() -> None:
        for _ in range(10):
            with limited.turn():
                pass
            with lock:
                taken.append(now[0])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == 80
    assert now[0] >= 3 * WINDOW


def test_a_window_of_a_second_lets_no_burst_through(time: Time) -> None:
    limited = RateLimiter(300, clock=time.clock, sleep=time.sleep, window=1.0)
    for _ in range(11):
        with limited.turn():
            pass

    assert time.now == pytest.approx(1002)


@pytest.mark.parametrize("per_minute", [*range(1, 60), 90, 119])
def test_a_short_window_costs_no_more_than_the_limit(per_minute: int) -> None:
    time = Time()
    limited = RateLimiter(per_minute, clock=time.clock, sleep=time.sleep, window=1.0)
    for _ in range(per_minute + 1):
        with limited.turn():
            pass

    assert time.now == pytest.approx(1000 + WINDOW)
