"""
Numbers to call: from the directory, the right one first, an agency's own among them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from actions.parts import Parts, parts
from actions.show_lines import ShowLines
from actions.show_option import ShowOption
from bot.catalogue import Catalogue
from tests.actions.conversation import heard, names, pressed, run, tracker
from tests.catalogue.builders import ENTRY, own_folder

TODAY = datetime.now(UTC).date().isoformat()
LOCAL = f"""\
services:
  - id: river-peers
    name: River County Peer Line
    status: active
    phones: [{{number: 1-312-555-0144}}]
    schedules: [{{freq: WEEKLY, byday: "MO,TU,WE,TH,FR,SA,SU", opens_at: "00:00", closes_at: "24:00", time_zone: UTC}}]
    verified_on: {TODAY}
    sidedoor: {{option: crisis_line, kind: peer}}
"""


async def test_the_lines_come_with_how_to_reach_them() -> None:
    """
    911, the lines to talk to, the others, and that nobody has called them to check.
    """
    messages, _ = await run(ShowLines(), tracker(heard("give me a number", "ask_lines")))

    assert names(messages) == ["utter_lines"]
    assert "CopLine: Call 1-800-267-5463." in messages[0]["lines"]
    assert "988" in messages[0]["lines"] and "1-800-662-4357" in messages[0]["others"]
    assert "Nobody has checked" in messages[0]["checked"]


async def test_high_distress_puts_the_crisis_line_first() -> None:
    """
    When it is serious, 988 is the first.
    """
    messages, _ = await run(ShowLines(), tracker(heard("a number", "ask_lines"), distress="high"))

    assert messages[0]["lines"].startswith("• 988")


async def test_a_line_of_this_place_is_among_them(tmp_path: Path) -> None:
    """
    What an agency put into its folder is offered, and so is the line of the state that was named.
    """
    shared = Parts(Catalogue.load(own=own_folder(tmp_path, LOCAL)), parts().wording)
    messages, _ = await run(ShowLines(shared), tracker(heard("a number", "ask_lines"), state="NJ"))

    assert "River County Peer Line: 1-312-555-0144" in messages[0]["lines"]
    assert "Cop2Cop" in messages[0]["lines"]


async def test_what_nobody_could_verify_is_never_first(tmp_path: Path) -> None:
    """
    An own line that nobody called and no good source has comes after all others.
    """
    unsure = LOCAL.replace(f"    verified_on: {TODAY}\n", "")
    catalogue = Catalogue.load(own=own_folder(tmp_path, unsure))

    assert catalogue.lines()[-1].id == "river-peers"
    assert Catalogue.load(own=own_folder(tmp_path, LOCAL)).lines()[0].id == "river-peers"


async def test_a_practice_of_the_directory_is_shown_with_its_option(tmp_path: Path) -> None:
    """
    Asking about a therapist in cash shows whom the directory has for it: reach, cost, wait, ties, and the last check.
    """
    shared = Parts(Catalogue.load(own=own_folder(tmp_path, ENTRY.replace("2026-10-01", TODAY))), parts().wording)
    messages, _ = await run(
        ShowOption(shared), tracker(pressed("ask_option_info", "therapist_cash"), option="therapist_cash", state="IL")
    )

    assert names(messages) == ["utter_option", "utter_option_entries"]
    for words in (
        "River Street Practice",
        "1-312-555-0142",
        "120 dollars",
        "About two weeks",
        "No contract with any",
        "checked by a call",
    ):
        assert words in messages[1]["part"]


async def test_a_dispatcher_is_told_which_lines_take_the_call() -> None:
    """
    Lines that do not say that they serve dispatchers are left out, and that there is none for dispatchers alone is said.
    """
    asked = heard("what lines are there for dispatchers", "ask_lines")
    messages, _ = await run(ShowLines(), tracker(asked))
    at_home, _ = await run(ShowLines(), tracker(asked, state="MI"))

    assert names(messages) == ["utter_lines", "utter_lines_dispatcher"]
    assert "988" in messages[0]["lines"] and "CopLine" not in messages[0]["lines"]
    assert names(at_home) == ["utter_lines"] and "Frontline Strong" in at_home[0]["lines"]
