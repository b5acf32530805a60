"""
Other programs that judge the same messages on the same machine, each with its own threshold, as its authors ship it.

They are installed by ``make evaluate`` (group ``peers``); what is not there is named on the page and left out.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

Flags = Callable[[str], bool]

# Named in research as runnable or not; why these are not run here.
NOT_RUN = {
    "suicide-text-predictor": "needs torch 2.0.1 and torchtext, and loads a pickle",
    "Suicide Risk Lexicon": "not in a package index; its list is not ours to copy",
    "paxmod-guard": "downloads 220 MB from a model hub at first use",
    "safetyrouter": "needs a local model server and a model of 5.6 GB",
    "nope-crisis-screen": "a remote service with a key",
}


@dataclass(frozen=True)
class Peer:
    """One program: ``flags`` says whether it would raise an alarm."""

    name: str
    flags: Flags


def available() -> Iterator[Peer]:
    """Those that can be imported."""
    logging.getLogger("cogno_aegis").setLevel(logging.CRITICAL)
    for name, make in (
        ("cogno-aegis 0.1.0", _cogno),
        ("pantheon-guardrails 0.3.2", _pantheon),
        ("rrt-advocate 0.1.1, high", _rrt_high),
        ("rrt-advocate 0.1.1, elevated", _rrt_elevated),
        ("VADER 3.3.2, compound at most -0.5", _vader),
    ):
        try:
            yield Peer(name, make())
        except ImportError:
            continue


def _cogno() -> Flags:
    from cogno_aegis.input_guard import InputGuard
    from cogno_aegis.safety import DEFAULT_CRISIS_RULES

    guard = InputGuard(crisis_rules=[rule for rule in DEFAULT_CRISIS_RULES if rule.locale.startswith("en")])
    return lambda text: not guard.check_crisis(text).ok


def _pantheon() -> Flags:
    # The package imports pydantic 2 where Rasa needs 1; its detector needs neither, so that file alone is loaded.
    spec = find_spec("pantheon_guardrails")
    if spec is None or spec.origin is None:
        raise ImportError
    alone = spec_from_file_location("pantheon_crisis", Path(spec.origin).with_name("crisis.py"))
    assert alone is not None and alone.loader is not None
    module = module_from_spec(alone)
    sys.modules[alone.name] = module
    alone.loader.exec_module(module)
    protocol = module.CrisisProtocol()
    return lambda text: bool(protocol.check(text, jurisdiction="US").triggered)


def _rrt(least: int) -> Flags:
    from rrt_advocate import CrisisEngine, CrisisLevel

    order = list(CrisisLevel)

    def flags(text: str) -> bool:
        return order.index(CrisisEngine("x").assess(text).crisis_level) >= least

    flags("warm up")
    return flags


def _rrt_high() -> Flags:
    return _rrt(2)


def _rrt_elevated() -> Flags:
    return _rrt(1)


def _vader() -> Flags:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyser = SentimentIntensityAnalyzer()
    return lambda text: float(analyser.polarity_scores(text)["compound"]) <= -0.5
