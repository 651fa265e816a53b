"""An outbox under any traffic."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from server.protocol.frame_compression import FrameDecompressor
from server.sessions.outbox import Encoding, Outbox
from tests.support.frames import decode_one


class AnyTraffic(RuleBasedStateMachine):
    """A session and a client that do anything in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.encoding: Encoding = "plain"
        self.outbox = Outbox(8, clock=lambda: self.now)
        self.unpacker: FrameDecompressor | None = None
        self.epoch = self.run = self.lineage = 0
        self.told: list[int] = []  # epochs of the present lineage that the client has been told
        self.told_lineage = 0
        self.told_by = {0: 0}  # how many they were at each frame
        self.last = {"frame": 0, "epoch": -1, "lineage": 0, "run": 0}
        self.seen = 0

    @rule(epochs=st.integers(0, 5), due=st.booleans(), map_size=st.integers(1, 3))
    def train(self, epochs: int, due: bool, map_size: int) -> None:
        new = np.arange(self.epoch, self.epoch + epochs, dtype=np.uint32)
        self.epoch += epochs
        metadata = {"run": str(self.run), "lineage": str(self.lineage), "epoch": str(self.epoch)}
        tensors: dict[str, np.ndarray] = {
            "losses/epochs": new[None],
            "losses/test": new[None] / 3,
            "map/values": np.full((1, map_size, 2), self.epoch % 100, np.int8),
        }
        self.outbox.put(metadata, tensors, due=due)

    @rule()
    def reshape(self) -> None:
        self.run += 1
        self.train(1, False, 1)

    @rule()
    def begin_anew(self) -> None:
        self.run += 1
        self.lineage += 1
        self.epoch = 0
        self.train(1, True, 1)

    @rule(seconds=st.floats(0, 2))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(behind=st.integers(-2, 9))
    def acknowledge(self, behind: int) -> None:
        self.outbox.acknowledge(self.last["frame"] - behind)
        if behind >= 0:
            self.seen = max(self.seen, self.last["frame"] - behind)

    @rule(encoding=st.sampled_from(["plain", "packed"]))
    def come_back(self, encoding: Encoding) -> None:
        before, self.outbox = self.outbox, Outbox(8, encoding, clock=lambda: self.now)
        self.outbox.inherit(before)
        self.unpacker = FrameDecompressor() if encoding == "packed" else None
        self.told = self.told[: self.told_by[self.seen]]  # what was not acknowledged was lost with the line
        self.told_by = {0: len(self.told)}
        self.last["frame"] = self.seen = 0
        self.last["epoch"] = -1

    @rule(epochs=st.integers(1, 3))
    def train_and_take(self, epochs: int) -> None:
        self.train(epochs, True, 1)
        self.take()

    @rule()
    def take(self) -> None:
        message = self.outbox.take()
        if message is None:
            return
        assert isinstance(message, bytes)
        plain = message if self.unpacker is None else self.unpacker.decompress(message)
        metadata, tensors = decode_one(plain)
        number, epoch, lineage = (int(metadata[name]) for name in ("frame", "epoch", "lineage"))
        assert number == self.last["frame"] + 1
        assert number - self.seen <= 8
        if lineage == self.last["lineage"]:
            assert epoch >= self.last["epoch"]
        assert lineage >= self.last["lineage"]
        assert int(metadata["run"]) >= self.last["run"]
        if lineage != self.told_lineage:
            self.told, self.told_lineage = [], lineage
            self.told_by = dict.fromkeys(self.told_by, 0)
        new = tensors["losses/epochs"].tolist()
        assert new == list(range(new[0], new[0] + len(new))) if new else True
        if new:
            assert new[0] <= len(self.told)  # after coming back some are told again, none is ever left out
            self.told = [*self.told[: new[0]], *new]
        self.told_by[number] = len(self.told)
        self.last = {"frame": number, "epoch": epoch, "lineage": lineage, "run": int(metadata["run"])}


def test_guarantee_5_frames_are_in_order_and_no_epoch_is_missing() -> None:
    run_state_machine_as_test(
        AnyTraffic, settings=settings(max_examples=100, stateful_step_count=50, deadline=None)
    )
