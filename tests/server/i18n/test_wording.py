"""Error messages of a session in the language of its client."""

from typing import Any

import pytest

from server.i18n import bundled
from server.protocol.events import ErrorEvent, translate
from server.protocol.parsing import expect_hello, parse
from tests.support.client import client
from tests.support.live_server import LiveServer

pytestmark = pytest.mark.anyio


def test_an_error_is_told_in_another_language_and_only_its_words_are_sent() -> None:
    error = expect_hello(parse('{"type": "hello", "protocol": 1}'))
    assert isinstance(error, ErrorEvent)

    translated = translate(error, bundled()["zh-Hans"])

    assert "please reload the page" in error.message
    assert "请重新加载页面" in translated.model_dump()["message"]
    assert "user_message" not in translated.model_dump()


async def test_a_hello_says_in_which_language_errors_come(server: LiveServer) -> None:
    async with client(server.socket_url) as connected:
        await connected.send("hello", protocol=2, language="zh-Hans")
        answer: dict[str, Any] = await connected.ask("configure", experiment={"data": {"noise": 2}})

    assert answer["message"] == "data.noise 为 2；可用：0 … 1"


async def test_an_unknown_language_is_english(server: LiveServer) -> None:
    async with client(server.socket_url) as connected:
        await connected.send("hello", protocol=2, language="tlh")
        answer: dict[str, Any] = await connected.ask("configure", experiment={"data": {"noise": 2}})

    assert answer["message"] == "data.noise is 2; allowed: 0 … 1"


async def test_before_a_hello_the_language_is_that_of_the_browser(server: LiveServer) -> None:
    async with client(server.socket_url, additional_headers={"Accept-Language": "zh"}) as connected:
        await connected.send("pause")
        answer = await connected.event("error")

    assert answer["message"] == "pause 出现在 hello 之前；请先发送 hello"
