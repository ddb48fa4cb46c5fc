"""The limit of requests as the system sees it: by arrivals, in every window, from all threads and processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reconciler.engine.ratelimit import CAPACITY, NEVER, RateLimiter
from reconciler.engine.tally import SharedTally, Sharing, boot, folder
from tests.engine.counting import WINDOW, Counting, ask, asking, counting, crowded


@pytest.mark.parametrize(("most", "concurrency"), [(1, 4), (5, 1), (5, 8), (20, 8), (20, 32), (100, 16)])
def test_no_window_sees_more_requests_than_allowed(most: int, concurrency: int) -> None:
    with counting() as server, asking(server.url, most, concurrency) as api:
        ask(api, 4 * most + 1)

    assert crowded(server.arrivals, most, WINDOW) == []


def test_requests_that_are_repeated_count() -> None:
    with counting(lambda number: 503 if number % 3 else 200) as server, asking(server.url, 10, 8) as api:
        ask(api, 13)

    assert len(server.arrivals) >= 39
    assert crowded(server.arrivals, 10, WINDOW) == []


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def moment() -> Time:
    return Time()


@pytest.fixture
def one_a_second(moment: Time) -> RateLimiter:
    return RateLimiter(60, clock=moment.clock, sleep=moment.sleep, window=1.0)


@pytest.mark.parametrize("most", [1, 5, 20, 100])
def test_the_limit_is_used(moment: Time, most: int) -> None:
    limiter = RateLimiter(60 * most, clock=moment.clock, sleep=moment.sleep, window=1.0)
    for _ in range(4 * most + 1):
        with limiter.turn():
            pass

    assert moment.now == pytest.approx(104.0)


def test_a_request_counts_from_its_answer(moment: Time, one_a_second: RateLimiter) -> None:
    with one_a_second.turn() as turn:
        moment.now += 2.0
        turn.left()
        moment.now += 0.125
    with one_a_second.turn():
        assert moment.now == pytest.approx(103.125)


def test_a_request_whose_answer_takes_long_counts_from_when_it_must_have_arrived(
    moment: Time, one_a_second: RateLimiter
) -> None:
    with one_a_second.turn() as turn:
        moment.now += 2.0
        turn.left()
        moment.now += 0.75
    with one_a_second.turn():
        assert moment.now == pytest.approx(103.25)


def test_while_it_waits_for_its_answer_the_others_wait_no_longer_than_that(
    moment: Time, one_a_second: RateLimiter
) -> None:
    with one_a_second.turn() as turn:
        turn.left()
        with one_a_second.turn():
            assert 101.25 <= moment.now <= 102.0


def test_one_that_was_killed_before_it_left_is_taken_to_have_left_within_a_second(
    moment: Time, one_a_second: RateLimiter
) -> None:
    one_a_second.turn()
    with one_a_second.turn():
        assert moment.now == pytest.approx(102.0)


def test_a_limit_larger_than_a_tally_is_kept_in_parts(moment: Time) -> None:
    limiter = RateLimiter(3 * CAPACITY, clock=moment.clock, sleep=moment.sleep)
    for _ in range(3 * CAPACITY + 1):
        with limiter.turn():
            pass

    assert moment.now == pytest.approx(160.0)


# -- several processes --------------------------------------------------------------------------------------------

CHILD = """
import sys
from pathlib import Path
from reconciler.engine.tally import Sharing
from tests.engine.counting import ask, asking
place, url, most, times = sys.argv[1:]
with asking(url, int(most), 4, Sharing(Path(place), print)) as api:
    print("ready", flush=True)
    sys.stdin.readline()
    ask(api, int(times))
"""


def child(place: Path, server: Counting, most: int, times: int) -> subprocess.Popen[str]:
    """Start a process that asks the server once it is told to."""
    command = [sys.executable, "-c", CHILD, str(place), server.url, str(most), str(times)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def tell(started: subprocess.Popen[str]) -> None:
    """Let it begin as soon as it can."""
    assert started.stdin
    assert started.stdout
    assert started.stdout.readline() == "ready\n"
    started.stdin.write("go\n")
    started.stdin.flush()


def test_processes_that_share_a_tenant_share_its_limit(tmp_path: Path) -> None:
    place = tmp_path / "limits"
    with counting() as server, asking(server.url, 20, 4, Sharing(place, pytest.fail)) as api:
        children = [child(place, server, 20, 40) for _ in range(2)]
        for each in children:
            tell(each)
        ask(api, 40)
        assert [(each.communicate()[0], each.returncode) for each in children] == [("", 0)] * 2

    assert len(server.arrivals) == 120
    assert crowded(server.arrivals, 20, WINDOW) == []


def test_a_shared_limit_is_used(tmp_path: Path, moment: Time) -> None:
    limiters = [
        RateLimiter(
            1200,
            clock=moment.clock,
            sleep=moment.sleep,
            window=1.0,
            shared=SharedTally(tmp_path, "https://soc.example", boot="b", clock=moment.clock),
            lost=lambda error: pytest.fail(str(error)),
        )
        for _ in range(3)
    ]
    for number in range(81):
        with limiters[number % 3].turn():
            pass

    assert moment.now == pytest.approx(104.0)


@pytest.mark.parametrize("after", [0.01, 0.2])
def test_a_process_that_is_killed_leaves_what_it_used_and_nothing_that_blocks(
    tmp_path: Path, after: float
) -> None:
    place = tmp_path / "limits"
    with counting() as server, asking(server.url, 10, 4, Sharing(place, pytest.fail)) as api:
        killed = child(place, server, 10, 1000)
        with killed:
            tell(killed)
            time.sleep(after)
            killed.send_signal(signal.SIGKILL)
        began = time.monotonic()
        ask(api, 21)
        took = time.monotonic() - began

    assert crowded(server.arrivals, 10, WINDOW) == []
    assert took < 20


def test_a_pause_is_a_pause_for_all(tmp_path: Path) -> None:
    def limiter() -> RateLimiter:
        shared = SharedTally(tmp_path, "https://soc.example", boot="b")
        return RateLimiter(600, clock=time.monotonic, sleep=time.sleep, shared=shared)

    one, other = limiter(), limiter()
    one.pause(0.2)
    began = time.monotonic()
    with other.turn():
        assert time.monotonic() - began >= 0.19


# -- where it is kept ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("env", "place"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/reconciler/limits"),
        ({"XDG_CACHE_HOME": "c", "HOME": "/h"}, "/h/.cache/reconciler/limits"),
        ({"HOME": "/h"}, "/h/.cache/reconciler/limits"),
        ({"HOME": ""}, None),
        ({}, None),
    ],
)
def test_the_tallies_are_in_the_users_cache(env: Mapping[str, str], place: str | None) -> None:
    assert folder(env) == (place and Path(place))


def opened(place: Path, url: str = "https://soc.example") -> SharedTally:
    return SharedTally(place, url, boot="b", sleep=lambda _: None)


def test_what_is_kept_is_for_this_user_and_names_nobody(tmp_path: Path) -> None:
    place = tmp_path / "new" / "limits"
    opened(place).close()
    (file,) = place.iterdir()

    assert (place.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    assert len(file.name) == 32
    assert b"soc" not in file.read_bytes()


def test_one_tenant_has_one_tally_however_its_address_is_written(tmp_path: Path) -> None:
    for url in ("https://soc.example", "https://SOC.example:443"):
        opened(tmp_path, url).close()
    assert len(list(tmp_path.iterdir())) == 1

    opened(tmp_path, "https://other.example").close()
    assert len(list(tmp_path.iterdir())) == 2


def test_another_boot_has_another_tally(tmp_path: Path) -> None:
    opened(tmp_path).close()
    SharedTally(tmp_path, "https://soc.example", boot="another").close()

    assert len(list(tmp_path.iterdir())) == 2


def test_the_boot_is_told_apart_where_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert boot() == boot() != ""

    monkeypatch.setattr("reconciler.engine.tally._BOOT", Path("/nowhere"))
    assert boot() == os.uname().nodename


def test_a_tally_that_was_half_made_is_made_whole(tmp_path: Path) -> None:
    opened(tmp_path).close()
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:1000])

    opened(tmp_path).close()

    assert file.read_bytes() == whole


def test_tallies_that_nobody_uses_are_removed(tmp_path: Path) -> None:
    for url in ("https://a.example", "https://b.example"):
        opened(tmp_path, url).close()
    for file in tmp_path.iterdir():
        os.utime(file, (1, 1))
    (tmp_path / "a folder").mkdir()
    os.utime(tmp_path / "a folder", (1, 1))

    opened(tmp_path, "https://b.example").close()

    assert len([each for each in tmp_path.iterdir() if each.is_file()]) == 1


# -- what can be wrong with it ------------------------------------------------------------------------------------


def linked(place: Path) -> None:
    (place.parent / "elsewhere").mkdir(mode=0o700)
    place.symlink_to("elsewhere")


def open_to_all(place: Path) -> None:
    place.mkdir()
    place.chmod(0o777)


def a_file(place: Path) -> None:
    place.write_text("")


def its_file_is_a_link(place: Path) -> None:
    opened(place).close()
    (file,) = place.iterdir()
    file.rename(place.parent / "elsewhere")
    file.symlink_to(place.parent / "elsewhere")


def its_file_is_a_pipe(place: Path) -> None:
    opened(place).close()
    (file,) = place.iterdir()
    file.unlink()
    os.mkfifo(file)


def its_file_is_for_all(place: Path) -> None:
    opened(place).close()
    (file,) = place.iterdir()
    file.chmod(0o666)


@pytest.mark.parametrize(
    "spoil",
    [linked, open_to_all, a_file, its_file_is_a_link, its_file_is_a_pipe, its_file_is_for_all],
    ids=lambda spoil: spoil.__name__,
)
def test_a_place_that_cannot_be_trusted_is_not_used(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    spoil(tmp_path / "limits")

    with pytest.raises(OSError):  # noqa: PT011 (each has its own words)
        opened(tmp_path / "limits")


def test_a_place_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    with pytest.raises(OSError, match="others may write there"):
        opened(tmp_path / "limits")


def test_a_full_disk_is_noticed_before_the_first_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)

    with pytest.raises(OSError, match="No space left"):
        opened(tmp_path / "limits")


def test_a_process_that_cannot_share_keeps_the_limit_alone_and_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "limits").write_text("")
    said: list[str] = []
    with counting() as server, asking(server.url, 10, 4, Sharing(tmp_path / "limits", said.append)) as api:
        ask(api, 21)

    assert crowded(server.arrivals, 10, WINDOW) == []
    (line,) = said
    assert line.startswith("soc: requests_per_minute is kept by this process alone")
    assert line.endswith("limits: File exists")


def cut(file: Path) -> None:
    file.write_bytes(b"")


def filled_with(number: int) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(bytes([number]) * file.stat().st_size)


@pytest.mark.parametrize("spoil", [cut, filled_with(0x7F), filled_with(0xFF)])
def test_a_tally_that_goes_bad_is_given_up_once_and_the_limit_is_kept(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    said: list[str] = []
    with counting() as server, asking(server.url, 5, 4, Sharing(tmp_path, said.append)) as api:
        ask(api, 5)
        (file,) = tmp_path.iterdir()
        spoil(file)
        ask(api, 11)

    assert crowded(server.arrivals, 5, WINDOW) == []
    assert len(said) == 1


def test_times_of_another_clock_are_not_believed(tmp_path: Path) -> None:
    ahead = SharedTally(tmp_path, "https://soc.example", boot="b", clock=lambda: 5e9)
    ahead.add(4e9)
    here = opened(tmp_path)

    assert ahead.look(1) == (4e9, NEVER)
    with pytest.raises(OSError, match="another clock"):
        here.look(1)


def test_who_is_stopped_with_the_lock_in_hand_stops_nobody_else(tmp_path: Path) -> None:
    holder, other = opened(tmp_path), opened(tmp_path)

    with holder, pytest.raises(OSError, match="another process holds it"), other:
        pytest.fail("both hold it")


def test_a_tally_that_is_closed_writes_into_no_other_file(tmp_path: Path) -> None:
    tally = opened(tmp_path)
    tally.close()

    with pytest.raises(OSError, match="Bad file descriptor"), tally:
        tally.add(1.0)
