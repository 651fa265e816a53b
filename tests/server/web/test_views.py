"""A row of the registry of views is all that a view needs on the server."""

import sys

import numpy as np
import pytest

from engine import Experiment, advance, begin
from tests.support.client import greeted
from tests.support.frames import of_one_network
from tests.support.live_server import LiveServer, live_server
from tests.support.toy_view import NormOptions, norms

pytestmark = pytest.mark.anyio


async def test_a_view_with_a_row_is_computed_for_a_client_that_watches_it() -> None:
    command = (sys.executable, "-m", "tests.support.toy_view")
    with live_server(command=command, settings={"compute": "inline"}) as server:
        async with greeted(server.socket_url, training={"seed": 3}) as connected:
            await connected.ask("step", count=5)
            assert not [name for frame in connected.frames for name in frame.tensors if "norms" in name]
            await connected.send("watch", views=[{"view": "norms", "factor": 2}])
            frame = await connected.frame(lambda frame: "norms/weights" in frame.tensors)
            refused = await connected.ask("watch", views=[{"view": "norms", "factor": 200}])

    run, _ = advance(begin(Experiment.model_validate({"training": {"seed": 3}})), epochs=5)
    assert set(frame.tensors) == {"losses/epochs", "losses/train", "losses/test", "norms/weights"}
    expected = of_one_network(norms(run, NormOptions(factor=2)))["weights"]
    assert np.array_equal(frame["norms/weights"], expected)
    assert frame.metadata["norms"] == '{"factor":2.0}'
    assert (refused["code"], refused["field"]) == ("invalid", "views.0.norms.factor")


async def test_a_server_without_that_row_refuses_it(server: LiveServer) -> None:
    async with greeted(server.socket_url) as connected:
        refused = await connected.ask("watch", views=[{"view": "norms"}])

    assert (refused["code"], refused["field"]) == ("invalid", "views.0.view")
