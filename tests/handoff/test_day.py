"""The benchmark of a whole day, in small: what it holds to zero is zero."""

from __future__ import annotations

import pytest

from benchmarks.handoff_claims import race
from benchmarks.handoff_day import simulate
from bot.crypto.sealing import Sealer, new_key
from bot.handoff.mailbox import Mailbox


@pytest.mark.slow
async def test_a_small_day() -> None:
    """
    Twelve handoffs, with kills of edge, desk and delivery: none lost, no line twice, nobody left after 120 s.
    """
    day = await simulate(12, seed=3, seconds=500)

    assert set(day.report().values()) == {0}
    assert len(day.done) == 12


def test_fifty_races(tmp_path) -> None:
    """
    Two responders claim at the same instant, fifty times: exactly one owner each.
    """
    sealer = Sealer([new_key()])
    boxes = [Mailbox(tmp_path / "claims.db", sealer) for _ in range(2)]

    assert race(boxes, 50)[0] == 50
