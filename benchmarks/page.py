"""Main thread time per picture, from the browser's trace, and whether it grows with the epochs."""

import json
import statistics
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import CDPSession

from benchmarks.browser import playground, spiral
from engine import Experiment, advance, begin
from tests.support.page import Playground

TITLE = "The main thread of the page"
HEADER = (
    "what",
    "script per picture: median, 95 %",
    "needed",
    "original",
    "all work per picture: median, 95 %",
)
TEXT = """\
The page at 1400×900 in headless Chromium, playing at full speed, as the browser itself traced it for ten seconds.
*Script* is all JavaScript of the main thread between the end of one picture and the end of the next: reading
messages, drawing, garbage collection. *All work* is everything that the main thread does: style, layout and paint as
well, with software drawing. Both are the thread's own processor time, as the server trains on the same processor and
is not what is measured; the original's were measured on the same kind of machine. "After 100,000 epochs" is compared
with the start of the same session, measured before them and once more after them, since the machine's speed drifts.
Memory is that of the whole page, buffers included."""

_SECONDS = 10
_MANY_EPOCHS = 100_000
_SCRIPT = {
    "FunctionCall",
    "EvaluateScript",
    "FireAnimationFrame",
    "TimerFire",
    "v8.callFunction",
    "RunMicrotasks",
}
_GARBAGE = {"MinorGC", "MajorGC", "V8.GCScavenger", "V8.GCFinalizeMC"}
_TASK = {"RunTask", "ThreadControllerImpl::RunTask"}


def rows() -> Iterator[tuple[str, ...]]:
    with playground() as page:
        deep(page)
        yield row("7-8×6-1, seven features", *traced(page), "35–37 ms")
        page["#insight > summary"].click()
        page["#show-test"].check()
        yield row("the same, with test points and tables of classes", *traced(page), "–")
    yield from late_rows()


def late_rows() -> Iterator[tuple[str, ...]]:
    with playground() as page:
        early, early_work = traced(page)
        before = memory(page)
        page.until(lambda: page.epoch > _MANY_EPOCHS, f"epoch {_MANY_EPOCHS:,}", patience=60_000)
        late, work = traced(page)
        grown = memory(page) - before
        page.pause()
        exact = read_ends(page)
        page["#reset"].click()
        again, _ = traced(page)
        yield row("default network, from the start", early, early_work, "5–7 ms")
        yield row(f"default network, after {_MANY_EPOCHS:,} epochs", late, work, "–")
    starts = statistics.mean((statistics.median(early), statistics.median(again)))
    ratio = statistics.median(late) / starts
    yield (
        f"after {_MANY_EPOCHS:,} epochs : at the start",
        f"{ratio:.2f}",
        f"≤ 1.25: {'yes' if ratio <= 1.25 else 'NO'}",
        "2",
        f"{grown / 1e6:.1f} MB more memory",
    )
    yield (
        "losses read from the chart at both ends, against the engine",
        exact,
        "equal to six digits",
        "–",
        "–",
    )


def deep(page: Playground) -> None:
    """Set the largest network of the original: six layers of eight, seven features."""
    spiral(page)
    for layer in (4, 5, 6):
        page["#add-layer"].click()
        for _ in range(6):
            page.page.get_by_role("button", name=f"Add a unit to layer {layer}").click()
    page.until(lambda: page.hidden_units().count() == 48, "48 hidden units")
    page.settle()


def traced(page: Playground) -> tuple[list[float], list[float]]:
    """Return, in milliseconds for each picture, the main thread's script and all of its work, while the page plays."""
    if page["html"].get_attribute("data-playing") != "true":
        page.play()
    browser = page.page.context.browser
    assert browser is not None
    page.page.wait_for_timeout(2000)  # warm-up
    browser.start_tracing(
        page=page.page,
        categories=["devtools.timeline", "toplevel", "disabled-by-default-devtools.timeline", "v8"],
    )
    page.page.wait_for_timeout(_SECONDS * 1000)
    return per_picture(json.loads(browser.stop_tracing())["traceEvents"])


def per_picture(events: list[dict[str, Any]]) -> tuple[list[float], list[float]]:
    pictures = [
        event for event in events if event["name"] == "FireAnimationFrame" and event.get("dur", 0) > 0
    ]
    threads = [(event["pid"], event["tid"]) for event in pictures]
    main = max(set(threads), key=threads.count)
    mine = [event for event in events if (event["pid"], event["tid"]) == main and event.get("ph") == "X"]
    ends = sorted(event["ts"] + event["dur"] for event in pictures if (event["pid"], event["tid"]) == main)
    script = summed(mine, _SCRIPT | _GARBAGE, ends)
    return script, summed(mine, _TASK, ends)


def summed(events: list[dict[str, Any]], names: set[str], ends: list[float]) -> list[float]:
    """Return the thread's milliseconds in outermost events with these names, per interval between two ends."""
    spans = [0.0] * (len(ends) + 1)
    covered = 0.0
    for event in sorted(
        (one for one in events if one["name"] in names), key=lambda one: (one["ts"], -one["dur"])
    ):
        start, end = event["ts"], event["ts"] + event["dur"]
        if start < covered:
            continue
        # An event that ends with a picture belongs to that picture.
        spans[bisect_left(ends, end)] += event["tdur"] / 1000
        covered = end
    return spans[1:-1]


def read_ends(page: Playground) -> str:
    """Return whether the losses that the keyboard reads near both ends of the chart are those of the engine."""
    readouts = []
    for keys in (["Home", "ArrowRight", "ArrowRight"], ["End", "ArrowLeft"]):
        page[".chart__cursor"].focus()
        for key in keys:
            page.page.keyboard.press(key)
        readouts.append(page["#loss-readout"].inner_text())
    last = page.epoch
    run = begin(Experiment.model_validate(page.experiment))
    losses: dict[int, float] = {}
    while run.epoch < last:
        run, report = advance(run, epochs=min(10_000, last - run.epoch))
        losses |= {
            int(epoch): float(loss) for epoch, loss in zip(report.epoch, report.test_loss[0], strict=True)
        }
    wanted = [f"{losses[epoch]:#.6g}" for epoch in (2, last - 1)]
    read = [text.partition("test ")[2].partition(",")[0].replace("−", "-") for text in readouts]
    equal = all(abs(float(one) / float(other) - 1) < 1e-5 for one, other in zip(read, wanted, strict=True))
    return f"{'equal' if equal else 'NOT EQUAL'}: epoch 2 {read[0]}, epoch {last - 1:,} {read[1]}"


def memory(page: Playground) -> float:
    """Return the bytes of the page's JavaScript heap and buffers after a garbage collection."""
    session: CDPSession = page.page.context.new_cdp_session(page.page)
    session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    session.detach()
    return float(usage["usedSize"] + usage.get("backingStorageSize", 0))


def row(what: str, script: list[float], work: list[float], original: str) -> tuple[str, ...]:
    median, most = middle_and_most(script)
    met = median < 4 and most < 8
    return (
        what,
        f"{median:.1f}, {most:.1f} ms ({len(script)} pictures)",
        f"< 4, < 8 ms: {'yes' if met else 'NO'}",
        original,
        "{:.1f}, {:.1f} ms".format(*middle_and_most(work)),
    )


def middle_and_most(values: list[float]) -> tuple[float, float]:
    return statistics.median(values), statistics.quantiles(values, n=20)[-1]
