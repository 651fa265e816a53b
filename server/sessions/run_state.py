"""The state of a session's run between two slices, and what is said when it ends."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from engine import Experiment, Run
from engine.user_messages import Value
from server.protocol.events import Diverged, ErrorEvent, Event, Stopped, localized


class Phase(Enum):
    """How the run relates to what is wanted of it, and whether it can go on."""

    CHANGED = "changed"
    """The next slice has to apply the experiment or edits."""
    APPLYING = "applying"
    """The slice in flight does so."""
    SETTLED = "settled"
    """The run has the wanted experiment and all edits."""
    DIVERGED = "diverged"
    """Settled, and ended: a number was no longer finite."""
    STOPPED = "stopped"
    """Settled, and ended by its stop rule."""
    FAILED = "failed"
    """The last slice could not be computed."""

    @property
    def has_ended(self) -> bool:
        """Whether the run has come to its end."""
        return self in (Phase.DIVERGED, Phase.STOPPED)

    @property
    def can_train(self) -> bool:
        """Whether the run can be trained."""
        return not self.has_ended and self is not Phase.FAILED


@dataclass(frozen=True, slots=True)
class RunState:
    """A run and its numbers.

    Attributes:
        run: of a single network; None until a slice has begun it.
        number: of the run, as in frames; grows with each new run or shape.
        lineage: number of the losses that belong together; grows with each new run.
    """

    run: Run | None
    number: int
    lineage: int

    @property
    def epoch(self) -> int:
        """Epochs trained."""
        return 0 if self.run is None else self.run.epoch

    @property
    def step(self) -> int:
        """Steps trained."""
        return 0 if self.run is None else self.run.step

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata of the run in frames."""
        return {
            "run": str(self.number),
            "lineage": str(self.lineage),
            "epoch": str(self.epoch),
            "step": str(self.step),
        }

    def restarted(self) -> "RunState":
        """Return the state of a new run."""
        return RunState(None, self.number + 1, self.lineage + 1)

    def reshaped(self) -> "RunState":
        """Return the same run with the number of another shape."""
        return replace(self, number=self.number + 1)


def phase_of(run: Run) -> Phase:
    """Return the phase of a run that has all that is wanted."""
    if run.diverged[0]:
        return Phase.DIVERGED
    return Phase.STOPPED if run.stopped[0] else Phase.SETTLED


def differs(run: Run, before: Run) -> bool:
    """Return whether training or another experiment has changed a run; parameters set by hand are not noticed."""
    return _values(run) != _values(before)


def _values(run: Run) -> tuple[Any, ...]:
    return run.epoch, run.step, run.position, run.experiment


def end_event(phase: Phase, number: int, run: Run) -> Event:
    """Return the event that says why the run of a number has ended."""
    if phase is Phase.DIVERGED:
        return Diverged(run=number, epoch=run.epoch, step=run.step, **_divergence_text(run.experiment))
    training = run.experiment.training
    values = {"best": int(run.best.epoch[0]), **training.stop_options}
    return Stopped(
        run=number, epoch=run.epoch, step=run.step, **localized(f"ended.{training.stop}", **values)
    )


def failure_event(experiment: Experiment, key: str) -> Event:
    """Return the event that says why a slice could not be computed; ``key`` is that of the message."""
    values: dict[str, Value] = {
        "hidden": str(list(experiment.network.hidden)),
        "batch": experiment.training.batch_size,
        "samples": experiment.data.samples,
    }
    return ErrorEvent(code="internal", **localized(key, **values))


def _divergence_text(experiment: Experiment) -> dict[str, Any]:
    rate = experiment.training.learning_rate
    objective = experiment.objective
    if objective.penalty == "l2" and rate * objective.penalty_rate > 2:
        return localized("diverged-by-regularization", product=float(f"{rate * objective.penalty_rate:g}"))
    return localized("diverged-by-rate", rate=rate)
