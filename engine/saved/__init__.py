"""Saved forms, read and written: experiments, trained networks, addresses of the page, links of TensorFlow Playground.

>>> from engine import Experiment, saved
>>> opened = saved.read("#data.dataset=spiral&training.learning_rate=fast")
>>> opened.experiment.data.dataset, [str(note) for note in opened.notes]
('spiral', ["training.learning_rate is 'fast'; it must be a number, 0 … 10"])
"""

from engine.saved.address import write_address
from engine.saved.files import MAX_BYTES, write_experiment, write_network
from engine.saved.opened import Opened, SavedError, Trained
from engine.saved.reader import read, read_base64

__all__ = [
    "MAX_BYTES",
    "Opened",
    "SavedError",
    "Trained",
    "read",
    "read_base64",
    "write_address",
    "write_experiment",
    "write_network",
]
