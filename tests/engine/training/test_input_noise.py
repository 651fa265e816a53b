"""Training: noise on what the network reads."""

import numpy as np

from engine import advance, begin, evaluate
from engine.samples import input_noise, order, rows
from tests.support.plain import flatten, plain_gradient, plain_sgd_step, unflatten
from tests.support.strategies import varied
from tests.support.training import SMALL

NOISY = varied(SMALL, objective={"input_noise": 0.3, "seed": 5})


def test_input_noise_moves_what_the_network_reads_in_every_step():
    run = begin(NOISY)
    samples = NOISY.data.training_samples

    after, _ = advance(run, steps=2)

    table = rows(NOISY.data, NOISY.features)[order(0, samples, 0)].copy()
    table[:, :2] += 0.3 * input_noise(5, samples, 2, 0)
    layers = unflatten(NOISY.sizes, run.parameters[0])
    for start in (0, 7):
        batch = [(row[:2].tolist(), row[3]) for row in table[start : start + 7]]
        slopes = plain_gradient(layers, ("tanh", "tanh"), ("half-squared-error", "classification"), batch)
        layers = plain_sgd_step(layers, slopes, learning_rate=0.03)
    # Two orders of adding up ten samples: rounding of numbers below 1.
    np.testing.assert_allclose(after.parameters[0], flatten(layers), rtol=0, atol=1e-15)


def test_input_noise_is_new_in_every_epoch_and_with_every_seed_and_takes_no_part_in_evaluations():
    assert (input_noise(5, 30, 2, 0) != input_noise(5, 30, 2, 1)).all()
    assert (input_noise(5, 30, 2, 0) != input_noise(6, 30, 2, 0)).all()
    trained, report = advance(begin(NOISY), epochs=2)

    assert report.train_loss[0, 1] == evaluate(trained).train_loss[0]
    assert evaluate(begin(NOISY)).train_loss == evaluate(begin(SMALL)).train_loss


def test_replicas_with_noise_of_their_own_train_as_they_would_alone():
    stack = [
        varied(SMALL, objective={"input_noise": noise, "seed": seed})
        for noise, seed in [(0.3, 5), (0.3, 6), (0.0, 6), (1.0, 5)]
    ]

    together, _ = advance(begin(stack), epochs=2)

    for i, one in enumerate(stack):
        np.testing.assert_array_equal(together.parameters[i], advance(begin(one), epochs=2)[0].parameters[0])
