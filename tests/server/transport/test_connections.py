"""Connections: as many as there are descriptors for, and one that waits gives its place up to one that comes."""

import contextlib
import http.client
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator

import pytest

from server.transport.connections import SURPLUS, Connections, Place
from tests.support.client import PATIENCE_SECONDS
from tests.support.live_server import LiveServer, live_server
from tests.support.processes import engine_processes, needs_proc
from tests.support.wire import RefusedError, Wire, connect


class Places:
    """Connections that only note that they were ended."""

    def __init__(self, most: int) -> None:
        self.connections = Connections(most)
        self.ended: list[str] = []

    def take(self, name: str) -> Place | None:
        return self.connections.take(name[0], lambda: self.ended.append(name))


def test_the_oldest_that_waits_of_the_owner_with_most_of_them_gives_up_its_place() -> None:
    places = Places(4)
    for name in ("a1", "b1", "b2", "b3"):
        places.take(name)

    place = places.take("c1")

    assert places.ended == ["b1"]
    assert place is not None
    assert not place.is_surplus
    assert len(places.connections) == 4


def test_one_for_which_something_is_done_keeps_its_place() -> None:
    places = Places(2)
    taken = [places.take("a1"), places.take("a2")]
    for place in taken:
        assert place is not None
        place.mark_busy()

    surplus = [places.take("b1") for _ in range(SURPLUS)]

    assert all(place is not None and place.is_surplus for place in surplus)
    assert places.ended == ["b1"] * (SURPLUS - 1)  # each comes in place of the one before


def test_beyond_the_surplus_there_is_not_even_a_refusal() -> None:
    places = Places(1)
    for number in range(1 + SURPLUS):
        place = places.take(f"{number}")
        assert place is not None
        place.mark_busy()

    assert places.take("x") is None


def test_a_place_that_was_left_is_free_again() -> None:
    places = Places(1)
    first = places.take("a")
    assert first is not None
    first.mark_busy()
    first.release()

    second = places.take("b")

    assert second is not None
    assert not second.is_surplus
    assert len(places.connections) == 1


@contextlib.contextmanager
def few_descriptors(soft: int, hard: int, *options: str) -> Iterator[LiveServer]:
    """Start a server that begins with a limit of descriptors, which it may raise up to ``hard``."""
    set_limit = f"import resource, runpy; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard})); "
    command = (
        sys.executable,
        "-c",
        set_limit + "runpy.run_module('server', run_name='__main__', alter_sys=True)",
    )
    with live_server(*options, command=command) as server:
        yield server


def status(server: LiveServer, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_server_takes_as_many_descriptors_as_it_may_have() -> None:
    with few_descriptors(64, 200, "--compute", "inline") as server:
        if sys.platform == "linux":
            soft, _ = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
            assert soft == 200
        assert "room for" in server.log.read_text(encoding="utf-8")  # fewer than the usual 200 sessions


def test_half_sent_requests_beyond_all_descriptors_keep_nobody_out() -> None:
    with few_descriptors(100, 100, "--compute", "inline") as server, contextlib.ExitStack() as stack:
        for _ in range(400):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            half.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")

        assert status(server, "/healthz") == 200
        assert status(server, "/") == 200


@needs_proc
@pytest.mark.anyio
async def test_with_every_place_taken_probes_are_answered_and_an_engine_process_is_replaced() -> None:
    with few_descriptors(70, 70, "--workers", "1") as server:
        (worker,) = engine_processes(server.process.pid)
        learners: list[Wire] = []
        with contextlib.suppress(RefusedError):
            while len(learners) < 70:
                learners.append(await connect(server.socket_url))
                await learners[-1].hello()
        assert 20 < len(learners) < 50

        assert status(server, "/healthz") == 200
        assert status(server, "/") == 503
        os.kill(worker, signal.SIGKILL)
        learners[0].send("play")
        await learners[0].frame(lambda arrival: arrival.epoch > 3)
        for learner in learners:
            learner.reset()
