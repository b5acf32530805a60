"""
The wallet card: the directory's own numbers, no word that gives its bearer away, and nothing that runs over the edge.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth

from bot.catalogue import Catalogue
from bot.catalogue.crisis_card import HEIGHT, MARGIN, POINT, WIDTH, Card, as_pdf, as_svg, crisis_card, depth, width
from tests.catalogue.builders import ENTRY, own_folder

CATALOGUE = Catalogue.load()
STATES = ["", *(place.code for place in CATALOGUE.jurisdictions())]


def said(card: Card) -> str:
    """Every word of both sides."""
    return " ".join(row.text for row in (*card.front, *card.back))


def test_numbers_are_those_of_the_directory() -> None:
    """
    Each number on the card is one of its line's numbers in the directory; 911 is the only other one.
    """
    known = {phone.number for entry in CATALOGUE.lines() for phone in entry.phones} | {"911"}
    front = " ".join(row.text for row in crisis_card(CATALOGUE).front if row.bold)

    assert set(re.findall(r"[\d-]{3,}", front)) == {"988", "1-800-267-5463", "741741", "911"}
    assert set(re.findall(r"[\d-]{3,}", front)) <= known


@pytest.mark.parametrize("state", STATES)
def test_everything_fits(state: str) -> None:
    """
    With every state's line on it, no row is wider than the card and no side is deeper, measured with the real font.
    """
    card = crisis_card(CATALOGUE, state)
    for side in (card.front, card.back):
        assert depth(side) <= HEIGHT - 1.5
        for row in side:
            real = stringWidth(row.text, "Helvetica-Bold" if row.bold else "Helvetica", row.size) * POINT
            assert real <= width(row.text, row.size, bold=row.bold)
            assert real <= WIDTH - 2 * MARGIN


def test_a_state_adds_its_line() -> None:
    """
    A state that has a line of its own gets it on the card.
    """
    assert "1-866-267-2267" in said(crisis_card(CATALOGUE, "NJ"))
    assert "1-866-267-2267" not in said(crisis_card(CATALOGUE))


def test_an_agencys_own_line_is_on_it(tmp_path: Path) -> None:
    """
    A crisis line in an agency's own folder stands below the national ones.
    """
    line = ENTRY.replace("option: therapist_cash", "option: crisis_line\n      kind: crisis").replace(
        "{extent: IL}", "{extent: WY}"
    )

    catalogue = Catalogue.load(own=own_folder(tmp_path, line))

    assert "1-312-555-0142" in said(crisis_card(catalogue, "WY"))


def test_it_gives_nobody_away() -> None:
    """
    Found in a wallet, the card does not say that its bearer is a police officer or where it is from.
    """
    words = said(crisis_card(CATALOGUE)).lower().replace("copline. retired officers, no department.", "")

    assert not re.search(r"police|officer|\bcop\b|badge|sidedoor|agency|sheriff|http|www", words)


def test_it_does_not_claim_a_check() -> None:
    """
    While nobody has called the numbers, the card says so.
    """
    assert "Nobody has called them" in said(crisis_card(CATALOGUE))


def test_the_picture_is_whole_and_alone() -> None:
    """
    The picture is an SVG with a title and real text, and fetches, runs and links nothing.
    """
    picture = as_svg(crisis_card(CATALOGUE))
    root = ElementTree.fromstring(picture)
    texts = " ".join(node.text or "" for node in root.iter("{http://www.w3.org/2000/svg}text"))

    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert "1-800-267-5463" in texts and "741741" in texts
    assert picture.count("http") == 1
    assert not re.search(r"script|href|style|font-face|url\(", picture)


def test_the_sheet_names_nobody() -> None:
    """
    The sheet to print is one page, has no author, and is the same for everybody at every time.
    """
    first, second = as_pdf(crisis_card(CATALOGUE)), as_pdf(crisis_card(CATALOGUE))

    assert first == second
    assert first.startswith(b"%PDF") and b"/Count 1" in first
    assert b"/Author ()" in first
