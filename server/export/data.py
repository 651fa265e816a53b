"""Source code of data sets, features and scalings for exported scripts; every target draws its samples with NumPy.

A data set is the body of ``draw_points(samples, random)``, a Jinja template; ``noisy``: whether noise is drawn.
"""

from collections.abc import Mapping

_ARMS = """\
arm = np.arange(samples) * {arms} // samples
along = random.uniform(0, 1, samples)
radius = 0.4 + 4.8 * along
angle = 2 * np.pi * (along + arm / {arms})
points = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
points += {{% if noisy %}}(0.3 + NOISE){{% else %}}0.3{{% endif %}} * random.uniform(-1, 1, (samples, 2))
return points, arm
"""

DATASETS: Mapping[str, str] = {
    "circle": """\
inner = samples // 2
radius = np.concatenate([random.uniform(0, 2.5, inner), random.uniform(3.5, 5, samples - inner)])
angle = random.uniform(0, 2 * np.pi, samples)
points = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
{% if noisy %}
seen = points + NOISE * random.uniform(-5, 5, (samples, 2))  # noise flips labels near the edge
return points, np.where(np.hypot(seen[:, 0], seen[:, 1]) < 2.5, 1.0, -1.0)
{% else %}
return points, np.where(radius < 2.5, 1.0, -1.0)
{% endif %}
""",
    "xor": """\
points = random.uniform(-5, 5, (samples, 2))
points += np.where(points > 0, 0.3, -0.3)  # a gap along the axes
{% if noisy %}
seen = points + NOISE * random.uniform(-5, 5, (samples, 2))  # noise flips labels near the axes
return points, np.where(seen[:, 0] * seen[:, 1] >= 0, 1.0, -1.0)
{% else %}
return points, np.where(points[:, 0] * points[:, 1] >= 0, 1.0, -1.0)
{% endif %}
""",
    "gauss": """\
targets = np.where(np.arange(samples) < samples // 2, 1.0, -1.0)
spread = np.sqrt(0.5{% if noisy %} + 7 * NOISE{% endif %})
return 2 * targets[:, None] + spread * random.standard_normal((samples, 2)), targets
""",
    "spiral": """\
sizes = (samples // 2, samples - samples // 2)
along = np.concatenate([np.arange(size) / size for size in sizes])
radius = 5 * along
angle = 1.75 * 2 * np.pi * along + np.repeat([0.0, np.pi], sizes)
points = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
{% if noisy %}
points += NOISE * random.uniform(-1, 1, (samples, 2))
{% endif %}
return points, np.repeat([1.0, -1.0], sizes)
""",
    "plane": """\
points = random.uniform(-6, 6, (samples, 2))
{% if noisy %}
seen = points + NOISE * random.uniform(-6, 6, (samples, 2))  # noise changes the values
return points, seen.sum(axis=1) / 10
{% else %}
return points, points.sum(axis=1) / 10
{% endif %}
""",
    "multi-gauss": """\
bumps = np.array([[-4, 2.5, 1], [0, 2.5, -1], [4, 2.5, 1], [-4, -2.5, -1], [0, -2.5, 1], [4, -2.5, -1]])
points = random.uniform(-6, 6, (samples, 2))
{% if noisy %}
seen = points + NOISE * random.uniform(-6, 6, (samples, 2))  # noise changes the values
{% else %}
seen = points
{% endif %}
distance = np.hypot(seen[:, 0, None] - bumps[:, 0], seen[:, 1, None] - bumps[:, 1])
heights = bumps[:, 2] * np.clip(1 - distance / 2, 0, 1)
return points, heights[np.arange(samples), np.abs(heights).argmax(axis=1)]
""",
    "moons": """\
upper = np.arange(samples) < samples // 2
angle = random.uniform(0, np.pi, samples)
points = np.column_stack([np.cos(angle), np.sin(angle)])
points[~upper] = [1.0, 0.5] - points[~upper]
points = 3 * (points - [0.5, 0.25])
{% if noisy %}
points += 1.5 * NOISE * random.standard_normal((samples, 2))
{% endif %}
return points, np.where(upper, 1.0, -1.0)
""",
    "rings": """\
rings = np.array([[0, 1.2], [2, 3], [3.8, 4.8]])  # from which radius to which
ring = np.arange(samples) * 3 // samples
radius = random.uniform(rings[ring, 0], rings[ring, 1])
angle = random.uniform(0, 2 * np.pi, samples)
points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
{% if noisy %}
points += NOISE * random.standard_normal((samples, 2))
{% endif %}
return points, np.where(ring % 2, -1.0, 1.0)
""",
    "checkerboard": """\
points = random.uniform(-6, 6, (samples, 2))
{% if noisy %}
seen = points + NOISE * random.uniform(-3, 3, (samples, 2))  # noise flips labels near the borders
{% else %}
seen = points
{% endif %}
return points, np.where(np.floor(seen / 3).sum(axis=1) % 2 == 0, 1.0, -1.0)
""",
    "blobs": """\
blob = np.arange(samples) * CLASSES // samples
angle = 2 * np.pi * blob / CLASSES
centres = 3.5 * np.column_stack([np.sin(angle), np.cos(angle)])
spread = np.sqrt(0.3{% if noisy %} + 4 * NOISE{% endif %})
return centres + spread * random.standard_normal((samples, 2)), blob
""",
    "spiral-3": _ARMS.format(arms=3),
    "spiral-5": _ARMS.format(arms=5),
    "sine": """\
points = random.uniform(-6, 6, (samples, 2))
return points, 0.8 * np.sin(points[:, 0]){% if noisy %} + NOISE * random.uniform(-1, 1, samples){% endif %}

""",
    "step": """\
points = random.uniform(-6, 6, (samples, 2))
targets = np.where(points[:, 0] > 0, 0.5, -0.5)
return points, targets{% if noisy %} + NOISE * random.uniform(-1, 1, samples){% endif %}

""",
}

FEATURES: Mapping[str, str] = {
    "x1": "x1",
    "x2": "x2",
    "x1²": "x1 * x1",
    "x2²": "x2 * x2",
    "x1x2": "x1 * x2",
    "sin x1": "np.sin(x1)",
    "sin x2": "np.sin(x2)",
}
"""Expressions of the columns x1 and x2."""

SCALERS: Mapping[str, str] = {
    "none": "",
    "standardise": """\
# Every feature gets mean 0 and spread 1 over the training samples.
shift, scale = known.mean(axis=0), known.std(axis=0)
""",
    "unit-range": """\
# Every feature is stretched so that the training samples fill -1 ... 1.
low, high = known.min(axis=0), known.max(axis=0)
shift, scale = (low + high) / 2, (high - low) / 2
""",
}
"""Lines that compute shift and scale from ``known``, the features of the training samples."""
