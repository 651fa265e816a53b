"""Notebook: what runs and reports look like there."""

import base64
import re
import struct
import xml.etree.ElementTree as ElementTree
import zlib
from dataclasses import replace

import numpy as np
import pytest

from engine import Experiment, advance, begin, boundary, evaluate
from tests.support.strategies import varied


def pictures(html):
    """Return the pixels (rows, columns, 3) of every PNG in a page, by the format's description."""
    for text in re.findall(r"data:image/png;base64,([^\"]+)", html):
        data = base64.b64decode(text)
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        chunks, position = {}, 8
        while position < len(data):
            (length,) = struct.unpack_from(">I", data, position)
            kind, body = data[position + 4 : position + 8], data[position + 8 : position + 8 + length]
            (check,) = struct.unpack_from(">I", data, position + 8 + length)
            assert zlib.crc32(kind + body) == check
            chunks[kind] = body
            position += 12 + length
        columns, rows, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
        assert (depth, colour, rest) == (8, 2, [0, 0, 0])
        lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(rows, 1 + 3 * columns)
        assert not lines[:, 0].any()
        yield lines[:, 1:].reshape(rows, columns, 3).astype(int)


def parsed(html):
    return ElementTree.fromstring(html.replace("<br>", "<br/>"))


def test_a_run_shows_its_boundary_with_the_points_and_its_losses():
    run, _ = advance(begin(Experiment()), epochs=100)

    html = run._repr_html_()

    (picture,) = pictures(html)
    output = boundary(run, len(picture))[0, 0]
    blue = picture[..., 2] > picture[..., 0]
    sure = np.abs(output) > 0.5
    np.testing.assert_array_equal(blue[sure], output[sure] > 0)  # row 0 at the top in both
    page = parsed(html)
    assert len(page.findall(".//circle")) == 250
    text = "".join(page.itertext())
    seen = evaluate(run)
    figures = (f"{seen.test_loss[0]:.4g}", f"{seen.test_accuracy[0]:.3f}")
    for fact in ("circle", "2-4-2-1", "100", "2,500", *figures):
        assert fact in text
    assert "validation" not in text


def test_points_lie_where_the_boundary_says_they_are():
    page = parsed(begin(varied(Experiment(), data={"dataset": "gauss"}))._repr_html_())

    for circle in page.findall(".//circle"):
        x, y = float(circle.attrib["cx"]), float(circle.attrib["cy"])
        is_blue = circle.attrib["fill"] == "#0877bd"
        assert is_blue == (x - y > 0)  # the blue cloud is on the upper right, and y grows downwards


def test_many_classes_have_a_colour_each():
    run, _ = advance(begin(Experiment.model_validate({"data": {"dataset": "blobs"}})), epochs=60)

    html = run._repr_html_()

    (picture,) = pictures(html)
    corners = {tuple(picture[row, column] // 32) for row, column in ((0, 40), (79, 40), (40, 0), (40, 79))}
    assert len(corners) == 4
    assert len({circle.attrib["fill"] for circle in parsed(html).findall(".//circle")}) == 4


def test_of_a_large_stack_only_the_first_replicas_are_shown():
    stack = [varied(Experiment(), network={"seed": seed}) for seed in range(12)]

    html = begin(stack)._repr_html_()

    assert len(list(pictures(html))) == 8
    assert "12 replicas" in html


def test_a_run_that_has_ended_says_so():
    stopped, _ = advance(begin(varied(Experiment(), training={"stop": "epochs"})), epochs=1000)
    wild = varied(
        Experiment(),
        data={"dataset": "plane"},
        network={"activation": "relu"},
        training={"learning_rate": 10},
    )
    diverged, _ = advance(begin(wild), epochs=50)

    assert "stopped" in stopped._repr_html_()
    assert "diverged" in diverged._repr_html_()


@pytest.mark.parametrize("fraction", [0.0, 0.2])
def test_a_report_shows_its_losses_as_curves(fraction):
    experiment = varied(Experiment(), data={"validation_fraction": fraction})
    _, report = advance(begin(experiment), epochs=1000)

    page = parsed(report._repr_html_())

    curves = page.findall(".//polyline")
    assert len(curves) == (3 if fraction else 2)
    for curve in curves:
        corners = np.array([corner.split(",") for corner in curve.attrib["points"].split()], dtype=float)
        assert len(corners) <= 365
        assert (np.diff(corners[:, 0]) > 0).all()
        assert (corners[0, 0], corners[-1, 0]) == (50, 415)
        assert corners[:, 1].min() >= 4.9  # at the top is the greatest loss
        assert corners[-1, 1] > corners[0, 1]  # it has fallen
    text = "".join(page.itertext())
    assert f"test {report.test_loss[0, -1]:.4g}" in text
    assert "1,000" in text


def test_a_report_of_a_stack_shows_medians_and_one_of_nothing_says_so():
    stack = begin([varied(Experiment(), network={"seed": seed}) for seed in range(3)])

    _, report = advance(stack, epochs=5)
    _, nothing = advance(stack, steps=1)

    assert f"test {np.median(report.test_loss[:, -1]):.4g}" in report._repr_html_()
    assert "diverged" not in report._repr_html_()
    assert "polyline" not in nothing._repr_html_()


def test_in_the_medians_of_a_report_a_diverged_network_counts_as_infinity():
    _, report = advance(begin(Experiment()), epochs=3)
    two = replace(
        report,
        train_loss=np.array([[0.2, 0.2, 0.2], [0.4, 0.4, 0.4]]),
        test_loss=np.array([[0.25, 0.25, 0.25], [0.5, 0.5, 0.5]]),
        validation_loss=np.full((2, 3), np.nan),
        had_diverged=np.array([[False] * 3, [False, False, True]]),
        diverged=np.array([False, True]),
    )

    text = "".join(parsed(two._repr_html_()).itertext())

    assert "medians of 2 replicas, 1 diverged" in text
    assert "test inf" in text
