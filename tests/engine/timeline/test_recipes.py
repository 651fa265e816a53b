"""Recipes: small, portable, and replayed to the same run."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine import Experiment, Recipe, Timeline, advance, begin, replay
from engine.timeline import (
    MAX_ENTRIES,
    Change,
    Parted,
    RecipeError,
    Replay,
    SetParameter,
    SetParameters,
    Train,
    read_recipe,
    write_recipe,
)
from engine.timeline.entries import Begin
from engine.timeline.recipe import MAX_CHARACTERS
from engine.validation_errors import explain
from tests.support.pasts import Past, pasts
from tests.support.runs import assert_same_state
from tests.support.strategies import law, varied

SMALL = varied(Experiment(), data={"samples": 40}, training={"batch_size": 7})
OWN = [[float(i % 7 - 3), float(i // 7 - 2), 1.0 if i % 3 else -1.0] for i in range(40)]
BEGIN = {"experiment": json.loads(SMALL.model_dump_json())}


def recipe_text(entries=(), begin=BEGIN, **changes):
    content = {"format": "neural-playground-recipe", "version": 1, "begin": begin, "entries": list(entries)}
    return json.dumps(content | changes)


@law(40)
@given(past=pasts(), data=st.data())
def test_a_recipe_written_read_and_replayed_is_the_run(past: Past, data):
    timeline = past.timeline
    moment = data.draw(st.sampled_from([None, *past.seen]))
    recipe = timeline.recipe() if moment is None else timeline.recipe(moment.epoch, moment.step or None)
    expected = timeline.newest if moment is None else past.seen[moment]

    again = read_recipe(write_recipe(recipe))

    assert again == recipe
    run = replay(again)
    assert_same_state(run, expected)
    assert run.experiments == expected.experiments
    way = Replay.of(again)
    while not way.is_done:
        way = way.advance(seconds=0.0)
    assert_same_state(way.run, expected)


def test_a_recipe_is_small_and_says_what_was_done():
    run, _ = advance(begin(SMALL), epochs=10)
    timeline = Timeline.begin(begin(SMALL)).record(run)
    timeline = timeline.changed(varied(SMALL, training={"learning_rate": 0.3}))
    run, _ = advance(timeline.newest, steps=4)
    timeline = timeline.record(run).changed(SetParameter(layer=1, unit=0, input=-1, value=0.1))

    entries = json.loads(write_recipe(timeline.recipe()))["entries"]

    assert entries == [
        {"do": "train", "epoch": 10},
        {"do": "change", "values": [{"training.learning_rate": 0.3}]},
        {"do": "train", "epoch": 11, "step": 34},
        {"do": "set", "layer": 1, "unit": 0, "input": -1, "value": 0.1},
    ]


def test_the_experiments_of_a_stack_are_written_as_differences():
    stack = [varied(SMALL, network={"seed": seed}) for seed in range(64)]

    recipe = Timeline.begin(begin(stack)).recipe()

    assert recipe.begin.others[4] == {"network.seed": 5}
    assert len(write_recipe(recipe)) < 5000
    assert replay(recipe).experiments == tuple(stack)


def test_a_run_that_was_not_begun_from_its_experiment_alone_is_in_the_recipe():
    run, _ = advance(begin(SMALL), steps=5)

    recipe = read_recipe(write_recipe(Timeline.begin(run).recipe()))

    assert recipe.begin.experiment is None
    assert_same_state(replay(recipe), run)


def test_own_points_may_be_left_out_and_given_again():
    own = varied(SMALL, data={"points": OWN})
    recipe = Timeline.begin(begin(own)).recipe()

    whole, short = write_recipe(recipe), write_recipe(recipe, points=False)

    assert len(short) < len(whole)
    assert read_recipe(whole) == read_recipe(short, OWN) == recipe
    with pytest.raises(RecipeError, match="stands for points that are not in the file; give them along"):
        read_recipe(short)


FORGED = [
    (
        recipe_text(version=2),
        "version is 2; this version of the playground reads 1: replay it with the one that",
    ),
    (recipe_text(version=True), "version is True; this version"),
    (recipe_text(format="other"), "format is 'other'; allowed: 'neural-playground-recipe'"),
    ("[]", r"format is \[\]; allowed"),
    ("{", "it is not JSON from line 1, column 2 on"),
    ("[" * 100_000, "it is not JSON"),
    (" " * (MAX_CHARACTERS + 1), "it has more than 8,000,000 bytes"),
    (recipe_text(begin={}), "begin: begin must have either experiment or run"),
    (recipe_text(begin={"run": "!"}), "begin: begin.run is no run that can be read: it must be base64"),
    (
        recipe_text(begin={"run": "AAAA"}),
        "begin.run is no run that can be read: the bytes end inside of the header",
    ),
    (
        recipe_text(begin=BEGIN | {"others": [{"training.batch_size": 3}]}),
        "begin: experiment 1 differs from the",
    ),
    (recipe_text(begin=BEGIN | {"others": [{"sing": 3}]}), "begin: sing is not known"),
    (recipe_text(sing=1), "sing is not known"),
    (recipe_text([{"do": "train", "epoch": -1}]), "entries.0.train.epoch is -1; it must be at least 0"),
    (recipe_text([{"do": "train", "epoch": 2.5}]), "entries.0.train.epoch is 2.5; it must be a whole number"),
    (recipe_text([{"do": "sing"}]), "entries.0"),
    (
        recipe_text([{"do": "train", "epoch": 5}, {"do": "train", "epoch": 4}]),
        "entries.1: it trains to epoch 4, which is before epoch 5, step 0; entries must be in the order of time",
    ),
    (
        recipe_text([{"do": "train", "epoch": 2, "step": 8}, {"do": "train", "epoch": 3, "step": 7}]),
        "entries.1: it trains to epoch 3, step 7, which is before epoch 2, step 8",
    ),
    (
        recipe_text([{"do": "set", "layer": 7, "unit": 0, "input": 0, "value": 1}]),
        "entries.0: layer is 7; this network has layers 0 … 2",
    ),
    (
        recipe_text([{"do": "set", "layer": 0, "unit": 0, "input": 0, "value": 1, "replica": 1}]),
        "entries.0: replica is 1; this run has 0 … 0, and null means all",
    ),
    (
        recipe_text([{"do": "set-range", "start": 24, "values": [1, 2]}]),
        "entries.0: values are for the parameters 24 … 25; this network has 0 … 24",
    ),
    (
        recipe_text(
            [
                {"do": "change", "values": [{"network.hidden": [2]}]},
                {"do": "set", "layer": 2, "unit": 0, "input": 0, "value": 1},
            ]
        ),
        "entries.1: layer is 2; this network has layers 0 … 1",
    ),
    (
        recipe_text([{"do": "change", "values": [{"data.noise": 0.5}]}]),
        "entries.0: data.noise cannot change on the way; allowed: live fields, features, network.hidden",
    ),
    (
        recipe_text([{"do": "change", "values": [{"training.learning_rate": 30}]}]),
        "entries.0: training.learning_rate is 30; allowed: 0 … 10",
    ),
    (
        recipe_text([{"do": "change", "values": [{"training.stop": "early-stopping"}]}]),
        "entries.0: training.stop is 'early-stopping', which watches the validation loss",
    ),
    (
        recipe_text([{"do": "change", "values": [{}, {}]}]),
        "entries.0: values has 2 entries; allowed: one for all replicas, or 1",
    ),
    (recipe_text([{"do": "train", "epoch": 0}] * (MAX_ENTRIES + 1)), "it may have at most 5000 entries"),
]


@pytest.mark.parametrize(("text", "words"), FORGED, ids=range(len(FORGED)))
def test_a_recipe_that_cannot_be_carried_out_is_refused_in_words(text, words):
    with pytest.raises(RecipeError, match=words):
        read_recipe(text)


def test_a_recipe_made_in_python_is_checked_as_well():
    with pytest.raises(ValidationError) as refused:
        Recipe(begin=Begin(experiment=SMALL), entries=(Train(epoch=3), Train(epoch=2)))

    assert "entries.1: it trains to epoch 2" in explain(refused.value)[0].message


def test_a_replay_that_does_not_come_to_a_moment_says_where_it_is():
    stops = varied(SMALL, training={"stop": "epochs", "stop_options": {"epochs": 5.0}})
    recipe = Recipe(begin=Begin(experiment=stops), entries=(Train(epoch=9),))

    with pytest.raises(
        Parted, match="goes to epoch 9, but training here comes to epoch 5, step 15 and not there"
    ) as parted:
        replay(recipe)

    assert parted.value.run.epoch == 5


def test_a_change_names_the_fields_that_differ_once_if_they_are_the_same_for_all():
    stack = [varied(SMALL, network={"seed": seed}) for seed in range(3)]
    same = [varied(one, training={"learning_rate": 0.5}) for one in stack]
    other = [varied(one, training={"learning_rate": 0.1 * (i + 1)}) for i, one in enumerate(stack)]

    assert Change.between(stack, same).values == ({"training.learning_rate": 0.5},)
    assert len(Change.between(stack, other).values) == 3
    assert Change.between(stack, same).experiments(stack) == tuple(same)
    assert Change.between(stack, other).experiments(stack) == tuple(other)


def test_more_changes_than_a_recipe_may_have_are_refused():
    timeline = Timeline.begin(begin(SMALL))
    changes = (Train(epoch=0), SetParameters(start=0, values=(1.0,))) * 1
    timeline = Timeline(timeline.first, timeline.newest, timeline.keyframes, (changes,) * (MAX_ENTRIES + 1))

    with pytest.raises(ValidationError, match="at most 5000"):
        timeline.recipe()
