"""Benchmarks: how fast the engine is and how well it learns, as ratios within one run.

``python -m benchmarks`` prints every table in Markdown. The modules listed in ``__main__`` have a ``TITLE``, a ``TEXT``
about the method, a ``HEADER``, and ``rows()``.
"""
