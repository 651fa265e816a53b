"""An outbox that goes on with another connection."""

import numpy as np

from server.protocol.frames import Tensor
from server.sessions.outbox import Outbox
from tests.support.frames import decode_one


def about(epoch: int, *, lineage: int = 1, run: int = 1) -> dict[str, str]:
    return {"run": str(run), "lineage": str(lineage), "epoch": str(epoch), "step": "0"}


def loss(*epochs: int) -> dict[str, Tensor]:
    return {"losses/epochs": np.array([epochs], np.uint32), "losses/train": np.array([epochs], float)}


def successor(outbox: Outbox) -> Outbox:
    """Return the outbox of the next connection."""
    following = Outbox(window=2)
    following.inherit(outbox)
    return following


def epochs_of(frame: object) -> list[int]:
    found: list[int] = decode_one(frame)[1]["losses/epochs"].tolist()
    return found


def test_losses_that_may_not_have_arrived_go_out_again_in_order_and_frames_are_numbered_afresh() -> None:
    outbox = Outbox(window=2)
    for epoch in range(4):
        outbox.put(about(epoch), loss(epoch), due=True)
        outbox.take()
        if epoch == 1:
            outbox.acknowledge(1)
    outbox.put(about(4), loss(4), due=False)
    outbox.post("an answer to somebody who is gone")

    outbox = successor(outbox)
    assert outbox.take() is None  # nothing whole to show yet
    outbox.put(about(5), loss(5), due=True)
    frame = outbox.take()

    assert epochs_of(frame) == [1, 2, 3, 4, 5]
    assert decode_one(frame)[0]["frame"] == "1"


def test_losses_of_a_lineage_that_is_over_do_not_go_out_again() -> None:
    outbox = Outbox(window=2)
    outbox.put(about(7), loss(7), due=True)
    outbox.take()
    outbox.put(about(0, lineage=2, run=2), loss(0), due=False)

    outbox = successor(outbox)
    outbox.put(about(1, lineage=2, run=2), loss(1), due=True)

    assert epochs_of(outbox.take()) == [0, 1]


def test_points_hold_for_another_shape_of_the_same_lineage() -> None:
    outbox = Outbox(window=2)
    outbox.put(about(1), {**loss(1), "points/train": np.zeros((1, 3, 3), np.float32)}, due=True)
    outbox.put(about(2, run=2), loss(2), due=True)
    frame = outbox.take()

    assert decode_one(frame)[1]["points/train"].shape == (3, 3)
