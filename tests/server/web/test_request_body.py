"""Bodies of requests: what is not JSON or too long is refused by every route that reads one."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from server.settings import MAX_MESSAGE_BYTES, Settings
from server.web.app import create_app
from server.web.middleware.hosts_and_origins import LONG_BODIES
from tests.support.wording import sentence

LIMITS = {
    "/api/classic": MAX_MESSAGE_BYTES,
    "/api/classic/link": MAX_MESSAGE_BYTES,
    "/api/export/numpy": MAX_MESSAGE_BYTES,
    "/api/join": MAX_MESSAGE_BYTES,
    "/api/read": LONG_BODIES["/api/read"],
}


@pytest.fixture(scope="module")
def web() -> Iterator[TestClient]:
    with TestClient(
        create_app(Settings(workers=1, join_code="abcd-efgh")),
        base_url="http://localhost",
        headers={"content-type": "application/json"},
    ) as web:
        assert web.post("/api/join", json={"code": "abcd-efgh"}).status_code == 200  # keeps the cookie
        yield web


@pytest.mark.parametrize("path", LIMITS)
@pytest.mark.parametrize("content", [b"sing", b"", b"\xff", b'{"a": '])
def test_a_body_that_is_not_json_is_refused(web: TestClient, path: str, content: bytes) -> None:
    answer = web.post(path, content=content)

    assert (answer.status_code, answer.json()["detail"]) == (400, sentence("body-not-json"))


@pytest.mark.parametrize(("path", "limit"), LIMITS.items())
def test_a_body_may_be_as_long_as_the_limit_and_no_longer(web: TestClient, path: str, limit: int) -> None:
    longest = web.post(path, content=b"{}" + b" " * (limit - 2))
    longer = web.post(path, content=b"{}" + b" " * (limit - 1))

    assert longest.status_code in (200, 422)
    assert (longer.status_code, longer.json()["detail"]) == (413, sentence("body-too-long", most=limit))
