"""
Measures how well messages are understood, against the targets, and writes a page about it: ``make evaluate``.

The page holds figures and the ids of invented messages; it never holds a text.
"""
