"""Maps against bare arithmetic, maps of stacks, and the processor time of one frame by part."""

import itertools
import pickle
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.frames import record
from benchmarks.measure import in_time, ratio, take_turns, verdict
from engine import Experiment, Run, advance, begin, boundary, evaluate, layer_maps
from server.protocol.frame_compression import FrameCompressor
from server.protocol.frames import quantise, write_header
from server.protocol.views import draw
from server.sessions.slices import Slice, run_slice
from tests.support.views import requested

TITLE = "Pictures"
HEADER = ("what", "ratio", "needed", "times")
TEXT = """\
* *Bare arithmetic* is the float32 matrix products and tanh of all layers on 10,000 points, into arrays made beforehand.
* *Of a frame*: the processor time of one frame of the default network with scores, parameters, map (100 × 100) and all
  tiles, without training, as a multiple of one step of training (batch 10). What is *drawn* is an engine process's; of
  *pickled and unpickled*, which is done with what goes to the engine process and comes back, half is the server's;
  *packed* is the server's, for each viewer."""

SMALL, LARGE = (4, 2), (8, 8, 8)
_STEPS = 300
_MOST = 90
"""Steps that all of it may take: less than .6 ms where a step takes 6.4 µs."""


def rows() -> Iterator[tuple[str, ...]]:
    yield from maps()
    yield from stack_maps()
    yield from parts_of_a_frame()


def network(hidden: tuple[int, ...], seed: int = 0) -> Experiment:
    return Experiment.model_validate({"network": {"hidden": hidden, "seed": seed}})


def name(hidden: tuple[int, ...]) -> str:
    return "-".join(map(str, (2, *hidden, 1)))


def maps() -> Iterator[tuple[str, ...]]:
    resolution = 100
    columns = resolution**2
    run = begin(network(LARGE))
    generator = np.random.default_rng(0)
    sizes = run.experiment.sizes
    weights = [
        generator.uniform(-0.5, 0.5, (units, inputs + 1)).astype(np.float32)
        for inputs, units in pairwise(sizes)
    ]
    below = [np.ones((inputs + 1, columns), np.float32) for inputs in sizes[:-1]]
    below[0][:-1] = generator.uniform(-6, 6, (sizes[0], columns))
    sums = [*(layer[:-1] for layer in below[1:]), np.empty((1, columns), np.float32)]

    def bare() -> None:
        for weight, inputs, z in zip(weights, below, sums, strict=True):
            np.dot(weight, inputs, z)
            np.tanh(z, z)

    times = take_turns({"maps": partial(layer_maps, run, resolution), "bare": bare}, repeats=15)
    value = ratio(times["maps"], times["bare"])
    yield (
        f"maps of all {sum(sizes[1:])} units of {name(LARGE)} at 100×100 : bare arithmetic",
        f"{value:.2f}",
        verdict(value, at_most=1.5),
        f"{in_time(times['maps'].median)} : {in_time(times['bare'].median)}",
    )


def stack_maps() -> Iterator[tuple[str, ...]]:
    for hidden in (SMALL, LARGE):
        runs = [begin(network(hidden, seed)) for seed in range(64)]
        stack = begin([run.experiment for run in runs])

        def one_by_one(runs: list[Run] = runs) -> None:
            for run in runs:
                layer_maps(run)

        units = sum(hidden) + len(hidden) + 1
        memory = np.empty(64 * units * 100**2, np.float32)
        ways = {
            "all units": partial(layer_maps, stack),
            "all units, in the same memory each time,": partial(layer_maps, stack, memory=memory),
            "the output": partial(boundary, stack),
        }
        times = take_turns({**ways, "one by one": one_by_one})
        for way in ways:
            value = ratio(times[way], times["one by one"])
            yield (
                f"maps of {way} of 64 replicas of {name(hidden)} at 100×100 : of all units, one by one",
                f"{value:.2f}",
                "–" if way == "all units" else verdict(value, at_most=1.3),
                f"{in_time(times[way].median / 64)} : {in_time(times['one by one'].median / 64)}",
            )


def parts_of_a_frame() -> Iterator[tuple[str, ...]]:
    experiment = Experiment()
    run, _ = advance(begin(experiment), epochs=50)
    views = requested(tiles=True)
    work = Slice(run=run, experiment=experiment, views=views)
    outcome = run_slice(work)
    maps, tiles = boundary(run), np.concatenate(layer_maps(run, 20), axis=1)
    frames = record(experiment, 3, exact=True)
    metadata, tensors = frames[-1]
    long = Experiment.model_validate({"data": {"samples": 4000, "train_fraction": 0.9}})

    parts: dict[str, Callable[[], Any]] = {
        "drawn in all": partial(run_slice, work),
        **{f"drawn: {view.key}": partial(draw, run, view) for view in views},
        "scores: evaluation": partial(evaluate, run),
        "map: forward pass": partial(boundary, run),
        "map: quantised": partial(quantise, maps),
        "tiles: forward pass": partial(layer_maps, run, 20),
        "tiles: quantised": partial(quantise, tiles),
        "pickled and unpickled": lambda: [_sent(work), _sent(outcome)],
        "packed in all": partial(_pack, FrameCompressor(), itertools.cycle(frames)),
        "packed: header": partial(write_header, metadata, tensors),
    }
    times = take_turns({"steps": partial(advance, begin(long), steps=_STEPS), **parts})
    steps = {part: _STEPS * ratio(times[part], times["steps"]) for part in parts}
    step = in_time(times["steps"].median / _STEPS)
    for part in parts:
        yield (
            f"of a frame, {part} : one step",
            f"{steps[part]:.1f}",
            "–",
            f"{in_time(times[part].median)} : {step}",
        )
    whole = ("drawn in all", "pickled and unpickled", "packed in all")
    value = sum(steps[part] for part in whole)
    seconds = in_time(sum(times[part].median for part in whole))
    yield "all of a frame : one step", f"{value:.0f}", verdict(value, at_most=_MOST), f"{seconds} : {step}"


def _sent(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


def _pack(compressor: FrameCompressor, frames: Iterator[Any]) -> bytes:
    return compressor.compress(*next(frames))
