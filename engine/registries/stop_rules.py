"""Stop rules: conditions that end training."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.arrays import BoolArray, FloatArray, IndexArray
from engine.registries.registry import Option, Registry, Row

Options = Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRule(Row):
    """A condition that is checked after every epoch.

    Attributes:
        watches: the loss that it depends on; None if none.
        restores: whether the parameters of the lowest loss are restored at the end.
        reached: ``reached(epoch, loss, waited, options)`` returns which replicas stop, (replicas,) bool. ``epoch`` is
            the number of finished epochs, ``loss`` the watched loss, and ``waited`` the number of epochs since it last
            improved by at least the option "improvement", each (replicas,) like the options. None: never.
        ended: template of the message why training has ended; placeholders are options, and ``best`` for the epoch of
            the lowest loss.
    """

    watches: Literal["train", "validation"] | None = None
    restores: bool = False
    reached: Callable[[int, FloatArray, IndexArray, Options], BoolArray] | None
    ended: str = ""


def _epochs(epoch: int, loss: FloatArray, waited: IndexArray, options: Options) -> BoolArray:
    return epoch >= options["epochs"]


def _target_loss(epoch: int, loss: FloatArray, waited: IndexArray, options: Options) -> BoolArray:
    return loss <= options["loss"]


def _patience(epoch: int, loss: FloatArray, waited: IndexArray, options: Options) -> BoolArray:
    return np.asarray(waited >= options["patience"])


_PATIENCE = (
    Option(
        name="patience",
        label="Patience",
        text="How many epochs without an improvement are waited for.",
        default=50.0,
        minimum=1.0,
        maximum=100_000.0,
        suggestions=(5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0),
        whole=True,
    ),
    Option(
        name="improvement",
        label="Least improvement",
        text="A loss that falls by less than this does not count as better.",
        default=0.0001,
        minimum=0.0,
        maximum=1.0,
        suggestions=(0.0, 0.0001, 0.001, 0.01, 0.1),
    ),
)

STOP_RULES: Registry[StopRule] = Registry(
    "stop rule",
    StopRule(
        key="never",
        label="Never",
        text="Training goes on until you pause it.",
        formula="–",
        reached=None,
    ),
    StopRule(
        key="epochs",
        label="After epochs",
        text="Training ends after a number of epochs, so that every attempt has the same chance.",
        formula="epoch ≥ n",
        reached=_epochs,
        ended="The {epochs} epochs are done.",
        options=(
            Option(
                name="epochs",
                label="Epochs",
                text="How many epochs are trained in all.",
                default=500.0,
                minimum=1.0,
                maximum=10_000_000.0,
                suggestions=(50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0),
                whole=True,
            ),
        ),
    ),
    StopRule(
        key="target-loss",
        label="At a training loss",
        text="Training ends as soon as the training loss is good enough.",
        formula="training loss ≤ target",
        watches="train",
        reached=_target_loss,
        ended="The training loss has come down to {loss}.",
        options=(
            Option(
                name="loss",
                label="Target",
                text="The training loss at which training ends.",
                default=0.01,
                minimum=0.0,
                maximum=10.0,
                suggestions=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2),
            ),
        ),
    ),
    StopRule(
        key="plateau",
        label="On a plateau",
        text="Training ends when the training loss has not become better for a while.",
        formula="no better training loss for so many epochs",
        watches="train",
        reached=_patience,
        ended="The training loss has not become better since epoch {best}, {patience} epochs ago.",
        options=_PATIENCE,
    ),
    StopRule(
        key="early-stopping",
        label="Early stopping",
        text="Training ends when the validation loss has not become better for a while, and the best network is put"
        " back (Prechelt 1998).",
        formula="no better validation loss for so many epochs; back to the best",
        watches="validation",
        restores=True,
        reached=_patience,
        ended="The validation loss has not become better for {patience} epochs; the network is back at epoch"
        " {best}, where it was best.",
        options=_PATIENCE,
    ),
)
"""Conditions that end training."""
