"""The engine: small neural networks in NumPy, trained as immutable values.

>>> from engine import Experiment, begin, advance, evaluate
>>> run, report = advance(begin(Experiment()), epochs=100)
>>> run.epoch, report.test_loss.shape
(100, (1, 100))
"""

import sys as _sys

from engine import notebook as _notebook
from engine import validation_errors as _validation_errors
from engine.checkpoint import from_bytes, to_bytes
from engine.experiment import Experiment
from engine.goals import reaches
from engine.insight import (
    boundary,
    confusion,
    consensus,
    feature_map,
    gradient,
    layer_maps,
    layer_statistics,
    loss_plane,
    quantiles,
    success_rate,
    trace,
    trace_sample,
)
from engine.run import Run, begin, reconfigure, set_parameter
from engine.saved import tf_playground as _tf_playground
from engine.timeline import Receipt, Recipe, Timeline, first_epoch, issue, replay, verify
from engine.training import grouping as _grouping
from engine.training import weight_transfer as _weight_transfer
from engine.training.advance import Report, advance
from engine.training.evaluation import Evaluation, evaluate
from engine.worlds.variations import worlds

# Set here, as the notebook module imports those of Run and Report.
Run._repr_html_ = _notebook.run_html
Report._repr_html_ = _notebook.report_html

# Documented module names of earlier versions.
classic = _sys.modules[f"{__name__}.classic"] = _tf_playground
explain = _sys.modules[f"{__name__}.explain"] = _validation_errors
stacks = _sys.modules[f"{__name__}.stacks"] = _grouping
transplant = _sys.modules[f"{__name__}.transplant"] = _weight_transfer

__all__ = [
    "Evaluation",
    "Experiment",
    "Receipt",
    "Recipe",
    "Report",
    "Run",
    "Timeline",
    "advance",
    "begin",
    "boundary",
    "confusion",
    "consensus",
    "evaluate",
    "feature_map",
    "first_epoch",
    "from_bytes",
    "gradient",
    "issue",
    "layer_maps",
    "layer_statistics",
    "loss_plane",
    "quantiles",
    "reaches",
    "reconfigure",
    "replay",
    "set_parameter",
    "success_rate",
    "to_bytes",
    "trace",
    "trace_sample",
    "verify",
    "worlds",
]
