"""
The check that keeps a set from repeating itself, and the frozen ones from being learnt.
"""

from __future__ import annotations

import pytest

from benchmarks.near_duplicates import _message, alike

LEARNT = "i have not slept right since the crash on the interstate"


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("levels", "I haven't slept right since the crash on the interstate", False),
        ("levels", "i have not slept right since that crash on the interstate", True),
        ("frozen levels", "I have not slept right, since the crash on the interstate!", True),
        ("intents report_sleep", "i have not slept right since the crash on the interstate", False),
        ("levels", "i have not eaten", False),
    ],
)
def test_what_is_nearly_the_same_is_found(kind: str, text: str, found: bool) -> None:
    """
    A word exchanged or a sign added does not hide a repetition; another task's message is no repetition.
    """
    pairs = list(alike([_message("levels", "one", LEARNT), _message(kind, "other", text)]))

    assert bool(pairs) is found
