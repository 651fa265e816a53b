"""The activation functions of a network's layers."""

from engine.experiment import Experiment
from engine.registries.activations import ACTIVATIONS, Activation
from engine.registries.losses import LOSSES


def layer_activations(experiment: Experiment) -> list[Activation]:
    """Return the activation of every layer, the output's last."""
    output = LOSSES[experiment.objective.loss].outputs[experiment.problem]
    return [*(ACTIVATIONS[name] for name in experiment.network.activations), output]
