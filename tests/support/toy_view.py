"""A server with one view more: ``python -m tests.support.toy_view``, with the options of the command."""

import numpy as np
from pydantic import Field

from engine.insight import views
from engine.insight.norms import euclidean_norm
from engine.insight.views import Arrays, Options, Precision, View, ViewCost
from engine.registries.registry import Registry
from engine.run import Run


class NormOptions(Options):
    """By which factor the norms are multiplied."""

    factor: float = Field(1.0, ge=0, le=100)


def norms(run: Run, options: NormOptions) -> Arrays:
    """Return ``weights`` (replicas, layers) float64: the norm of each layer's parameters."""
    layers = run.layout.layers(run.parameters)
    values = [euclidean_norm(layer.reshape(run.replicas, -1)) for layer in layers]
    return {"weights": options.factor * np.stack(values, axis=1)}


NORMS = View(
    key="norms",
    label="Norms",
    text="How large the parameters of each layer are.",
    options=NormOptions,
    arrays={"weights": Precision.FULL},
    cost=lambda experiment, options: ViewCost(),
    compute=norms,
)

if __name__ == "__main__":
    views.VIEWS = Registry("view", *views.VIEWS.values(), NORMS)  # before the server's modules read it

    from server.__main__ import main

    main()
