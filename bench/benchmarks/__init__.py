"""A module for each benchmark.

Each has a ``TITLE``, a text ``ABOUT`` that says what is measured and how, the ``GOALS``, and two functions:
``measure(resources)`` returns the samples, and ``tables(samples)`` what the page shows of them.
"""
