"""Return codes: nine words that open one conversation, and nothing else does."""

from __future__ import annotations

import gc
import math

import pytest

from bot.channels.return_codes import TRIES_A_MINUTE, WORDS, ReturnCodes, TooManyTries, _words


async def test_opens_its_conversation_and_no_other() -> None:
    """A code opens the conversation it was made for; a wrong word opens nothing."""
    codes = ReturnCodes()
    code = await codes.new("one")
    await codes.new("two")
    wrong = ["zoo" if word != "zoo" else "zone" for word in code.split()[:1]] + code.split()[1:]

    assert await codes.find(code) == "one"
    assert await codes.find(" ".join(wrong)) is None


async def test_more_than_ninety_bits() -> None:
    """Nobody guesses it: nine words of 2,048, drawn at random, no two codes alike."""
    codes = ReturnCodes()
    made = {await codes.new(str(number)) for number in range(20)}

    assert WORDS * math.log2(len(set(_words()))) >= 90
    assert len(made) == 20
    assert all(len(code.split()) == WORDS for code in made)


async def test_as_people_type() -> None:
    """Upper case, commas, line ends and words cut after four letters open it all the same."""
    codes = ReturnCodes()
    code = await codes.new("one")
    words = code.split()

    for typed in (code.upper(), ", ".join(words), "\n".join(words) + "\n", " ".join(word[:4] for word in words)):
        assert await codes.find(typed) == "one"


@pytest.mark.parametrize("typed", ["", "abandon", "abandon " * 8, "abandon " * 10, "x" * 10_000, "\0 \ud800 ☃ " * 3])
async def test_what_is_no_code(typed: str) -> None:
    """Anything else opens nothing and breaks nothing."""
    assert await ReturnCodes().find(typed) is None


def test_four_letters_are_enough() -> None:
    """No two words of the list begin with the same four letters."""
    assert len({word[:4] for word in _words()}) == len(_words()) == 2048


async def test_a_new_code_ends_the_old_one() -> None:
    """There is one code for a conversation; after an erasure there is none."""
    codes = ReturnCodes()
    first, second = await codes.new("one"), await codes.new("one")
    assert (await codes.find(first), await codes.find(second)) == (None, "one")

    codes.forget("one")
    assert await codes.find(second) is None


async def test_tries_are_limited_for_all_together() -> None:
    """After so many tries in a minute there is a pause, without knowing who tries; then it works again."""
    now = [0.0]
    codes = ReturnCodes(clock=lambda: now[0])
    code = await codes.new("one")
    for _ in range(TRIES_A_MINUTE):
        await codes.find("abandon " * WORDS)
        await codes.find("not a code")

    with pytest.raises(TooManyTries):
        await codes.find(code)
    assert await codes.new("two"), "who tries codes keeps nobody from getting one"
    now[0] = 61.0
    assert await codes.find(code) == "one"


async def test_the_words_are_not_kept() -> None:
    """This side keeps what Argon2id makes of a code, never the code."""
    codes = ReturnCodes()
    code = await codes.new("one")
    gc.collect()

    assert code not in repr(vars(codes))
    assert all(len(digest) == 32 for digest in codes._senders)
