"""The `mirqab` command: it wires settings, archive, topics, clock and reading room together.

Commands import what they need inside their functions, so that `judge`, `extract` and `feed` start at once.
"""
