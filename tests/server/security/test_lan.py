"""The local network: exposure, the output at the start, addresses and QR codes."""

import re
import socket
from typing import Any

import httpx2 as httpx
import pytest

from server.security.lan import check_exposure, invitation, is_private, lan_address, qr_code
from server.settings import Settings
from tests.server.cli.test_serve import run
from tests.support.live_server import live_server


@pytest.mark.parametrize("host", ["127.0.0.1", "127.7.7.7", "::1", "localhost"])
def test_what_only_this_machine_reaches_needs_no_code(host: str) -> None:
    assert is_private(host)
    check_exposure(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "2001:db8::7"])
def test_what_others_reach_is_refused_with_the_ways_out(host: str) -> None:
    with pytest.raises(ValueError, match=re.escape(host)) as refused:
        check_exposure(Settings(host=host))

    for way in ("--lan", "--join-code", "--insecure"):
        assert way in str(refused.value)
    check_exposure(Settings(host=host, join_code=""))
    check_exposure(Settings(host=host, insecure=True))


def test_a_name_counts_as_what_it_leads_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(*_: Any) -> list[Any]:
        return [(0, 0, 0, "", ("127.0.0.1", 0)), (0, 0, 0, "", ("192.0.2.7", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", both)

    assert not is_private("school.example")


def test_the_command_refuses_to_serve_everybody_by_accident() -> None:
    result = run("--host", "0.0.0.0", "--port", "0")

    assert result.returncode != 0
    assert "--insecure" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


class Deaf(socket.socket):
    """A socket of a machine without a way to anywhere."""

    def connect(self, address: Any) -> None:
        raise OSError("Network is unreachable")


def test_the_address_is_found_without_a_word_to_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("something was sent")

    for name in ("send", "sendto", "sendall"):
        monkeypatch.setattr(socket.socket, name, never, raising=False)

    found = lan_address()

    assert found is None or not found.startswith("127.")


def test_without_a_way_out_the_name_of_the_machine_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", Deaf)
    monkeypatch.setattr(socket, "gethostbyname_ex", lambda _: ("me", [], ["127.0.1.1", "192.0.2.9"]))
    assert lan_address() == "192.0.2.9"

    monkeypatch.setattr(socket, "gethostbyname_ex", lambda _: ("me", [], ["127.0.1.1"]))
    assert lan_address() is None


def test_the_code_is_in_the_part_of_the_address_that_is_never_sent() -> None:
    link = httpx.URL(invitation("http://192.0.2.7:8000", "abcdefgh"))

    assert link.fragment == "join=abcdefgh"
    assert "abcdefgh" not in link.copy_with(fragment=None).__str__()
    assert invitation("http://192.0.2.7:8000", None) == "http://192.0.2.7:8000/"


def test_the_drawing_is_a_square_of_blocks() -> None:
    lines = qr_code("http://192.0.2.7:8000/#join=abcdefgh").rstrip("\n").split("\n")

    assert len({len(line) for line in lines}) == 1
    assert set("".join(lines)) <= set("█▀▄ ")
    assert len(lines) <= 24  # a terminal of the usual height shows it whole


def printed(*options: str) -> str:
    with live_server("--workers", "1", *options) as server:
        return server.told


def test_lan_shows_the_address_a_drawing_and_a_code_and_asks_for_the_code() -> None:
    with live_server("--workers", "1", "--lan") as server:
        code = re.search(r"Join code: ([a-z]{4}-[a-z]{4})$", server.told, re.MULTILINE)
        refused = httpx.get(server.url + "/api/catalog")

    assert code is not None
    assert refused.status_code == 401
    if lan_address() is not None:
        assert re.search(r"In this network: http://(?!127)[\d.]+:\d+", server.told)
        assert "▀" in server.told


def test_a_chosen_code_is_shown_as_it_is_read_out() -> None:
    assert "Join code: 2468-1012" in printed("--join-code", "2468 1012")


def test_a_code_that_is_easily_guessed_is_taken_with_a_warning() -> None:
    with live_server("--workers", "1", "--join-code", "246810") as server:
        log = server.log.read_text()
        joined = httpx.post(server.url + "/api/join", json={"code": "246810"})

    assert joined.status_code == 200
    assert "takes 83 minutes" in log
    assert "246810" not in log


def test_a_code_from_a_variable_is_taken_and_an_empty_one_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_JOIN_CODE", "777888999000")
    assert "Join code: 777-888-999-000" in printed()
    assert "Join code: 777-888-999-000" in printed("--join-code")

    monkeypatch.setenv("PLAYGROUND_JOIN_CODE", "")
    assert re.search(r"Join code: [a-z]{4}-[a-z]{4}", printed("--host", "0.0.0.0"))


def test_without_a_code_nothing_is_asked_and_it_is_said() -> None:
    with live_server("--workers", "1", "--host", "0.0.0.0", "--insecure") as server:
        answer = httpx.get(server.url + "/api/catalog")

    assert answer.status_code == 200
    assert "Whoever reaches this address may use it" in server.told
    assert "Join code" not in server.told
