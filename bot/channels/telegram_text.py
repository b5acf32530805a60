"""
Cuts a reply into messages that Telegram takes, between paragraphs where it can.
"""

from __future__ import annotations

LIMIT = 4_096  # Bot API, sendMessage; counted here in UTF-16 units, the stricter way to read it
_SEAMS = ("\n\n", "\n", ". ", " ")


def pieces(text: str, limit: int = LIMIT) -> list[str]:
    """*text* as one or more messages, none empty, none longer than *limit*."""
    rest = text.encode("utf-8", "replace").decode("utf-8").strip()  # half a surrogate pair cannot be sent at all
    found = []
    while len(rest.encode("utf-16-le")) > 2 * limit:
        cut = _seam(_fitting(rest, limit))
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*found, rest] if rest else found


def _fitting(text: str, limit: int) -> str:
    """The longest beginning of at most *limit* units; never half a character."""
    return text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")


def _seam(head: str) -> int:
    """Where to cut *head*: after the last paragraph, line, sentence or word that leaves a piece worth sending."""
    for seam in _SEAMS:
        place = head.rfind(seam)
        if place > len(head) // 4:
            return place + len(seam)
    return len(head)
