"""
Runs spaCy's NER without letting its vocabulary keep the words of officers.

spaCy stores every word it has ever seen for as long as the process lives: names, in other words. So the model runs on a
small vocabulary of its own, which ``forget_words`` replaces by a fresh one (0.2 s of work); the large one is never
written to.
"""

from __future__ import annotations

import threading
from typing import Any

from bot.privacy.words import MODEL

LOOKS = 500  # the vocabulary is replaced after so many texts, if nobody asked for it before
_UNUSED = ("tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "senter")


class LanguageModel:
    """The named entities of a text. Safe to call from several threads, one at a time."""

    def __init__(self) -> None:
        import spacy

        # NER has an embedding of its own, so nothing else of the pipeline is loaded
        pipeline = spacy.load(MODEL, exclude=list(_UNUSED))
        self._ner = pipeline.get_pipe("ner")
        self._vocab, self._tokenizer = pipeline.vocab, pipeline.tokenizer
        self._rules = self._tokenizer.rules
        self._turn = threading.Lock()
        self._words = self._fresh()
        self._looks = 0

    def entities(self, text: str) -> list[tuple[int, int, str]]:
        """Start, end and spaCy's label of each entity."""
        with self._turn:
            document = self._ner(self._words(text))
            found = [(entity.start_char, entity.end_char, entity.label_) for entity in document.ents]
            self._looks += 1
        if self._looks >= LOOKS:
            self.forget_words()
        return found

    def forget_words(self) -> None:
        """Drops every word seen so far; does nothing when there was none."""
        if not self._looks:
            return
        fresh = self._fresh()
        with self._turn:
            self._words, self._looks = fresh, 0

    def knows(self, word: str) -> bool:
        """True when *word* is still in memory because some text held it."""
        return word in self._words.vocab.strings or word in self._vocab.strings

    def _fresh(self) -> Any:
        """A tokenizer with an empty vocabulary that shares the model's numbers."""
        from spacy.strings import StringStore
        from spacy.tokenizer import Tokenizer
        from spacy.vocab import Vocab

        names = StringStore([*self._ner.labels, *self._ner.move_names])
        vocab = Vocab(lex_attr_getters=self._vocab.lex_attr_getters, strings=names, lookups=self._vocab.lookups)
        # taking over the numbers would also copy the words they are known by: 776,000 at first, later those seen so far
        self._vocab.vectors.strings = StringStore()
        vocab.vectors = self._vocab.vectors
        old = self._tokenizer
        searches = (old.prefix_search, old.suffix_search, old.infix_finditer, old.token_match, old.url_match)
        return Tokenizer(vocab, self._rules, *searches)
