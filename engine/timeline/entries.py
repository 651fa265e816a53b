"""The entries of a recipe: begin, train up to a moment, change the experiment, set parameters by hand."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.checkpoint import MAX_EPOCH, from_bytes, to_bytes
from engine.experiment import MAX_REPLICAS, Experiment, changed_fields, field_value, fields, is_live
from engine.field_values import check, nested
from engine.network.layout import Layout
from engine.run import Run, begin, reconfigure, set_parameter, set_parameters
from engine.training.weight_transfer import can_transplant, transplant
from engine.user_messages import LocalizedError, UserMessage
from engine.validation_errors import explain, quoted_name
from engine.worlds.stack_rules import check_stack

_SHAPE = ("features", "network.hidden")
"""Fields that may change on the way although they are not live."""


class Strict(BaseModel):
    """A part of a recipe or receipt: frozen, without unknown keys and infinite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Epoch = Annotated[int, Field(strict=True, ge=0, le=MAX_EPOCH)]
Step = Annotated[int, Field(strict=True, ge=0, lt=2**53)]
Index = Annotated[int, Field(strict=True, ge=0, lt=2**31)]
Number = Annotated[float, Field(strict=True)]
Replica = Annotated[int, Field(strict=True, ge=0, lt=MAX_REPLICAS)] | None


class Train(Strict):
    """Train up to a moment.

    Attributes:
        epoch: finished epochs.
        step: updates since the run began, as ``Run.step``, at a moment within the epoch; None at its beginning.
        ended: whether training has also been found to end there, as all replicas diverge with the next update.
    """

    do: Literal["train"] = "train"
    epoch: Epoch
    step: Step | None = None
    ended: Annotated[bool, Field(strict=True)] = False

    @classmethod
    def to(cls, run: Run) -> Self:
        """Return the entry that trains to the state of a run."""
        return cls(epoch=run.epoch, step=run.step if run.position else None, ended=has_ended(run))

    def is_reached(self, run: Run) -> bool:
        """Return whether a run is at this moment."""
        there = run.position == 0 if self.step is None else run.step == self.step
        return run.epoch == self.epoch and there and (not self.ended or has_ended(run))

    def is_past(self, run: Run) -> bool:
        """Return whether a run is beyond this moment."""
        beyond = run.position > 0 if self.step is None else run.step > self.step
        return run.epoch > self.epoch or (run.epoch == self.epoch and beyond)


class Change(Strict):
    """Change live fields of the experiments, or the shape of the network.

    Attributes:
        values: new values by dotted name of the field; one mapping for all replicas, or one for each.
    """

    do: Literal["change"] = "change"
    values: tuple[dict[str, Any], ...] = Field(min_length=1, max_length=MAX_REPLICAS)

    @classmethod
    def between(cls, before: Sequence[Experiment], after: Sequence[Experiment]) -> Self:
        """Return the entry that makes other experiments of some."""
        values = tuple(differences(one, other) for one, other in zip(before, after, strict=True))
        return cls(values=values[:1] if all(other == values[0] for other in values) else values)

    def experiments(self, before: Sequence[Experiment]) -> tuple[Experiment, ...]:
        """Return the experiments after the change.

        Raises:
            LocalizedError: a field may not change, or a value is not allowed.
            ValueError: there is not one mapping for each replica, or the experiments cannot form a stack.
        """
        for name in {name for values in self.values for name in values}:
            if name in fields() and not is_live(name) and name not in _SHAPE:
                raise LocalizedError("recipe-fixed", name, name=name, others=", ".join(_SHAPE))
        each = self.values * len(before) if len(self.values) == 1 else self.values
        if len(each) != len(before):
            raise LocalizedError("recipe-replicas", "values", there=len(each), needed=len(before))
        after = tuple(with_values(one, values) for one, values in zip(before, each, strict=True))
        check_stack(after)
        return after

    def apply(self, run: Run) -> Run:
        """Return the run with the changed experiments."""
        return changed_run(run, self.experiments(run.experiments))


class SetParameter(Strict):
    """Set one parameter by hand.

    Attributes:
        layer: 0 for the first hidden layer; the last one is the output.
        unit: index in the layer.
        input: index in the previous layer; −1 for the bias.
        value: finite.
        replica: index in the stack; None for all.
    """

    do: Literal["set"] = "set"
    layer: Index
    unit: Index
    input: Annotated[int, Field(strict=True, ge=-1, lt=2**31)]
    value: Number
    replica: Replica = 0

    def check(self, layout: Layout, replicas: int) -> None:
        """Raise a `LocalizedError` if there is no such parameter."""
        layout.index(self.layer, self.unit, self.input)
        _check_replica(self.replica, replicas)

    def apply(self, run: Run) -> Run:
        """Return the run with this parameter."""
        return set_parameter(run, self.layer, self.unit, self.input, self.value, **_of(self.replica))


class SetParameters(Strict):
    """Set consecutive parameters by hand.

    Attributes:
        start: index of the first one in the flat vector.
        values: finite.
        replica: index in the stack; None for all.
    """

    do: Literal["set-range"] = "set-range"
    start: Index
    values: tuple[Number, ...]
    replica: Replica = 0

    def check(self, layout: Layout, replicas: int) -> None:
        """Raise a `LocalizedError` if there are no such parameters."""
        end = self.start + len(self.values)
        if end > layout.parameters:
            raise LocalizedError(
                "recipe-range", "start", first=self.start, last=end - 1, highest=layout.parameters - 1
            )
        _check_replica(self.replica, replicas)

    def apply(self, run: Run) -> Run:
        """Return the run with these parameters."""
        return set_parameters(run, self.start, self.values, **_of(self.replica))


Edit = SetParameter | SetParameters
"""Parameters set by hand."""

Entry = Train | Change | SetParameter | SetParameters
"""One line of a recipe."""


def _check_replica(replica: int | None, replicas: int) -> None:
    if replica is not None and replica >= replicas:
        raise LocalizedError("recipe-replica", "replica", replica=replica, last=replicas - 1)


def _of(replica: int | None) -> dict[str, Any]:
    return {} if replica == 0 else {"replica": replica}


class Begin(Strict):
    """The beginning of a recipe: an untrained run of experiments, or a run as it was.

    Attributes:
        experiment: of the first replica; None if ``run`` is given.
        others: fields in which the experiments of the other replicas differ from it, by dotted name.
        run: a checkpoint (``to_bytes``) in base64, for a run that was not begun from its experiments alone.
    """

    experiment: Experiment | None = None
    others: tuple[dict[str, Any], ...] = Field((), max_length=MAX_REPLICAS - 1)
    run: str | None = None

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return the beginning that gives a run."""
        data = to_bytes(run)
        if data != to_bytes(begin(run.experiments)):
            return cls(run=base64.b64encode(data).decode())
        others = tuple(differences(run.experiment, other) for other in run.experiments[1:])
        return cls(experiment=run.experiment, others=others)

    def begin(self) -> Run:
        """Return the run.

        Raises:
            LocalizedError: there is no experiment, a value is not allowed, or the checkpoint cannot be read.
            ValueError: the experiments cannot form a stack.
        """
        if self.experiment is None and self.run is not None:
            try:
                return from_bytes(base64.b64decode(self.run, validate=True))
            except binascii.Error:
                raise LocalizedError("recipe-checkpoint", "begin.run", why=UserMessage("base64")) from None
            except ValueError as error:
                words = UserMessage("pydantic", {"words": str(error)})
                raise LocalizedError("recipe-checkpoint", "begin.run", why=words) from None
        if self.experiment is None or self.run is not None:
            raise LocalizedError("recipe-begin", "begin")
        others = (with_values(self.experiment, values) for values in self.others)
        return begin((self.experiment, *others))


def reason(error: ValueError) -> UserMessage:
    """Return what an error says as a user message."""
    if isinstance(error, LocalizedError):
        return error.user_message
    if isinstance(error, ValidationError):
        return explain(error)[0].user_message
    return UserMessage("pydantic", {"words": str(error)})


def moment_text(entry: Train) -> UserMessage:
    """Return the moment of an entry in words."""
    if entry.step is None:
        return UserMessage("moment-epoch", {"epoch": entry.epoch})
    return UserMessage("moment", {"epoch": entry.epoch, "step": entry.step})


def differences(before: Experiment, after: Experiment) -> dict[str, Any]:
    """Return the values of the fields in which an experiment differs from another, by dotted name, as JSON has them."""
    return {name: _plain(field_value(after, name)) for name in changed_fields(before, after)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return dict(value) if isinstance(value, Mapping) else value


def with_values(experiment: Experiment, values: Mapping[str, Any]) -> Experiment:
    """Return an experiment with other values in some fields.

    Raises:
        LocalizedError: there is no such field, or a value is not allowed.
    """
    unknown = next((name for name in values if name not in fields()), None)
    if unknown is not None:
        raise LocalizedError("unknown-name", unknown, name=quoted_name(unknown))
    given = {name: check(name, value) for name, value in values.items()}
    groups = nested({name: field_value(experiment, name) for name in fields()} | given)
    if not any(name.startswith("data.") for name in values):
        groups["data"] = experiment.data  # validating thousands of own points takes milliseconds
    try:
        return Experiment.model_validate(groups)
    except ValidationError as error:
        refusal = explain(error)[0]
        message = refusal.user_message
        raise LocalizedError(message.key, refusal.field, **message.values) from None


def changed_run(run: Run, after: Experiment | Sequence[Experiment]) -> Run:
    """Return the run with other experiments and what it has learned: see ``reconfigure`` and ``transplant``.

    Raises:
        ValueError: more than live fields and the shape of the network differ, or the run does not allow it.
    """
    first = after if isinstance(after, Experiment) else after[0]
    given: Any = first if run.replicas == 1 else after
    return (transplant if can_transplant(run.experiment, first) else reconfigure)(run, given)


def has_ended(run: Run) -> bool:
    """Return whether no replica trains on."""
    return bool((run.diverged | run.stopped).all())
