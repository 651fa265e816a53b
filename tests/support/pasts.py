"""Pasts drawn at random: runs that are trained, changed, edited and reshaped, seen at every moment on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from engine import Experiment, Run, Timeline, advance, begin, reconfigure
from engine.registries.features import FEATURES
from engine.run import set_parameters
from engine.timeline import Moment, SetParameters
from engine.training.weight_transfer import can_transplant, transplant
from tests.support.strategies import experiments, live_changes, stacks, varied


@dataclass
class Past:
    """A run's past.

    Attributes:
        timeline: recorded after each piece of training.
        seen: the last run of each moment, trained batch by batch without a timeline.
    """

    timeline: Timeline
    seen: dict[Moment, Run]


def _is_same_place(run: Run, other: Run) -> bool:
    ended = run.diverged | run.stopped, other.diverged | other.stopped
    return (run.epoch, run.step, run.position) == (other.epoch, other.step, other.position) and bool(
        (ended[0] == ended[1]).all()
    )


def _walk(start: Run, goal: Run, saw: Callable[[Run], None]) -> Run:
    """Train batch by batch up to where another run is."""
    run = start
    for _ in range(10_000):
        if _is_same_place(run, goal):
            return run
        run, _ = advance(run, steps=1, epochs=1)
        saw(run)
    raise AssertionError("never came there")


def diverging(replicas: int) -> list[Experiment]:
    """Return experiments that soon diverge, each at another step."""
    values = {
        "data": {"samples": 40, "dataset": "plane"},
        "network": {"activation": "linear"},
        "training": {"batch_size": 3},
    }
    return [
        varied(Experiment.model_validate(values), training={"learning_rate": rate}, network={"seed": seed})
        for seed, rate in enumerate((0.5, 1.2, 3.0)[:replicas])
    ]


@st.composite
def _reshaped(draw: st.DrawFn, experiment: Experiment) -> Experiment:
    values: dict[str, Any] = experiment.model_dump()
    values["features"] = draw(st.lists(st.sampled_from(list(FEATURES)), min_size=1, max_size=4, unique=True))
    values["network"]["hidden"] = draw(st.lists(st.integers(1, 5), max_size=3))
    values["network"]["activation"] = draw(st.sampled_from(["tanh", "relu"]))
    return Experiment.model_validate(values)


@st.composite
def pasts(draw: st.DrawFn, *, largest: int = 7) -> Past:
    """Draw a past of a few epochs: of a single network with changes of all kinds, or of a stack with edits."""
    alone = experiments().map(lambda one: [one])
    stack = draw(st.one_of(alone, alone, stacks(largest=3), st.integers(1, 3).map(diverging)))
    run = coarse = begin(stack)
    if draw(st.booleans()):  # the timeline may begin with a trained run, also within an epoch
        run, _ = advance(run, steps=draw(st.integers(0, 7)), epochs=2)
        coarse = run
    timeline = Timeline.begin(run)
    seen = {Moment.of(run): run}

    def saw(run: Run) -> None:
        seen[Moment.of(run)] = run

    kinds = ["steps", "epochs", "steps", "edit", *(["change", "shape"] if run.replicas == 1 else [])]
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=3, max_size=largest)):
        if kind in ("epochs", "steps"):
            count = draw(st.integers(1, 3 if kind == "epochs" else 9))
            steps = count if kind == "steps" else None
            coarse, report = advance(coarse, steps=steps, epochs=2 if steps else count)
            timeline = timeline.record(coarse, report)
            run = _walk(run, coarse, saw)
            continue
        if kind == "edit":
            start = draw(st.integers(0, run.parameters.shape[1] - 1))
            values = draw(st.lists(st.floats(-3, 3), min_size=1, max_size=1))
            run = set_parameters(run, start, values)
            timeline = timeline.changed(SetParameters(start=start, values=tuple(values)))
        else:
            other = draw((live_changes if kind == "change" else _reshaped)(run.experiment))
            run = (transplant if can_transplant(run.experiment, other) else reconfigure)(run, other)
            timeline = timeline.changed(other)
        saw(run)
        coarse = timeline.newest
    return Past(timeline, seen)
