"""Benchmarks: how fast the engine is and how well it learns, as ratios within one run.

``python -m benchmarks`` prints every table in Markdown. A module of this package that is listed in ``__main__`` has a
``TITLE``, a ``TEXT`` that says how it was measured, a ``HEADER``, and ``rows()``.
"""
