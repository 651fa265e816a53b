"""The activation functions of layers."""

from engine import Experiment
from engine.insight.layer_activations import layer_activations
from engine.registries.activations import ACTIVATIONS, LOGISTIC_OUTPUT
from tests.support.strategies import varied


def test_there_is_an_activation_for_every_layer_the_outputs_last():
    experiment = varied(
        Experiment(),
        network={"hidden": (3, 2), "activation": ("relu", "sine")},
        objective={"loss": "logistic-cross-entropy"},
    )

    assert layer_activations(experiment) == [ACTIVATIONS["relu"], ACTIVATIONS["sine"], LOGISTIC_OUTPUT]
