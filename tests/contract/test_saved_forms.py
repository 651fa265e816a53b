"""What the page saves the engine reads alike, and the other way round; the page's own modules run in Node.js."""

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
from engine.saved.link_repair import parse
from engine.schema import REGISTRIES
from scripts.find_node import find_node
from server.protocol.catalog import catalog
from tests.support.live_server import ROOT
from tests.support.strategies import experiments, law

NODE = find_node()
pytestmark = pytest.mark.skipif(NODE is None, reason="the page's modules run in Node.js, and there is none")

SCRIPT = """
import { createInterface } from "node:readline";
import { decodeAddress, encodeAddress, isClassicLink } from "./static/js/io/permalink.js";
import { readFile, writeExperiment, writeNetwork } from "./static/js/io/experiment-files.js";
import { useLanguage } from "./static/js/lib/text/i18n.js";
import { parseLink } from "./static/js/lib/text/link-repair.js";
import { decodeCatalog, fromWire, toWire } from "./static/js/net/protocol.js";
const texts = new Proxy({}, { get: (_, name) => String(name) });
useLanguage({ key: "en", percent: "{number}", texts });
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const catalog = decodeCatalog((await lines.next()).value);
const wire = ({ experiment, problems, network = null }) => [
  toWire(experiment), problems, network && [...network.values], network?.epoch ?? null];
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64")).buffer;
const does = {
  address: (experiment) => encodeAddress(catalog, fromWire(experiment)),
  file: (experiment) => writeExperiment(fromWire(experiment)),
  network: ([experiment, values]) => Buffer.from(
    writeNetwork(fromWire(experiment), { parameters: Float32Array.from(values), epoch: 7, step: 70 })
  ).toString("base64"),
  open: (text) => {
    const { fragment, ending } = parseLink(`#${text}`);
    const opened = decodeAddress(catalog, fragment, null);
    return wire({ ...opened, problems: ending ? [...opened.problems, ending] : opened.problems });
  },
  read: (file) => wire(readFile(catalog, bytes(file))),
  parse: (text) => parseLink(text),
  classic: (fragment) => isClassicLink(fragment),
};
for await (const line of lines) {
  const [what, value] = JSON.parse(line);
  console.log(JSON.stringify(does[what](value)));
}
"""


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
        self._send(catalog().model_dump_json())

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def ask(self, what: str, value: Any) -> Any:
        self._send(json.dumps([what, value]))
        assert self._process.stdout is not None
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


@given(drawn.filter(lambda experiment: experiment.data.points is None))
@law(80)
def test_an_address_of_the_page_is_the_same_experiment(page: Page, experiment: Experiment) -> None:
    address = page.ask("address", wire(experiment))

    assert saved.write_address(experiment) == address
    if address:
        opened = saved.read(f"http://127.0.0.1:8000/#{address}")
        assert (opened.experiment, opened.notes) == (experiment, ())
    assert page.ask("open", address)[:2] == [wire(experiment), []]


@given(drawn)
@law(40)
def test_a_file_of_the_page_is_the_same_experiment_and_the_other_way_round(
    page: Page, experiment: Experiment
) -> None:
    opened = saved.read(page.ask("file", wire(experiment)).encode())
    again = base64.b64encode(saved.write_experiment(experiment).encode()).decode()

    assert (opened.experiment, opened.notes, opened.network) == (experiment, (), None)
    assert page.ask("read", again) == [wire(experiment), [], None, None]


@given(drawn)
@law(25)
def test_a_network_keeps_its_parameters_to_the_last_bit_both_ways(page: Page, experiment: Experiment) -> None:
    run = begin(experiment)
    written = base64.b64encode(saved.write_network(run)).decode()
    single = run.parameters[0].astype(np.float32)
    opened = saved.read(base64.b64decode(page.ask("network", [wire(experiment), single.tolist()])))

    assert page.ask("read", written) == [wire(experiment), [], run.parameters[0].tolist(), 0]
    assert (opened.experiment, opened.notes) == (experiment, ())
    assert opened.network is not None
    assert np.array_equal(opened.network.parameters, single)
    assert (opened.network.epoch, opened.network.step) == (7, 70)


def test_own_points_are_named_where_an_address_cannot_have_them(page: Page) -> None:
    points = [(float(x), 1.0, 1.0) for x in range(10)]
    experiment = Experiment.model_validate({"data": {"points": points, "noise": 0.25}})
    address = page.ask("address", wire(experiment))

    opened = saved.read(address)

    assert saved.write_address(experiment) == address
    assert [note.key for note in opened.notes] == ["own-points-elsewhere"]
    assert (opened.experiment.data.noise, opened.experiment.data.points) == (0.25, None)


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
def test_addresses_with_mistakes_give_the_same_experiment_and_as_many_notes(
    page: Page, fragment: str
) -> None:
    experiment, problems, _, _ = page.ask("open", fragment)
    try:
        opened = saved.read(f"#{fragment}")
        mine, notes = opened.experiment, opened.notes
    except saved.SavedError as error:  # the page begins with the default experiment where nothing can be used
        mine, notes = Experiment(), error.notes

    assert (wire(mine), len(notes)) == (experiment, len(problems))


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
OTHER = [
    "",
    "#",
    "Dear diary",
    "http://h/",
    "http://h/?a=b",
    "#playground",
    "{",
    "a b=c",
    "1=2",
    "seed=3D",
    "#%",
]


@pytest.mark.parametrize("text", MANGLED)
def test_a_mangled_link_is_read_alike_and_as_it_was_meant(page: Page, text: str) -> None:
    link, found = parse(text), page.ask("parse", text)

    assert link is not None
    assert link.pairs == (("data.seed", "3"), ("data.noise", "0.5"))
    assert (found["fragment"].strip("&"), found["ending"]) == ("data.seed=3&data.noise=0.5", link.ending)


@pytest.mark.parametrize("text", OTHER)
def test_what_is_no_link_is_none_for_both(page: Page, text: str) -> None:
    link, found = parse(text), page.ask("parse", text)

    assert (link is None) == (found is None)
    if link is not None:
        assert (
            "&".join(key if value is None else f"{key}={value}" for key, value in link.pairs)
            == found["fragment"]
        )


def test_a_link_of_the_original_is_known_by_the_same_keys(page: Page) -> None:
    assert [key for key in tf_playground.KEYS if not page.ask("classic", f"{key}=1")] == []
    assert [key for key in KEYS if page.ask("classic", f"{key}=1")] == []
