"""
The signs of the patterns, one by one.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import DataError
from bot.triage.grammar import Grammar
from bot.triage.patterns import Index, Text, spans_of

GRAMMAR = Grammar({"self": "(me|myself)", "deep": "hurt {self}", "loop": "{loop}"}, lambda word: (word.lower(),))


def found(source: str, text: str, negators: str = "not") -> list[str]:
    pattern = GRAMMAR.pattern(source)
    message = Text(text.split(), frozenset(negators.split()))
    return [" ".join(message.words[start:end]) for start, end in pattern.spans(message)]


@pytest.mark.parametrize(
    ("source", "text", "spans"),
    [
        ("end it", "i will end it", ["end it"]),
        ("end (it|this) now?", "end this now", ["end this now"]),
        ("end (it|this) now?", "end this", ["end this"]),
        ("hop* so", "hoping so", ["hoping so"]),
        ("{deep}", "i hurt myself", ["hurt myself"]),
        ("want ~2 out", "want a way out", ["want a way out"]),
        ("want ~1 out", "want a way out", []),
        ("want ~2 out", "want not out", []),
        ("want ~2 out", "want . out", []),
        ("^ out", "go . out", ["out"]),
        ("^ out", "go out", []),
        ("out $", "out . go", ["out"]),
        ("out $", "out there", []),
        ("(a|b c) d", "b c d a d", ["b c d", "a d"]),
    ],
)
def test_signs_mean_what_they_say(source: str, text: str, spans: list[str]) -> None:
    """
    Each sign of a pattern matches what patterns.py says of it.
    """
    assert found(source, text) == spans


@pytest.mark.parametrize("source", ["(a", "a)", "", "?", "a ~ b", "{nowhere}", "{loop}", "(a|)"])
def test_a_wrong_pattern_is_refused(source: str) -> None:
    """
    A pattern that cannot mean anything is an error when it is read, not a silence when it is needed.
    """
    with pytest.raises(DataError):
        GRAMMAR.pattern(source)


@given(st.lists(st.sampled_from(["a", "b", "c", "hurt", "me", "."]), max_size=30))
def test_the_index_loses_nothing(words: list[str]) -> None:
    """
    A pattern that matches is always among those that the index names.
    """
    patterns = [GRAMMAR.pattern(source) for source in ("a ~2 b", "{deep}", "(a|c) c", "^ b", "b? c")]
    index = Index()
    for pattern in patterns:
        index.add(pattern)
    text = Text(words)
    text.candidates = index.candidates(text)

    everywhere = sorted(span for pattern in patterns for span in pattern.spans(text))

    assert sorted(spans_of(patterns, text)) == everywhere
