"""The refusal log: limited rates, and no text of clients that could fill or forge it."""

import logging

import pytest

from engine.user_messages import UserMessage
from server.i18n import ENGLISH, bundled
from server.web.middleware.refusal_log import SAME_SECONDS, RefusalLog


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def refusal_log(clock: Clock) -> RefusalLog:
    return RefusalLog(bundled()[ENGLISH].translate, clock)


def host(name: str) -> UserMessage:
    return UserMessage("other-host", {"host": name})


def test_the_same_is_told_again_only_after_minutes(
    refusal_log: RefusalLog, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("one.example", "one.example", "two.example"):
        refusal_log.note(host(name))
    assert len(caplog.records) == 2
    clock.now += SAME_SECONDS - 1
    refusal_log.note(host("one.example"))
    assert len(caplog.records) == 2
    clock.now += 2
    refusal_log.note(host("one.example"))

    assert [vars(record)["details"]["host"] for record in caplog.records] == [
        "one.example",
        "two.example",
        "one.example",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_any_number_of_names_takes_few_lines_and_holds_up_no_other_kind(
    refusal_log: RefusalLog, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3000):
        refusal_log.note(host(f"{number}.example"))
        clock.now += 0.1
    refusal_log.note(UserMessage("no-upgrade"))

    kinds = [vars(record)["details"]["refused"] for record in caplog.records]
    assert 10 <= kinds.count("other-host") <= 21
    assert kinds[-1] == "no-upgrade"


@pytest.mark.parametrize("text", ["x\nforged", "tok_secret", "<b>", "a b", "\x1b[2J", "x" * 300, ""])
def test_what_is_no_name_is_not_shown(
    refusal_log: RefusalLog, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    refusal_log.note(host(text))

    (record,) = caplog.records
    assert vars(record)["details"]["host"] == "…"
    assert not text or text not in record.getMessage()


@pytest.mark.parametrize(
    "text", ["a.example", "a.example:8000", "127.0.0.1:80", "[::1]:8000", "https://a.example:8443"]
)
def test_names_addresses_and_origins_are_shown(
    refusal_log: RefusalLog, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    refusal_log.note(host(text))

    assert vars(caplog.records[0])["details"]["host"] == text
    assert f"“{text}”" in caplog.records[0].getMessage()
