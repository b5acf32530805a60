"""
Lets an officer come back to a conversation of the web chat: nine words, asked for by the officer, shown once.

Nine words out of 2,048 are 99 random bits. This side keeps only what Argon2id makes of them, in memory, for as long as
the conversation lasts: an erasure, an idle hour or a restart ends the code with it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
import unicodedata
from collections import deque
from collections.abc import Callable
from functools import cache
from importlib import resources

from bot.errors import SidedoorError

WORDS = 9
ENOUGH = 4  # letters: no two words of the list begin with the same four
COST, MEMORY_KIB, LANES, DIGEST = 2, 19_456, 1, 32  # OWASP's choice for Argon2id
TRIES_A_MINUTE = 60  # of everybody together: whoever tries has no name here, and guessing 99 bits is hopeless anyway
LONGEST = 200  # characters


class TooManyTries(SidedoorError):
    """More codes are being tried than people come back."""


class ReturnCodes:
    """The codes of all open conversations, one each."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._salt = secrets.token_bytes(16)
        self._senders: dict[bytes, str] = {}
        self._made: deque[float] = deque()
        self._tried: deque[float] = deque()
        self._turn = asyncio.Lock()  # one at a time: each takes 19 MiB and a core

    async def new(self, sender: str) -> str:
        """A fresh code for *sender*'s conversation; an earlier one ends."""
        self._count(self._made)
        words = _words()
        code = [words[secrets.randbelow(len(words))] for _ in range(WORDS)]
        digest = await self._digest(code)
        self.forget(sender)
        self._senders[digest] = sender
        return " ".join(code)

    async def find(self, code: str) -> str | None:
        """Whose conversation *code* opens; upper case, commas and everything after four letters do not matter."""
        spelled = _spelled(code)
        if spelled is None:  # costs nothing, so it does not count
            return None
        self._count(self._tried)
        return self._senders.get(await self._digest(spelled))

    def forget(self, sender: str) -> None:
        """The code of this conversation opens nothing from now on."""
        for digest in [digest for digest, whose in self._senders.items() if whose == sender]:
            del self._senders[digest]

    def _count(self, times: deque[float]) -> None:
        """Making and trying are counted apart: a stranger who tries codes keeps nobody from getting one."""
        now = self._clock()
        while times and now - times[0] > 60:
            times.popleft()
        if len(times) >= TRIES_A_MINUTE:
            raise TooManyTries
        times.append(now)

    async def _digest(self, words: list[str]) -> bytes:
        from argon2.low_level import Type, hash_secret_raw  # not before it is needed: the edge starts within a second

        def work() -> bytes:
            return hash_secret_raw(" ".join(words).encode(), self._salt, COST, MEMORY_KIB, LANES, DIGEST, Type.ID)

        async with self._turn:
            return await asyncio.to_thread(work)


def _spelled(code: str) -> list[str] | None:
    """The words of the list that were meant; None when it cannot be a code."""
    typed = unicodedata.normalize("NFKC", code[:LONGEST]).lower().replace(",", " ").replace("-", " ").split()
    if len(typed) != WORDS:
        return None
    known = {_start(word): word for word in _words()}
    meant = [known.get(_start(word)) for word in typed]
    return [word for word in meant if word is not None] if None not in meant else None


def _start(word: str) -> str:
    """What tells a word of the list from the others; a word of three letters is its own start."""
    return word[:ENOUGH]


@cache
def _words() -> tuple[str, ...]:
    """The English list of BIP 39, made for being read, spoken and typed under stress."""
    listed = resources.files("mnemonic").joinpath("wordlist", "english.txt").read_text(encoding="utf-8")
    return tuple(listed.split())
