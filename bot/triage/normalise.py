"""
Turns whatever was typed, misspelt, disguised or dictated into plain words that the lexicon's rules can read.

Nothing is thrown away that could carry danger: a trick is undone only where the result is a word of the lexicon.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.triage.patterns import BREAK

# Apostrophes and quotation marks in their many shapes; invisible characters; dashes.
_SIGNS = {ord(c): "'" for c in "’‘‛`´ʼ′＇"} | {ord(c): '"' for c in "“”„‟«»″＂"}
_SIGNS |= {ord(c): " - " for c in "–—―"} | {ord("…"): "... "}
_LEET = str.maketrans("013457@$!|", "oieastasii")
_TOKEN = re.compile(
    r"(?P<word>[a-z0-9@$][a-z0-9@$!|'*#_.\-]{0,60})"  # bounded: a longer one is read in pieces
    r"|(?P<stop>[.!?]+)|(?P<pause>[,;:()\[\]\-])|(?P<quote>\")|(?P<line>\n[\s]*\n)|(?P<newline>\n)|(?P<and>&)"
)
_TAIL = re.compile(r"[^a-z0-9$@*]+$")
_SPLIT = re.compile(r"[^a-z0-9]+")
_STRETCH = re.compile(r"(.)\1{2,}")
_RUNS = re.compile(r"(.)\1+")
_DOSE = re.compile(r"(\d+)(mg|mgs|mcg|ml|g|grams|units|pills|tabs|tablets)")  # “1500mg” is an amount and what of
_STARS = re.compile(r"[*#_]+")
_SPELT = re.compile(r"(?<![a-z0-9'])(?:[a-z] ){3,60}[a-z](?![a-z0-9'])")  # “k i l l m y s e l f”
_LONG_RUN = re.compile(r"(.)\1{40,}")
# “he said 'i want out' again”; an apostrophe stands inside a word, before a shortened one or behind “in”.
_SINGLE_QUOTES = (
    r"(?<![a-z0-9'])'(?!(?:{elided})\b)(?=[a-z0-9])"
    r"((?:[^'\n]|(?<=[a-z0-9])'(?=[a-z])){{1,400}})"
    r"(?<!in)'(?![a-z0-9'])"
)
# “caller: i want out”; one sentence, and only where no other marks are
_LINES = (
    r"(?:^|(?<=[.!?;\n]))(\s*(?:(?:the|a|an|one|my|our|same|another) )?(?:{speakers})\s*:\s*)"
    r"([^.!?\n]{{1,300}}[.!?]*)"
)


@dataclass(frozen=True, slots=True)
class Plain:
    """A message as words. ``clauses`` and ``quoted`` are places, as bits: where a clause begins, what was in quotes."""

    words: tuple[str, ...]
    clauses: int
    quoted: int


class Normaliser:
    """Spelling as data; see ``spelling.yml`` for what each table does."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self._fillers = frozenset(tables["fillers"].split())
        self._written = dict(tables["written_contractions"])
        self._said = {**tables["contractions"], **tables["misspellings"]}
        merges = {**tables["merges"], **tables["same"]}
        self._said |= {key: value for key, value in merges.items() if " " not in key}
        self._merges = _by_first_word({key: value for key, value in merges.items() if " " in key})
        self._guarded = frozenset(tables["guarded"].split())
        self._hides = re.compile("|".join(sorted(self._guarded)))
        self._pieces = frozenset(tables["pieces"].split()) | self._guarded
        self._single_quotes = re.compile(_SINGLE_QUOTES.format(elided="|".join(tables["elided"].split())))
        self._lines = re.compile(_LINES.format(speakers="|".join(tables["speakers"].split())))
        self._near = _near_table(tables["near"].split())
        self._not_near = frozenset(tables["not_near"].split())
        self._signs = _SIGNS | {ord(c): f" {word} " for c, word in tables["emoji"].items()}
        self._alike = {ord(c): letter for letters, letter in tables["lookalikes"].items() for c in letters}
        self._known: frozenset[str] = frozenset()
        self._squeezed: dict[str, str] = {}

    def learn(self, vocabulary: Iterable[str]) -> None:
        """The lexicon's own words: drawn-out spellings are brought back to them, and they are never repaired away."""
        self._known = frozenset(vocabulary) | self._fillers | self._said.keys()
        self._squeezed = {_RUNS.sub(r"\1", word): word for word in sorted(self._known | self._guarded)}

    def spell(self, written: str) -> tuple[str, ...]:
        """The words of a pattern's word, as a message would hold them."""
        return tuple(self._without_fillers(self._merged(list(self._expanded(written.lower())))))

    def plain(self, text: str) -> Plain:
        """The words of a message."""
        words: list[str] = []
        clauses: set[int] = set()
        quotes: list[int] = []
        for kind, token in self._tokens(text):
            if kind == "word":
                words.extend(self._read(token))
            elif kind in ("stop", "line") and not _is_ellipsis(token):
                words.append(BREAK)
            elif kind == "quote":
                quotes.append(len(words))
            clauses.add(len(words)) if kind not in ("word", "and") else None
        return _assembled(*self._finished(words, clauses, quotes))

    # -- from characters to tokens

    def _tokens(self, text: str) -> Iterator[tuple[str, str]]:
        for match in _TOKEN.finditer(self._clean(text)):
            kind = match.lastgroup or "word"
            token = match[kind]
            if kind != "word":
                yield ("word", "and") if kind == "and" else (kind, token)
                continue
            tail = _TAIL.search(token)
            if tail is None:
                yield kind, token
                continue
            if tail.start():
                yield kind, token[: tail.start()]
            for sign in (".", "!"):
                if sign in tail[0]:
                    yield "stop", tail[0]
                    break

    def _clean(self, text: str) -> str:
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text).translate(self._signs)
            text = unicodedata.normalize("NFD", text.lower()).translate(self._alike)
            text = "".join(c for c in text if unicodedata.category(c) not in ("Mn", "Cf", "Me"))
        text = _LONG_RUN.sub(r"\1\1\1", text.lower().replace("`", "'"))
        if '"' not in text:
            text = self._lines.sub(r'\1"\2"', self._single_quotes.sub(r'"\1"', text))
        return _SPELT.sub(self._unspelt, text)

    def _unspelt(self, match: re.Match[str]) -> str:
        joined = match[0].replace(" ", "")
        known = joined in self._guarded or joined in self._said or self._cut(joined) is not None
        return joined if known else match[0]

    # -- from a token to words

    def _read(self, token: str) -> Iterator[str]:
        token = token.strip("'")
        bare = token.replace("'", "")
        if bare.isalpha():
            yield from self._expanded(token) if self._is_known(token, bare) else self._repaired(bare)
        elif (word := self._undisguised(bare)) is not None:
            yield from self._expanded(word)
        elif (dose := _DOSE.fullmatch(bare)) is not None:
            yield from dose.groups()
        elif bare.isalnum():
            yield from self._expanded(bare)
        else:
            dotted = token.count(".") > 1 and ".." not in token  # “i.want.to”: the dots stand for spaces
            for part in re.split(r"([.!]+)", token):
                if part and part[0] in ".!":
                    if not dotted:
                        yield BREAK
                else:
                    for piece in _SPLIT.split(part.replace("'", "")):
                        if piece:
                            yield from self._expanded(piece) if self._is_known(piece, piece) else self._repaired(piece)

    def _is_known(self, token: str, bare: str) -> bool:
        return token in self._written or bare in self._said or bare in self._known

    def _expanded(self, token: str) -> Iterator[str]:
        said = self._written.get(token)
        if said is None:
            bare = token.replace("'", "")
            if bare.isalnum():
                said = self._said.get(bare, bare)
            else:
                said = " ".join(piece for piece in _SPLIT.split(bare) if piece)
        yield from said.split()

    def _undisguised(self, token: str) -> str | None:
        """``k1ll``, ``su!cide``, ``k*ll``, ``s-u-i-c-i-d-e``: only if it gives a guarded word."""
        for candidate in (re.sub(r"[^a-z]", "", token), re.sub(r"[^a-z]", "", token.translate(_LEET))):
            if candidate in self._guarded and (len(candidate) > 3 or len(token) <= len(candidate) + 1):
                return candidate
        if len(token) <= 20 and sum(c.isalpha() for c in token) >= 2 and _STARS.search(token):
            shape = _STARS.sub("*", token)
            return next((word for word in sorted(self._guarded) if _fits(shape, word)), None)
        return None

    def _repaired(self, word: str) -> Iterator[str]:
        if _STRETCH.search(word):
            for shorter in (_STRETCH.sub(r"\1\1", word), _STRETCH.sub(r"\1", word)):
                if shorter in self._known or shorter in self._guarded:
                    yield from self._expanded(shorter)
                    return
            word = self._squeezed.get(_RUNS.sub(r"\1", word), word)
        if word in self._known:
            yield from self._expanded(word)
        elif len(word) >= 6 and (near := self._nearest(word)):
            yield near
        elif 7 <= len(word) <= 40 and (pieces := self._cut(word)):
            for piece in pieces:
                yield from self._expanded(piece)
        else:
            yield word

    def _nearest(self, word: str) -> str | None:
        if word in self._not_near or len(word) > 14:
            return None
        return next((self._near[form] for form in _forms(word) if form in self._near), None)

    def _cut(self, word: str) -> list[str] | None:
        """``wannadie`` → ``wanna die``: the cut with the fewest pieces, if one of them is guarded."""
        if not self._hides.search(word):
            return None
        best: list[list[str] | None] = [[]] + [None] * len(word)
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - 10), end):
                before = best[start]
                if before is not None and word[start:end] in self._pieces:
                    here = best[end]
                    if here is None or len(before) + 1 < len(here):
                        best[end] = [*before, word[start:end]]
        cut = best[-1]
        return cut if cut and self._guarded.intersection(cut) else None

    # -- over the words

    def _finished(
        self, words: list[str], clauses: set[int], quotes: list[int]
    ) -> tuple[list[str], list[int], list[int]]:
        """Joins and merges, keeping track of where the marks of clauses and quotes now are."""
        marks = sorted({*clauses, *quotes})
        out: list[str] = []
        moved: dict[int, int] = {}
        start = 0
        for mark in [*marks, len(words)]:
            piece = words[start:mark]
            if piece:
                out.extend(self._without_fillers(self._merged(piece)))
            moved[mark] = len(out)
            start = mark
        return out, [moved[mark] for mark in sorted(clauses)], [moved[mark] for mark in quotes]

    def _merged(self, words: list[str]) -> list[str]:
        out: list[str] = []
        at = 0
        while at < len(words):
            for tail, said in self._merges.get(words[at], ()):
                if tuple(words[at + 1 : at + 1 + len(tail)]) == tail:
                    out.extend(said)
                    at += 1 + len(tail)
                    break
            else:
                out.append(words[at])
                at += 1
        return out

    def _without_fillers(self, words: list[str]) -> list[str]:
        return [word for word in words if word not in self._fillers]


def _fits(shape: str, word: str) -> bool:
    """Whether *word* can be *shape* when each star stands for one to three letters."""
    head, star, tail = shape.partition("*")
    if not star:
        return word == head
    if not word.startswith(head):
        return False
    return any(_fits(tail, word[len(head) + n :]) for n in (1, 2, 3) if len(word) >= len(head) + n)


def _by_first_word(merges: Mapping[str, str]) -> dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    table: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for written, said in sorted(merges.items(), key=lambda item: -len(item[0].split())):
        first, *rest = written.split()
        table.setdefault(first, []).append((tuple(rest), tuple(said.split())))
    return table


def _forms(word: str) -> list[str]:
    return [word] + [word[:i] + word[i + 1 :] for i in range(len(word))]


def _near_table(words: list[str]) -> dict[str, str]:
    """Every word with one letter left out; two words are near when they share a form (an idea of SymSpell's)."""
    return {form: word for word in reversed(words) for form in _forms(word)}


def _is_ellipsis(token: str) -> bool:
    return token.startswith("..") and not token.strip(".")


def _assembled(words: list[str], clauses: list[int], quotes: list[int]) -> Plain:
    begins = 1
    for place in clauses:
        begins |= 1 << place
    quoted = 0
    for opened, closed in zip(quotes[::2], quotes[1::2], strict=False):
        if closed > opened:
            quoted |= (1 << closed) - (1 << opened)
    return Plain(tuple(words), begins, quoted)
