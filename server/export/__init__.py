"""Export: an experiment as a script that gives the same results without this project.

>>> from engine import Experiment
>>> from server.export import export
>>> export(Experiment(), "numpy").splitlines()[0]
'\"\"\"Circle, learned by a small neural network in plain NumPy.'
"""

from server.export.render import MAX_EPOCHS, export
from server.export.targets import TARGETS, CannotExportError

__all__ = ["MAX_EPOCHS", "TARGETS", "CannotExportError", "export"]
