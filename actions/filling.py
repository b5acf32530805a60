"""
Turns a card into the values that responses have braces for, and cuts long text where a bubble may end.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.catalogue import Catalogue
from bot.catalogue.guarantees import Fact, Option

BUBBLE = 900  # characters; longer ones are a wall on a phone


def card_values(option: Option, catalogue: Catalogue) -> dict[str, str]:
    """Every value that a response about one kind of help can ask for."""

    def told(facts: Iterable[Fact]) -> str:
        return " ".join(catalogue.cards.fact(fact) for fact in facts)

    return {
        "title": option.title,
        "what": option.what,
        "two_lines": "\n".join(catalogue.cards.fact(fact) for fact in option.two_lines),
        "went": told(option.who_learns_you_went),
        "written": told(option.written_down),
        "payment": told(option.payment),
        "privilege": told(option.privilege),
        "exceptions": told(option.exceptions),
        "ask_first": option.ask_first[0],
        "first_step": option.first_step,
        "wait": catalogue.cards.fact(option.wait),
        "until_then": option.until_then,
    }


def bubbles(parts: Iterable[str]) -> list[str]:
    """*parts* put together into as few bubbles as fit, about equally long, and never cut inside one."""
    told = list(parts)
    fewest = len(_packed(told, BUBBLE))
    sizes = range(BUBBLE // 10, BUBBLE + 1, BUBBLE // 30)
    return next(packed for size in sizes if len(packed := _packed(told, size)) <= fewest)


def _packed(parts: Iterable[str], size: int) -> list[str]:
    found: list[str] = []
    for part in parts:
        if found and len(found[-1]) + len(part) + 2 <= size:
            found[-1] += f"\n\n{part}"
        else:
            found.append(part)
    return found
