"""Views of a run: pure functions that compute maps, statistics and losses from it.

Results have a leading axis of replicas, except those of one network (trace, landscape) and of all replicas together
(consensus, quantiles, success rate).
"""

from engine.insight.agreement import Consensus, consensus
from engine.insight.confusion_matrix import Confusion, confusion
from engine.insight.gradients import LayerStatistics, gradient, layer_statistics
from engine.insight.landscape import (
    LossPlane,
    PrincipalPlane,
    loss_plane,
    parameter_axes,
    principal_plane,
    random_directions,
)
from engine.insight.maps import SQUARE, Picture, boundary, feature_map, grid, layer_maps
from engine.insight.quantiles import Quantiles, quantiles
from engine.insight.success_rate import SuccessRate, success_rate
from engine.insight.trace import Backward, Forward, Trace, trace, trace_sample
from engine.insight.views import VIEWS, View

__all__ = [
    "SQUARE",
    "VIEWS",
    "Backward",
    "Confusion",
    "Consensus",
    "Forward",
    "LayerStatistics",
    "LossPlane",
    "Picture",
    "PrincipalPlane",
    "Quantiles",
    "SuccessRate",
    "Trace",
    "View",
    "boundary",
    "confusion",
    "consensus",
    "feature_map",
    "gradient",
    "grid",
    "layer_maps",
    "layer_statistics",
    "loss_plane",
    "parameter_axes",
    "principal_plane",
    "quantiles",
    "random_directions",
    "success_rate",
    "trace",
    "trace_sample",
]
