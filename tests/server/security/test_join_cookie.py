"""Joining: which codes are right, and which cookies are valid, at given times."""

from http.cookies import SimpleCookie
from typing import Any

import pytest

from server.security.issue_time import LEEWAY_SECONDS
from server.security.join_codes import ATTEMPTS_PER_SECOND
from server.security.join_cookie import COOKIE_SECONDS, JoinCookies, TooManyAttemptsError
from server.security.signing import Signing

KEYS = Signing([b"a key for the tests"])
OTHER_KEYS = Signing([b"another key for tests"])
CODE = "abcdefgh"
NOW = 1_800_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def joining_with(
    clock: Clock, keys: Signing = KEYS, code: str = CODE, *, embedded: bool = False
) -> JoinCookies:
    return JoinCookies(keys, code, embedded=embedded, wall_clock=clock, clock=clock)


@pytest.fixture
def joining(clock: Clock) -> JoinCookies:
    return joining_with(clock)


def scope(*cookies: str, **more: Any) -> dict[str, Any]:
    return {"scheme": "http", "headers": [(b"cookie", text.encode()) for text in cookies], **more}


def pair(joining: JoinCookies, *cookies: str, **more: Any) -> str:
    """Return a cookie as a browser sends it back."""
    return joining.cookie(scope(*cookies, **more)).partition(";")[0]


@pytest.mark.parametrize("typed", ["abcdefgh", "abcd-efgh", " ABCD efgh ", "ab cd ef gh"])
def test_a_code_is_right_however_it_is_written(joining: JoinCookies, typed: str) -> None:
    assert joining.is_right(typed, "192.0.2.1")


@pytest.mark.parametrize("typed", ["abcdefgj", "", "abcdefg", "abcdefghj", "abcdefg\0", "ａbcdefgh"])
def test_another_code_is_wrong(joining: JoinCookies, typed: str) -> None:
    assert not joining.is_right(typed, "192.0.2.1")


def test_a_cookie_tells_browsers_apart_and_one_that_joins_again_stays_who_it_is(joining: JoinCookies) -> None:
    mine, yours = pair(joining), pair(joining)

    assert joining.identity(scope(mine)) != joining.identity(scope(yours))
    assert joining.identity(scope(pair(joining, mine))) == joining.identity(scope(mine))


def test_a_cookie_ends_after_half_a_day(joining: JoinCookies, clock: Clock) -> None:
    mine = pair(joining)

    clock.now += COOKIE_SECONDS + LEEWAY_SECONDS - 1
    assert joining.identity(scope(mine))
    clock.now += 2
    assert joining.identity(scope(mine)) is None


def test_a_clock_that_is_set_back_ends_no_cookie(joining: JoinCookies, clock: Clock) -> None:
    mine = pair(joining)

    clock.now = 100.0
    assert joining.identity(scope(mine))
    of_1970 = pair(joining)
    clock.now = NOW
    assert joining.identity(scope(of_1970))


def test_a_cookie_is_for_the_present_code_and_a_known_key_and_known_after_a_restart(clock: Clock) -> None:
    mine = pair(joining_with(clock))

    assert joining_with(clock).identity(scope(mine))
    assert joining_with(clock, Signing([*OTHER_KEYS.secrets, *KEYS.secrets])).identity(scope(mine))
    assert joining_with(clock, OTHER_KEYS).identity(scope(mine)) is None
    assert joining_with(clock, code="hgfedcba").identity(scope(mine)) is None


def test_every_changed_character_of_a_cookie_is_seen(joining: JoinCookies) -> None:
    name, _, value = pair(joining).partition("=")

    for place in range(len(value)):
        changed = value[:place] + ("A" if value[place] != "A" else "B") + value[place + 1 :]
        assert joining.identity(scope(f"{name}={changed}")) is None


@pytest.mark.parametrize("text", ["", "x", "neural-playground-=", "neural-playground-x=é", "a=b; ;=;" * 100])
def test_nonsense_is_no_cookie(joining: JoinCookies, text: str) -> None:
    assert joining.identity(scope(text)) is None


def test_two_servers_of_one_host_do_not_overwrite_each_others_cookies(clock: Clock) -> None:
    servers = [joining_with(clock), joining_with(clock, OTHER_KEYS), joining_with(clock, code="hgfedcba")]
    jar: SimpleCookie = SimpleCookie()
    for server in servers:
        jar.load(server.cookie(scope()))
    sent = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())

    assert len(jar) == 3
    assert len({server.identity(scope(sent)) for server in servers} - {None}) == 3


@pytest.mark.parametrize(
    ("request_", "embedded", "attributes"),
    [
        ({}, False, "Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"),
        ({}, True, "Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"),
        ({"scheme": "https"}, False, "Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Lax"),
        (
            {"scheme": "https", "root_path": "/c/d"},
            True,
            "Path=/c/d/; Max-Age=43200; HttpOnly; Secure; SameSite=None; Partitioned",
        ),
    ],
)
def test_a_cookie_is_hidden_from_scripts_and_as_narrow_as_the_request_allows(
    clock: Clock, request_: dict[str, Any], embedded: bool, attributes: str
) -> None:
    cookie = joining_with(clock, embedded=embedded).cookie(scope(**request_))

    assert cookie.partition("; ")[2] == attributes


def test_a_right_code_is_taken_whatever_wrong_ones_come_at_fifty_a_second_from_the_same_address(
    joining: JoinCookies, clock: Clock
) -> None:
    for number in range(50 * 60):
        clock.now += 0.02
        assert not joining.is_right(f"{number:08}", "192.0.2.1")
        if number % 100 == 0:
            assert joining.is_right(CODE, "192.0.2.1")


def test_attempts_of_an_address_are_bounded_and_others_still_get_in(
    joining: JoinCookies, clock: Clock
) -> None:
    def tried(seconds: float) -> int:
        compared, end = 0, clock.now + seconds
        while clock.now < end:
            clock.now += 0.001
            try:
                joining.is_right("wrong-one", "192.0.2.66")
                compared += 1
            except TooManyAttemptsError:
                pass
        return compared

    assert tried(60) <= 60 * ATTEMPTS_PER_SECOND + 2 * ATTEMPTS_PER_SECOND + 1
    assert joining.is_right(CODE, "192.0.2.7")


def test_a_class_of_200_behind_one_address_gets_in_though_every_fourth_mistypes(
    joining: JoinCookies, clock: Clock
) -> None:
    for pupil in range(200):
        clock.now += 0.05
        if pupil % 4 == 0:
            assert not joining.is_right("abcdefhg", "192.0.2.1")
        assert joining.is_right(CODE, "192.0.2.1")


def test_whoever_runs_the_server_sees_that_somebody_guesses(
    joining: JoinCookies, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(60):
        joining.is_right(f"{number:08}", "192.0.2.66")

    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "192.0.2.66" in record.getMessage()
    assert CODE not in record.getMessage()
