"""HTML representations of runs and reports in a notebook, without scripts or files."""

import base64
import struct
import zlib
from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from engine.arrays import FloatArray
from engine.insight.maps import boundary
from engine.insight.quantiles import MEDIAN, quantiles
from engine.registries.datasets import EXTENT
from engine.run import Run
from engine.samples import points
from engine.training.advance import Report
from engine.training.evaluation import evaluate

_SIDE = 160
_RESOLUTION = 80
_MAX_PICTURES = 8
_MAX_POINTS = 300

_Rgb = NDArray[np.float64]
_SCALE = np.array([(245, 147, 34), (232, 234, 235), (8, 119, 189)], dtype=float)
"""Colours of −1, 0 and +1: orange, grey and blue, as in TensorFlow Playground."""
_CLASSES = np.array(
    [(8, 119, 189), (245, 147, 34), (0, 140, 100), (190, 80, 160), (110, 110, 110), (200, 170, 0)],
    dtype=float,
)
_STYLE = "font:13px/1.5 sans-serif;background:#fff;color:#222;padding:0.5em"
"""With a background, as that of the notebook may be dark."""
_CURVES = {"train": "#777777", "validation": "#008c64", "test": "#222222"}


def run_html(run: Run) -> str:
    """Return HTML with boundary, training points and losses of the first replicas of a run."""
    now = evaluate(run)
    score = "r2" if run.experiment.problem == "regression" else "accuracy"
    parts = [
        part for part in ("train", "validation", "test") if not np.isnan(getattr(now, f"{part}_loss")).all()
    ]
    shown = min(run.replicas, _MAX_PICTURES)
    maps = boundary(run, _RESOLUTION)
    cells = []
    for replica in range(shown):
        lines = [
            f"{part} loss {getattr(now, f'{part}_loss')[replica]:.4g},"
            f" {'R²' if score == 'r2' else 'accuracy'} {getattr(now, f'{part}_{score}')[replica]:.3f}"
            for part in parts
        ]
        if run.diverged[replica]:
            lines.append("diverged")
        elif run.stopped[replica]:
            lines.append("stopped by its rule")
        cells.append(
            '<div style="display:inline-block;margin:0 1em 1em 0;vertical-align:top">'
            f"{_picture(run, replica, maps[replica])}<br>{'<br>'.join(lines)}</div>"
        )
    data = run.experiment.data
    what = "own points" if data.points is not None else data.dataset
    sizes = "-".join(map(str, run.experiment.sizes))
    title = f"{escape(what)}, {sizes}, epoch {run.epoch:,}, step {run.step:,}"
    if run.replicas > 1:
        title += f", {run.replicas} replicas" + (f", the first {shown} shown" if shown < run.replicas else "")
    return f'<div style="{_STYLE}"><div><b>{title}</b></div>{"".join(cells)}</div>'


def report_html(report: Report) -> str:
    """Return HTML with the loss curves of a report; for a stack, medians over the replicas (see ``quantiles``)."""
    if not len(report.epoch):
        return f'<div style="{_STYLE}">no epoch was finished</div>'
    curves = {
        part: quantiles(getattr(report, f"{part}_loss"), report.had_diverged).values[MEDIAN]
        for part in _CURVES
        if not np.isnan(getattr(report, f"{part}_loss")).all()
    }
    finite = [curve[np.isfinite(curve)] for curve in curves.values()]
    top = max((float(curve.max()) for curve in finite if len(curve)), default=1.0) or 1.0
    first, last = int(report.epoch[0]), int(report.epoch[-1])
    lines = "".join(_curve(part, report.epoch, curve, top) for part, curve in curves.items())
    names = ", ".join(
        f'<span style="color:{_CURVES[part]}">{part} {curve[-1]:.4g}</span>' for part, curve in curves.items()
    )
    replicas = len(report.train_loss)
    lost = np.count_nonzero(report.diverged)
    diverged = f", {lost} diverged" if lost else ""
    medians = f" (medians of {replicas} replicas{diverged})" if replicas > 1 else ""
    return (
        f'<div style="{_STYLE}"><div><b>loss{medians}:</b> {names}</div>'
        '<svg width="420" height="140" viewBox="0 0 420 140" role="img" aria-label="loss by epoch">'
        '<path d="M50 5V115H415" fill="none" stroke="#999"/>'
        f'<text x="45" y="14" text-anchor="end" font-size="11">{top:.3g}</text>'
        '<text x="45" y="118" text-anchor="end" font-size="11">0</text>'
        f'<text x="50" y="132" font-size="11">epoch {first:,}</text>'
        f'<text x="415" y="132" text-anchor="end" font-size="11">{last:,}</text>{lines}</svg></div>'
    )


def _curve(part: str, epochs: Sequence[int] | NDArray[np.int64], losses: FloatArray, top: float) -> str:
    # At most one point per pixel of the picture's width.
    chosen = np.unique(np.linspace(0, len(losses) - 1, 365).astype(int))
    span = max(int(epochs[-1]) - int(epochs[0]), 1)
    corners = " ".join(
        f"{50 + 365 * (int(epochs[i]) - int(epochs[0])) / span:.1f},{115 - 110 * losses[i] / top:.1f}"
        for i in chosen
        if np.isfinite(losses[i])
    )
    return f'<polyline points="{corners}" fill="none" stroke="{_CURVES[part]}" stroke-width="1.5"/>'


def _picture(run: Run, replica: int, outputs: NDArray[np.float32]) -> str:
    colours = _by_class(outputs) if len(outputs) > 1 else _by_value(outputs[0])
    encoded = base64.b64encode(_png(np.rint(colours).astype(np.uint8))).decode()
    data = run.experiments[replica].data
    drawn, targets = points(data)
    count = min(data.training_samples, _MAX_POINTS)
    wanted = targets[:count, 0]
    inks = _CLASSES[wanted.astype(int)] if data.problem == "multi-class" else _by_value(wanted)
    dots = "".join(
        f'<circle cx="{_place(x1):.1f}" cy="{_place(-x2):.1f}" r="2" fill="{_hex(ink)}" stroke="#fff"/>'
        for (x1, x2), ink in zip(drawn[:count], inks, strict=True)
    )
    return (
        f'<svg width="{_SIDE}" height="{_SIDE}" role="img" aria-label="boundary">'
        f'<image width="{_SIDE}" height="{_SIDE}" href="data:image/png;base64,{encoded}"/>{dots}</svg>'
    )


def _place(coordinate: float) -> float:
    return _SIDE * (0.5 + coordinate / (2 * EXTENT))


def _by_value(values: FloatArray | NDArray[np.float32]) -> _Rgb:
    """Return colours (…, 3) of values, clipped to −1 … 1; NaN has the colour of 0."""
    known = np.clip(np.nan_to_num(values, posinf=1, neginf=-1), -1, 1)
    return np.stack([np.interp(known, (-1, 0, 1), _SCALE[:, channel]) for channel in range(3)], axis=-1)


def _by_class(probabilities: NDArray[np.float32]) -> _Rgb:
    """Return colours (rows, columns, 3) of the most probable classes, blended with white by probability."""
    best = probabilities.argmax(axis=0)
    sure = np.nan_to_num(probabilities.max(axis=0))[..., None]
    mixed: _Rgb = sure * _CLASSES[best] + (1 - sure) * 255
    return mixed


def _hex(colour: _Rgb) -> str:
    return "#" + "".join(f"{round(channel):02x}" for channel in colour.tolist())


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Write pixels (rows, columns, 3) as a PNG (ISO/IEC 15948): signature, header, compressed rows, end."""
    rows, columns, _ = pixels.shape
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)  # no filter on any line
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
