"""Views of a run: pure functions that compute maps, statistics and losses from it.

Results have a leading axis of replicas, except those of one network (trace, landscape) and of all replicas together
(consensus).
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
    "random_directions",
    "trace",
    "trace_sample",
]
