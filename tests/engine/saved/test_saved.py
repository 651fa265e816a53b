"""Whatever was saved is read to the same experiment, or refused by name; what is written is read again."""

import codecs
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, saved
from engine.saved import tf_playground
from engine.saved.safetensors import decode, encode
from tests.support.runs import assert_same_state
from tests.support.strategies import experiments, law

HEAD = {"format": "neural-playground-experiment", "version": 1}
WHOLE = {"network": {"hidden": [2], "seed": 3}}
EXPERIMENT = Experiment.model_validate(WHOLE)
NETWORK = saved.write_network(begin(EXPERIMENT))


def keys(opened: saved.Opened) -> list[str]:
    return [note.key for note in opened.notes]


def refused(content: str | bytes) -> saved.SavedError:
    with pytest.raises(saved.SavedError) as error:
        saved.read(content)
    assert str(error.value)
    return error.value


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(WHOLE),
        json.dumps(WHOLE).encode(),
        json.dumps({**HEAD, "experiment": WHOLE}).encode(),
        "\ufeff" + json.dumps(WHOLE),
        codecs.BOM_UTF8 + json.dumps({**HEAD, "experiment": WHOLE}).encode(),
        json.dumps({**HEAD, "experiment": WHOLE}).encode("utf-16"),
        codecs.BOM_UTF16_BE + json.dumps(WHOLE).encode("utf-16-be"),
        json.dumps({"network": {"hidden": [2.0], "seed": 3.0}}),
        NETWORK,
        "http://127.0.0.1:8000/#network.hidden=2&network.seed=3",
        "#network.hidden=2&network.seed=3",
        "network.hidden=2&network.seed=3",
        b"network.hidden=2&network.seed=3\r\n",
        "#network.hidden=2&amp;network.seed=3",
        "#network.hidden%3D2%26network.seed%3D3",
    ],
)
def test_every_form_is_read_to_the_same_experiment_without_a_note(content: str | bytes) -> None:
    opened = saved.read(content)

    assert (opened.experiment, opened.notes) == (EXPERIMENT, ())


def test_a_link_of_the_original_is_read_as_the_original_means_it() -> None:
    opened = saved.read(
        "https://playground.example/#activation=relu&amp;dataset=xor&amp;networkShape=4%2C2&seed=0.5"
    )

    assert opened.notes == ()
    assert opened.experiment == tf_playground.to_experiment(
        "activation=relu&dataset=xor&networkShape=4,2&seed=0.5"
    )
    assert opened.experiment.data.dataset == "xor"


@pytest.mark.parametrize(
    ("fragment", "notes"),
    [
        ("data.noise=loud&data.seed=1", [("value", "data.noise")]),
        ("data.noise=7&data.seed=1", [("value", "data.noise")]),
        ("sing=1&data.seed=1", [("unknown-name", "sing")]),
        ("data.points=3&data.seed=1", [("only", "data.points")]),
        ("data.points=own&data.seed=1", [("own-points-elsewhere", "data.points")]),
        ("data.seed=1.", [("link-ending", None)]),
        ("network.activation=relu,tanh,relu&data.seed=1", [("gives-way", "network.activation")]),
        ("objective.loss=softmax-cross-entropy&data.seed=1", [("gives-way", "objective.loss")]),
        ("data.train_fraction=0.9&data.validation_fraction=0.5", [("gives-way", "data.validation_fraction")]),
        ("training.stop=early-stopping&data.seed=1", [("gives-way", "training.stop")]),
        ("data.classic_seed=0.5&data.dataset=moons", [("gives-way", "data.classic_seed")]),
        ("data.classic_seed=0.5&data.samples=11", [("gives-way", "data.classic_seed")]),
        ("training.optimizer.beta1=0.5&data.seed=1", [("option-unknown", "training.optimizer.beta1")]),
        ("training.optimizer=adam&training.optimizer.beta1=2", [("value", "training.optimizer.beta1")]),
        ("network.hidden=" + ",".join(["64"] * 10) + "&data.seed=1", []),
        ("batchSize=3&sing=1&activation=warp", [("unknown-name", "sing"), ("link-taken-as", "activation")]),
        ("batchSize=3&showTestData=true&playButton_hide=true&hideText=true&tutorial=a&cosX=true", []),
    ],
)
def test_what_is_passed_over_is_named(fragment: str, notes: list[tuple[str, str | None]]) -> None:
    opened = saved.read(f"#{fragment}")

    assert [(note.key, note.values.get("name")) for note in opened.notes] == notes


def test_many_notes_are_counted() -> None:
    opened = saved.read("#data.seed=1&" + "&".join(f"a{number}=1" for number in range(60)))

    assert len(opened.notes) == 51
    assert (opened.notes[-1].key, opened.notes[-1].values["count"]) == ("further-notes", 10)


POINTS = [[float(x), 1.0, 1.0] for x in range(12)]


@pytest.mark.parametrize(
    ("data", "own", "notes"),
    [
        ({"points": POINTS, "samples": 500}, True, []),
        ({"points": [[*point[:2], 2] for point in POINTS], "point_classes": 3}, True, []),
        ({"points": POINTS[:9], "seed": 1}, False, ["value"]),
        (
            {"points": [[*point[:2], 5] for point in POINTS], "point_classes": 3, "seed": 1},
            False,
            ["gives-way"],
        ),
        ({"points": POINTS, "point_classes": 99, "seed": 1}, False, ["value"]),
        ({"points": None, "point_classes": 2}, False, []),
    ],
)
def test_own_points_come_out_of_a_file_or_are_named(
    data: dict[str, Any], own: bool, notes: list[str]
) -> None:
    opened = saved.read(json.dumps({"data": data}))

    assert keys(opened) == notes
    assert opened.experiment.data.samples == (12 if own else 500)
    assert (opened.experiment.data.points is not None) == own


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("", "file-empty"),
        (b"", "file-empty"),
        (" \n", "file-empty"),
        (bytes(range(256)), "file-binary"),
        (b"\x89PNG\r\n\x1a\n\0\xff", "file-binary"),
        (b"{" + b" " * saved.MAX_BYTES, "file-too-large"),
        ("Dear diary", "file-other-text"),
        ("3", "file-other-text"),
        ("{", "file-not-json"),
        ('{"data": NaN}', "file-not-json"),
        ("[" * 100_000, "file-other-text"),
        ("[1, 2]", "file-no-experiment"),
        ('{"name": "me"}', "nothing-understood"),
        ('{"data": 3}', "nothing-understood"),
        ('{"training": {"learning_rate": 99}}', "nothing-understood"),
        (json.dumps({"data": {"points": [[0, 0, 5]] * 10, "point_classes": 3}}), "nothing-understood"),
        (json.dumps({**HEAD, "format": "score"}), "file-format"),
        (json.dumps({**HEAD, "version": 2, "experiment": {}}), "file-version"),
        (json.dumps(HEAD), "value"),
        ("#", "link-empty"),
        ("http://127.0.0.1:8000/", "link-empty"),
        ("http://127.0.0.1:8000/#", "link-empty"),
        ("#playground", "nothing-understood"),
        ("#amp;foo=1", "nothing-understood"),
        ("#batchSize=0", "link-value"),
        ("#networkShape=" + "1," * 11, "value"),
        ("#x=false&y=false", "link-no-features"),
        ("#" + "a=1&" * 20_000, "link-too-long"),
        (encode({}, {"weights": np.zeros(3)}), "file-no-network"),
        (encode({"format": "neural-playground-network"}, {"weights": np.zeros(3)}), "file-damaged"),
        (NETWORK[:-1], "file-damaged"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(content: str | bytes, key: str) -> None:
    assert refused(content).user_message.key == key


@pytest.mark.parametrize(
    ("changes", "values", "key"),
    [
        ({"version": "2"}, None, "file-version"),
        ({"version": "x"}, None, "file-version"),
        ({"format": "other"}, None, "file-no-network"),
        ({"experiment": ""}, None, "file-not-json"),
        ({"experiment": '{"sing": 1}'}, None, "nothing-understood"),
        ({}, np.zeros(3), "file-parameters"),
        ({}, np.full(9, np.nan), "file-not-finite"),
        ({}, np.zeros(9, np.int8), "file-damaged"),
    ],
)
def test_a_network_that_cannot_be_used_is_refused(changes: dict[str, str], values: Any, key: str) -> None:
    metadata, tensors = decode(NETWORK)
    parameters = tensors["parameters"] if values is None else values

    assert refused(encode({**metadata, **changes}, {"parameters": parameters})).user_message.key == key


def test_an_epoch_that_is_none_is_named_and_counted_from_the_start() -> None:
    metadata, tensors = decode(NETWORK)

    opened = saved.read(encode({**metadata, "epoch": "-1", "step": "7"}, tensors))

    assert [(note.key, note.values["name"]) for note in opened.notes] == [("value", "epoch")]
    assert (opened.run().epoch, opened.run().step) == (0, 0)


def test_a_saved_network_trains_on_as_if_it_had_never_stopped() -> None:
    whole, _ = advance(begin(EXPERIMENT), epochs=7)
    first, _ = advance(begin(EXPERIMENT), epochs=3)

    later, _ = advance(saved.read(saved.write_network(first)).run(), epochs=4)

    assert np.array_equal(later.parameters, whole.parameters)
    assert (later.epoch, later.step) == (whole.epoch, whole.step)


def test_a_network_of_single_precision_is_the_same_numbers() -> None:
    metadata, tensors = decode(NETWORK)
    single = tensors["parameters"].astype(np.float32)

    network = saved.read(encode(metadata, {"parameters": single})).network

    assert network is not None
    assert network.parameters.dtype == np.float64
    assert np.array_equal(network.parameters, single)


@pytest.mark.parametrize(
    "seed", ["0.5.", "a>", "(a)", "a b", "&amp;", "100%", "=3D", "a=b&data.noise=0.5", "%26x=1"]
)
def test_whatever_a_seed_of_the_original_is_called_its_address_keeps_it(seed: str) -> None:
    experiment = Experiment.model_validate({"data": {"classic_seed": seed}})

    opened = saved.read(f"http://h/#{saved.write_address(experiment)}")

    assert (opened.experiment, opened.notes) == (experiment, ())


def test_values_of_one_field_beside_a_seed_of_the_original_and_a_rare_class() -> None:
    both = saved.read("#data.classic_seed=0.5&data.minority_share=0.2")
    regression = saved.read("#data.classic_seed=0.5&data.minority_share=0.2&data.dataset=plane")

    assert (both.experiment.data.classic_seed, both.experiment.data.minority_share) == (None, 0.2)
    assert (regression.experiment.data.classic_seed, regression.experiment.data.minority_share) == ("0.5", 0)


# Junk

_names = st.sampled_from(
    ["data", "network", "features", "format", "version", "experiment", "training", "a\ud800"]
)
_inner = st.sampled_from(
    ["points", "point_classes", "hidden", "optimizer", "optimizer_options", "seed", "b[-"]
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(HEAD["format"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names | _inner, inner, max_size=4),
    max_leaves=12,
)
_signs = ["#", "&", "=", "%26", "%", "&amp;", "3D", "\n", ">", ".", "http://", "\ud800", "ü", "1", "x"]
_keys = ["data.seed", "data.points", "own", "training.optimizer.beta1", "batchSize", "seed", "networkShape"]
_link = st.lists(st.sampled_from([*_signs, *_keys, "false"]) | st.text(max_size=3), max_size=12).map("".join)


def read_or_refused(content: str | bytes) -> None:
    try:
        opened = saved.read(content)
    except saved.SavedError as error:
        sentences = [error.user_message, *error.notes]
    else:
        sentences = list(opened.notes)
    for sentence in sentences:
        str(sentence).encode()


@given(st.text() | _link)
@law(200)
def test_any_text_is_read_or_refused(text: str) -> None:
    read_or_refused(text)


@given(_json.map(json.dumps) | _json.map(lambda content: json.dumps({**HEAD, "experiment": content})))
@law(200)
def test_any_json_is_read_or_refused(text: str) -> None:
    read_or_refused(text)


@given(st.binary(), st.integers(0, len(NETWORK)), st.sampled_from([b"", b"\xff\xfe", NETWORK[:8]]))
@law(200)
def test_any_bytes_are_read_or_refused(junk: bytes, cut: int, start: bytes) -> None:
    read_or_refused(start + junk)
    read_or_refused(NETWORK[:cut] + junk + NETWORK[cut + len(junk) :])


@given(experiments())
@law(60)
def test_whatever_is_written_is_read_again(experiment: Experiment) -> None:
    file, network = (
        saved.read(saved.write_experiment(experiment)),
        saved.read(saved.write_network(begin(experiment))),
    )

    assert (file.experiment, file.notes, network.experiment, network.notes) == (
        experiment,
        (),
        experiment,
        (),
    )
    assert_same_state(network.run(), begin(experiment))
