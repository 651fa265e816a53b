"""Saved forms of the page and of its former versions are read by the engine; the page's modules run in Node.js."""

import base64
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, begin, saved
from engine.experiment import fields
from engine.saved import tf_playground
from engine.saved.link_repair import Link, parse
from engine.schema import REGISTRIES
from scripts.find_node import find_node
from tests.support.live_server import ROOT
from tests.support.strategies import experiments, law

NODE = find_node()
pytestmark = pytest.mark.skipif(NODE is None, reason="the page's modules run in Node.js, and there is none")

SCRIPT = """
import { createInterface } from "node:readline";
import { writeExperiment, writeNetwork } from "./static/js/io/experiment-files.js";
const does = {
  file: writeExperiment,
  network: ([experiment, values]) => Buffer.from(
    writeNetwork(experiment, { parameters: Float32Array.from(values), epoch: 7, step: 70 })
  ).toString("base64"),
};
for await (const line of createInterface({ input: process.stdin })) {
  const [what, value] = JSON.parse(line);
  console.log(JSON.stringify(does[what](value)));
}
"""

FORMER = json.loads((ROOT / "tests/fixtures/saved_forms.json").read_text("utf-8"))
"""Addresses and files that the page wrote when it still read and wrote them all by itself."""


class Page:
    """The page's modules in one process of Node.js."""

    def __init__(self) -> None:
        assert NODE is not None
        self._process = subprocess.Popen(
            [NODE, "--input-type=module", "--eval", SCRIPT],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def ask(self, what: str, value: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps([what, value])}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    page = Page()
    yield page
    page.close()


def wire(experiment: Experiment) -> Any:
    return experiment.model_dump(mode="json")


def in_an_address(experiment: Experiment) -> Experiment:
    """Return what an address can say: without own points, and with activations that are all the same as one."""
    whole = wire(experiment)
    activations = whole["network"]["activation"]
    if isinstance(activations, list) and len(set(activations)) == 1:
        whole["network"]["activation"] = activations[0]
    return Experiment.model_validate(whole)


drawn = experiments().map(in_an_address)


@pytest.mark.parametrize("former", FORMER["saved"])
def test_addresses_files_and_networks_of_former_pages_open(former: dict[str, Any]) -> None:
    experiment = Experiment.model_validate(former["experiment"])
    own = former["experiment"]["data"]

    address = saved.read(f"http://127.0.0.1:8000/#{former['address']}", own if own["points"] else None)
    file = saved.read(former["file"].encode())
    network = saved.read(base64.b64decode(former["network"]))

    assert saved.write_address(experiment) == former["address"]
    for opened in (address, file, network):
        assert (opened.experiment, opened.notes) == (experiment, ())
    assert network.network is not None
    assert np.array_equal(network.network.parameters, begin(experiment).parameters[0].astype(np.float32))


@pytest.mark.parametrize("former", FORMER["links"])
def test_links_of_the_original_open_as_before(former: dict[str, Any]) -> None:
    opened = saved.read(f"https://original/#{former['link']}")

    assert (opened.experiment, opened.notes) == (Experiment.model_validate(former["experiment"]), ())


@given(drawn)
@law(80)
def test_an_address_is_the_same_experiment(experiment: Experiment) -> None:
    data = wire(experiment)["data"]
    address = saved.write_address(experiment)
    if address:
        opened = saved.read(f"http://127.0.0.1:8000/#{address}", data if data["points"] else None)
        assert (opened.experiment, opened.notes, opened.misses_points) == (experiment, (), False)


@given(drawn)
@law(40)
def test_a_file_of_the_page_is_that_of_the_engine_and_the_same_experiment(
    page: Page, experiment: Experiment
) -> None:
    text = page.ask("file", wire(experiment))
    opened = saved.read(text.encode())

    assert json.loads(text) == json.loads(saved.write_experiment(experiment))
    assert (opened.experiment, opened.notes, opened.network) == (experiment, (), None)


@given(drawn)
@law(25)
def test_a_network_of_the_page_keeps_its_parameters_to_the_last_bit(
    page: Page, experiment: Experiment
) -> None:
    single = begin(experiment).parameters[0].astype(np.float32)
    opened = saved.read(base64.b64decode(page.ask("network", [wire(experiment), single.tolist()])))

    assert (opened.experiment, opened.notes) == (experiment, ())
    assert opened.network is not None
    assert np.array_equal(opened.network.parameters, single)
    assert (opened.network.epoch, opened.network.step) == (7, 70)


def test_own_points_are_named_where_an_address_cannot_have_them() -> None:
    points = [(float(x), 1.0, 1.0) for x in range(10)]
    experiment = Experiment.model_validate({"data": {"points": points, "noise": 0.25}})
    address = saved.write_address(experiment)

    opened = saved.read(address)
    spoilt = saved.read(address, {"points": points[:3]})

    assert address == "data.noise=0.25&data.points=own"
    assert [note.key for note in opened.notes] == ["own-points-elsewhere"]
    assert (opened.misses_points, opened.other_notes) == (True, ())
    assert (opened.experiment.data.noise, opened.experiment.data.points) == (0.25, None)
    assert [note.values["name"] for note in spoilt.notes] == ["data.points"]
    assert saved.read(address, {"points": points}).experiment == experiment


KEYS = [name for name in fields() if not name.endswith(("_options", "points", "point_classes"))]
OPTIONS = [
    f"{choice}.{option.name}"
    for choice, registry in REGISTRIES.items()
    for row in registry.values()
    for option in row.options
]
VALUES = [
    *(
        "",
        "0",
        "1",
        "3",
        "0.5",
        ".25",
        "1.",
        "-1",
        "1e-3",
        "12",
        "11",
        "0.9",
        "1e400",
        "99999",
        "true",
        "false",
    ),
    *(
        "8,8",
        "8, 8",
        "3,0",
        "tanh,relu",
        "relu,relu,relu",
        "x1,x1^2",
        "x1,x1",
        "sin-x1",
        "0.5%20x",
        "%zz",
        "%E0%A4%A",
    ),
    *(row for registry in REGISTRIES.values() for row in registry),
]
pairs = st.lists(
    st.tuples(
        st.sampled_from(KEYS) | st.sampled_from(OPTIONS) | st.sampled_from(["sing", "data.sing", "x.y.z"]),
        st.sampled_from(VALUES),
    ),
    min_size=1,
    max_size=8,
).map(
    lambda pairs: "&".join(
        f"{key}={value.lower().replace(' ', '-').replace('²', '^2')}" for key, value in pairs
    )
)


@given(pairs)
@law(300)
def test_an_address_with_mistakes_is_a_whole_experiment_or_refused_with_notes(fragment: str) -> None:
    try:
        opened = saved.read(f"#{fragment}")
    except saved.SavedError as error:
        opened = saved.Opened(Experiment(), error.notes)
        assert opened.notes
    again = saved.read(f"#data.seed=0&{saved.write_address(opened.experiment)}&")
    assert (again.experiment, again.notes) == (in_an_address(opened.experiment), ())


MANGLED = [
    "http://h/p/#data.seed=3&data.noise=0.5",
    "data.seed=3&data.noise=0.5",
    "#data.seed=3&amp;data.noise=0.5",
    "#data.seed=3&amp;amp;data.noise=0.5",
    "#data.seed=3&#38;data.noise=0.5",
    "data.seed=3&#x26;data.noise=0.5",
    "#data.seed=3%26data.noise=0.5",
    "#data.seed=3%26amp%3Bdata.noise=0.5",
    "#data.seed%3D3%26data.noise%3D0.5",
    "#data.seed%3D3%26amp%3Bdata.noise%3D0.5",
    "http://h/%23data.seed%3D3%26data.noise%3D0.5",
    "<http://h/#data.seed=3&data.noise=0.5>",
    "(http://h/#data.seed=3&data.noise=0.5).",
    "<data.seed=3&data.noise=0.5>",
    "#data.seed=3&data.noise=0.5%3E",
    "#data.seed=3D3&data.noise=3D0.5",
    "#data.seed=3D3&data.no=\r\nise=3D0.5",
    "#data.seed=3&\r\n  data.noise=0.5\n",
]
NO_LINKS = ["", "Dear diary", "http://h/", "http://h/?a=b", "{", "a b=c", "1=2"]


@pytest.mark.parametrize("text", MANGLED)
def test_a_mangled_link_is_read_as_it_was_meant(text: str) -> None:
    link = parse(text)

    assert link is not None
    assert link.pairs == (("data.seed", "3"), ("data.noise", "0.5"))


@pytest.mark.parametrize("text", NO_LINKS)
def test_text_without_a_fragment_or_a_key_is_no_link(text: str) -> None:
    assert parse(text) is None


def test_a_link_of_the_original_is_known_by_its_keys() -> None:
    def is_original(key: str) -> bool:
        return tf_playground.is_link(Link(((key, "1"),)))

    assert all(is_original(key) for key in tf_playground.KEYS)
    assert not any(is_original(key) for key in KEYS)
