"""The container image: built without a daemon on a stand-in for its base, and run as a container engine runs it."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.support.container import Container, Image, built, running

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]

UNKNOWN = "12345:0"
"""A user that the image does not know; container engines put it into group 0."""

GREET = """
import json
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
with connect("ws://127.0.0.1:9000/ws", proxy=None) as line:
    line.send(json.dumps({"type": "hello", "protocol": 2}))
    try:
        while True:
            message = line.recv()
            if isinstance(message, str):
                print(message, flush=True)
    except ConnectionClosed as closed:
        print(closed.rcvd.code)
"""


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with built() as image:
        yield image


@pytest.fixture(scope="module")
def as_it_says(image: Image) -> Iterator[Container]:
    """The image as it runs by itself."""
    with running(image, *image.config["Cmd"], user=image.config["User"]) as container:
        yield container


def test_it_serves_as_a_user_of_its_own_and_draws_a_join_code(as_it_says: Container) -> None:
    about = as_it_says.identity()

    assert about["Uid"] == ["10001"] * 4
    assert "0" not in about["Gid"]
    assert int(about["CapEff"][0], 16) == 0
    assert re.search(r"Join code: [a-z]{4}-[a-z]{4}", as_it_says.told)
    assert as_it_says.log.read_text() == ""


def test_its_health_check_asks_the_server_in_it(as_it_says: Container) -> None:
    code, said = as_it_says.check_health()

    assert code == 0, said
    assert ":8000" in said


def test_its_files_are_nobodys_to_change(image: Image) -> None:
    own = [path for path in image.root.glob("opt/**/*") if path.lstat().st_uid != 0]

    assert own == []


@pytest.fixture(scope="module")
def otherwise(image: Image) -> Iterator[Container]:
    """The image with another command, as a user that it does not know."""
    command = ("neural-playground", "--host", "0.0.0.0", "--insecure", "--port", "9000")
    with running(image, *command, user=UNKNOWN) as container:
        yield container


def test_with_another_port_and_an_unknown_user_on_a_read_only_root_it_is_as_well(
    otherwise: Container,
) -> None:
    code, said = otherwise.check_health()

    assert otherwise.identity()["Uid"][0] == "12345"
    assert code == 0, said
    assert ":9000" in said
    assert otherwise.log.read_text() == ""  # nothing that it could not write


def test_its_health_check_fails_when_nothing_serves(image: Image) -> None:
    with running(image, "sh", "-c", "echo here; exec sleep 600", user=UNKNOWN) as container:
        code, said = container.check_health()

    assert code == 1
    assert ":8000" in said


def test_sigterm_tells_those_who_are_there_and_ends_it_in_order(image: Image) -> None:
    command = ("neural-playground", "--host", "0.0.0.0", "--insecure", "--port", "9000")
    with running(image, *command, user=image.config["User"]) as container:
        with container.run("python", "-c", GREET) as learner:
            assert learner.stdout is not None
            assert json.loads(learner.stdout.readline())["type"] == "welcome"

            code = container.stop()

            *_, farewell, close_code = learner.stdout.read().splitlines()
        log = container.log.read_text()

    assert code == 0
    assert json.loads(farewell)["reason"] == "restarting"
    assert close_code == "1012"
    assert log == ""
