"""A run in time: any moment of it again, forks, recipes that train to it, receipts that prove it.

>>> from engine import Experiment, advance, begin
>>> from engine.timeline import Timeline
>>> run, report = advance(begin(Experiment()), epochs=3)
>>> Timeline.begin(begin(Experiment())).record(run, report).at(2).epoch
2
"""

from engine.timeline.entries import Change, SetParameter, SetParameters, Train
from engine.timeline.keyframes import MAX_KEYFRAMES, Moment
from engine.timeline.receipt import Receipt, Verdict, issue, read_receipt, verify, write_receipt
from engine.timeline.recipe import MAX_ENTRIES, Recipe, RecipeError, read_recipe, write_recipe
from engine.timeline.replays import Parted, Replay, replay
from engine.timeline.search import first_epoch
from engine.timeline.timeline import MAX_PINNED, Timeline

__all__ = [
    "MAX_ENTRIES",
    "MAX_KEYFRAMES",
    "MAX_PINNED",
    "Change",
    "Moment",
    "Parted",
    "Receipt",
    "Recipe",
    "RecipeError",
    "Replay",
    "SetParameter",
    "SetParameters",
    "Timeline",
    "Train",
    "Verdict",
    "first_epoch",
    "issue",
    "read_receipt",
    "read_recipe",
    "replay",
    "verify",
    "write_receipt",
    "write_recipe",
]
