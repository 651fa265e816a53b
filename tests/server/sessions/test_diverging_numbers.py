"""What of a frame can be beyond all numbers, and that nothing else is."""

from typing import Any

import numpy as np
import pytest

from engine import Experiment
from server.sessions.slices import Slice, run_slice
from tests.support.client import client
from tests.support.live_server import LiveServer
from tests.support.slices import all_tensors
from tests.support.views import requested

LOSSES = ("losses/train", "losses/test", "losses/validation")
WHOLE = requested(tiles=True, confusion=True, exact=True)

DIVERGING: dict[str, dict[str, Any]] = {
    "infinite losses": {
        "data": {"dataset": "step"},
        "network": {"hidden": [8, 8, 8], "activation": "linear"},
        "objective": {"penalty": "l2", "penalty_rate": 10.0},
        "training": {"optimizer": "lion", "learning_rate": 1.0},
    },
    "infinite minus infinite, two classes": {
        "data": {"dataset": "circle"},
        "network": {"hidden": [8, 8, 8], "activation": "softplus"},
        "objective": {"loss": "hinge", "penalty": "l2", "penalty_rate": 10.0},
        "training": {"optimizer": "lion", "learning_rate": 10.0},
    },
    "infinite minus infinite, many classes": {
        "data": {"dataset": "blobs"},
        "network": {"hidden": [4, 2], "activation": "leaky-relu"},
        "objective": {"loss": "softmax-cross-entropy"},
        "training": {"optimizer": "momentum", "learning_rate": 10.0, "batch_size": 60},
    },
    "infinite minus infinite, values": {
        "data": {"dataset": "multi-gauss"},
        "network": {"hidden": [8, 8, 8], "activation": "linear"},
        "objective": {"loss": "huber"},
        "training": {"optimizer": "nesterov", "learning_rate": 1.0, "batch_size": 1},
    },
}


def small(groups: dict[str, Any]) -> Experiment:
    data = {**groups["data"], "samples": 60, "validation_fraction": 0.2}
    return Experiment.model_validate({**groups, "data": data})


def check(tensors: dict[str, Any]) -> None:
    """Check that every number is finite but for losses, which may be +inf, and R²."""
    for name, tensor in tensors.items():
        if name in LOSSES:
            assert not np.isnan(tensor).any(), name
            assert (tensor >= 0).all(), name
        elif name == "scores/values":
            assert (tensor[:, 0] >= 0).all(), "a loss"
        else:
            assert np.isfinite(tensor).all(), name


@pytest.mark.parametrize("groups", DIVERGING.values(), ids=list(DIVERGING))
def test_losses_of_a_diverging_run_are_infinite_at_worst_and_all_else_is_finite(
    groups: dict[str, Any],
) -> None:
    outcome = run_slice(Slice(None, small(groups), views=WHOLE))
    worst = 0.0
    for _ in range(100):
        tensors = all_tensors(outcome)
        check(tensors)
        losses = [*(tensors[name] for name in LOSSES), tensors["scores/values"][:, 0]]
        worst = max([worst, *(part.max(initial=0.0) for part in losses)])
        if outcome.run.diverged[0]:
            break
        outcome = run_slice(Slice(outcome.run, outcome.run.experiment, epochs=5, views=WHOLE, points=True))

    assert outcome.run.diverged[0]
    assert np.isinf(worst), "this run does not show what happens to such losses"


@pytest.mark.anyio
async def test_a_client_gets_infinite_losses_and_the_word_that_the_run_diverged(server: LiveServer) -> None:
    async with client(server.socket_url) as connected:
        experiment = small(DIVERGING["infinite losses"]).model_dump(mode="json")
        await connected.ask("hello", protocol=2, experiment=experiment)
        await connected.send("play")
        assert (await connected.event("diverged"))["epoch"] > 0
        while not np.isinf(connected.frames[-1]["scores/values"][:, 0]).any():
            await connected.frame()
        for frame in connected.frames:
            check(frame.tensors)
