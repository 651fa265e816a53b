"""A session under any commands at any time."""

from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.sessions.slices import Slice
from tests.support.desk import Desk, dump
from tests.support.views import watched

COMMANDS = st.one_of(
    st.just(("play", {})),
    st.builds(lambda speed: ("play", {"epochs_per_second": speed}), st.floats(0.1, 10_000)),
    st.just(("pause", {})),
    st.builds(
        lambda unit, count: ("step", {"unit": unit, "count": count}),
        st.sampled_from(["epoch", "batch"]),
        st.integers(1, 5),
    ),
    st.builds(lambda new: ("reset", {"new_seed": new}), st.booleans()),
    st.builds(
        lambda rate, hidden, dataset, keep: (
            "configure",
            {
                "keep": keep,
                "experiment": {
                    "training": {"learning_rate": rate},
                    "network": {"hidden": hidden},
                    "data": {"dataset": dataset, "samples": 40},
                },
            },
        ),
        st.sampled_from([0.0, 0.03, 10.0]),
        st.lists(st.integers(1, 4), max_size=2),
        st.sampled_from(["circle", "plane"]),
        st.booleans(),
    ),
    st.builds(
        lambda layer, unit: (
            "watch",
            {"views": watched(tiles=True, unit=(layer, unit), resolution=10)},
        ),
        st.integers(0, 3),
        st.integers(0, 4),
    ),
    st.builds(
        lambda layer, unit, value: (
            "set_parameter",
            {"layer": layer, "unit": unit, "input": "bias", "value": value},
        ),
        st.integers(0, 3),
        st.integers(0, 4),
        st.floats(-1e6, 1e6),
    ),
    st.builds(
        lambda start, values: ("set_parameters", {"start": start, "values": values}),
        st.integers(0, 30),
        st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30),
    ),
    st.just(("hello", {"protocol": 2})),
    st.just(("play", {"epochs_per_second": 1e308})),
)


class AnySession(RuleBasedStateMachine):
    """Whatever commands come at whatever time, the run goes its orderly way."""

    @initialize()
    def begin(self) -> None:
        self.desk = Desk(data={"samples": 40})
        self.work: Slice | None = None
        self.run, self.step = 0, 0

    @rule(command=COMMANDS)
    def command(self, command: tuple[str, dict[str, Any]]) -> None:
        type_, fields = command
        before = (self.desk.session.wanted, self.desk.session.state)

        events = self.desk.say(type_, id="x", **fields)

        if any(event["type"] == "error" for event in events):
            assert (self.desk.session.wanted, self.desk.session.state) == before

    @rule(seconds=st.floats(0.001, 2))
    def time_passes(self, seconds: float) -> None:
        self.desk.now += seconds

    @rule()
    def client_is_busy_or_free(self) -> None:
        self.desk.can_send = not self.desk.can_send

    # No preconditions: how far a slice gets depends on the clock, and the rules to choose from must not.
    @rule()
    def start_a_slice(self) -> None:
        if self.work is None:
            due = self.desk.is_due()
            self.work = self.desk.next()
            assert (self.work is not None) == due

    @rule()
    def finish_the_slice(self) -> None:
        if self.work is not None:
            self.desk.work(self.work)
            self.work = None

    @invariant()
    def epochs_never_go_back_within_a_run(self) -> None:
        for numbers in self.desk.numbers:
            run, step = int(numbers.metadata["run"]), int(numbers.metadata["step"])
            assert (run, step) >= (self.run, self.step)
            self.run, self.step = run, step
            assert np.isfinite(numbers.tensors.get("parameters", np.zeros(1))).all()
        self.desk.numbers.clear()

    @invariant()
    def nothing_trains_that_does_not_play(self) -> None:
        welcome, *others = dump(self.desk.session.welcome())
        has_ended = any(event["type"] in ("diverged", "stopped") for event in others)
        assert not (has_ended and welcome["runs"][0]["state"]["playing"])

    def teardown(self) -> None:
        """After a pause, everything settles, and the last picture shows the last state."""
        if not hasattr(self, "desk"):
            return
        if self.work is not None:
            self.desk.work(self.work)
        self.desk.say("pause")
        self.desk.can_send = True
        self.desk.settle()
        run = self.desk.session.settled_run
        assert run is not None
        assert run.experiment == self.desk.session.wanted.experiment


AnySession.TestCase.settings = hypothesis_settings(max_examples=60, stateful_step_count=25, deadline=None)
TestAnySession = AnySession.TestCase
