"""Insight: what can be looked at in a run. Pure functions, none of which changes it.

Results have a leading axis of replicas, but for those that are of one network (trace, landscape) or of all replicas
together (consensus).
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

__all__ = [
    "SQUARE",
    "Backward",
    "Confusion",
    "Consensus",
    "Forward",
    "LayerStatistics",
    "LossPlane",
    "Picture",
    "PrincipalPlane",
    "Trace",
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
