"""
Makes the card for the wallet: the directory's lines and five steps, as a picture (SVG) and a sheet to print (PDF).

It works without a network, says nothing about who made it, and is the same for everybody.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.loading import DATA, Faults, Record, read
from bot.catalogue.providers import Kind, Provider
from bot.triage.levels import Level

WIDTH, HEIGHT = 85.6, 53.98  # millimeters: ISO/IEC 7810 ID-1, a bank card
POINT = 25.4 / 72
MARGIN = 4.0
SHEET = (215.9, 279.4)  # US letter
COPIES = [(column, row) for row in range(2) for column in range(2)]

# Helvetica's widths in thousandths, rounded up by class, so that nothing needs a font to be measured.
_NARROW, _WIDE = frozenset("iljtfrI.,:;'\"|!()[]-/ "), frozenset("mwMWOQGCDHNRU%@")


@dataclass(frozen=True, slots=True)
class Row:
    """One printed line: ``size`` in points, ``drop`` the space above it in millimeters."""

    text: str
    size: float
    bold: bool = False
    drop: float = 0.0
    ruled: bool = False  # a line to write on follows the text


@dataclass(frozen=True, slots=True)
class Card:
    """Both sides, row by row."""

    title: str
    front: tuple[Row, ...]
    back: tuple[Row, ...]
    cut: str


def crisis_card(catalogue: Catalogue, state: str = "") -> Card:
    """The card with the lines that *catalogue* offers, and what a named *state* adds; raises ``DataError``."""
    faults = Faults()
    top = read(DATA / "crisis_card.yml", faults)
    card = _card(top, catalogue, state)
    top.done()
    faults.check()
    return card


def _card(top: Record, catalogue: Catalogue, state: str) -> Card:
    title, danger = top.text("title"), top.record("danger")
    listed = [(record.text("id"), record.text("say"), record.text("about")) for record in top.records("lines")]
    offered = {entry.id: entry for entry in catalogue.lines(Level.HIGH, state=state)}
    lines = [(say, about) for name, say, about in listed if name in offered]
    own = _own(offered.values(), {name for name, _, _ in listed})[: top.number("more", low=0, high=2)]
    lines += [(entry.phones[0].number, f"{entry.name}.") for entry in own]
    lines.append((danger.text("say"), danger.text("about")))
    on_card = [offered[name] for name, _, _ in listed if name in offered] + own
    checked = bool(on_card) and all(entry.verified_on for entry in on_card)
    said = {True: top.text("checked"), False: top.text("unchecked")}
    front = [Row(title, 11, bold=True)]
    for say, about in lines:
        front += [Row(say, 11, bold=True, drop=1.1), *_wrapped(about, 7.5)]
    back = [Row(top.text("steps_title"), 11, bold=True)]
    for place, step in enumerate(top.texts("steps"), start=1):
        back += _wrapped(f"{place}. {step}", 8, drop=0.9)
    back += [Row(top.text("person"), 8, drop=2.2, ruled=True), Row(top.text("number"), 8, drop=2.4, ruled=True)]
    return Card(title, tuple(front), (*back, Row(said[checked], 6, drop=1.2)), top.text("cut"))


def _own(offered: Iterable[Provider], listed: set[str]) -> list[Provider]:
    """Crisis and peer lines beyond the national ones: of the agency's own folder, or of the state that was named."""
    more = [entry for entry in offered if entry.id not in listed and entry.kind in (Kind.CRISIS, Kind.PEER)]
    return [entry for entry in more if entry.phones and "US" not in entry.areas and not entry.veterans]


def as_svg(card: Card) -> str:
    """One picture, front above back, with real text that a screen reader and a search find."""
    total = 2 * HEIGHT
    body = "\n".join([*_svg_side(card.front, 0), *_svg_side(card.back, HEIGHT)])
    frame = f'<rect x="0.2" y="0.2" width="{WIDTH - 0.4}" height="{total - 0.4:.2f}" rx="3"/>'
    fold = f'<path d="M0 {HEIGHT} H{WIDTH}" stroke-dasharray="1.5 1.5"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" lang="en" role="img" aria-label={quoteattr(card.title)} '
        f'width="{WIDTH}mm" height="{total:.2f}mm" viewBox="0 0 {WIDTH} {total:.2f}">\n'
        f"<title>{escape(card.title)}</title>\n"
        f'<rect width="{WIDTH}" height="{total:.2f}" fill="#fff"/>\n'
        f'<g fill="none" stroke="#555" stroke-width="0.2">{frame}{fold}</g>\n'
        f'<g font-family="Helvetica, Arial, sans-serif" fill="#000">\n{body}\n</g>\n</svg>\n'
    )


def as_pdf(card: Card) -> bytes:
    """A letter sheet with four cards to cut and fold; the same bytes for the same card."""
    from reportlab.pdfgen.canvas import Canvas  # half a second that the edge spends only when somebody prints

    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(SHEET[0] / POINT, SHEET[1] / POINT), invariant=True, lang="en")
    canvas.setTitle(card.title)
    canvas.setAuthor("")
    left, top = (SHEET[0] - 2 * WIDTH - 8) / 2, (SHEET[1] - 4 * HEIGHT - 8) / 2
    canvas.setFont("Helvetica", 7)
    canvas.drawString(left / POINT, (SHEET[1] - top + 3) / POINT, card.cut)
    for column, row in COPIES:
        _draw(canvas, card, left + column * (WIDTH + 8), top + row * (2 * HEIGHT + 8))
    canvas.save()
    return target.getvalue()


def _draw(canvas: Any, card: Card, x: float, y: float) -> None:
    """One card with its upper left corner at *x*, *y* (millimeters from the sheet's)."""
    canvas.setLineWidth(0.4)
    canvas.roundRect(x / POINT, (SHEET[1] - y - 2 * HEIGHT) / POINT, WIDTH / POINT, 2 * HEIGHT / POINT, 8)
    canvas.setDash(4, 4)
    canvas.line(x / POINT, (SHEET[1] - y - HEIGHT) / POINT, (x + WIDTH) / POINT, (SHEET[1] - y - HEIGHT) / POINT)
    canvas.setDash()
    for side, offset in ((card.front, 0.0), (card.back, HEIGHT)):
        for row, base in _placed(side):
            line = (SHEET[1] - y - offset - base) / POINT
            canvas.setFont("Helvetica-Bold" if row.bold else "Helvetica", row.size)
            canvas.drawString((x + MARGIN) / POINT, line, row.text)
            if row.ruled:
                start = x + MARGIN + width(row.text, row.size) + 1
                canvas.line(start / POINT, line - 1, (x + WIDTH - MARGIN) / POINT, line - 1)


def _svg_side(rows: tuple[Row, ...], top: float) -> Iterator[str]:
    for row, base in _placed(rows):
        weight = ' font-weight="bold"' if row.bold else ""
        y = top + base
        yield f'<text x="{MARGIN}" y="{y:.2f}" font-size="{row.size * POINT:.2f}"{weight}>{escape(row.text)}</text>'
        if row.ruled:
            start = MARGIN + width(row.text, row.size) + 1
            yield f'<path d="M{start:.2f} {y + 0.4:.2f} H{WIDTH - MARGIN}" stroke="#555" stroke-width="0.2"/>'


def _placed(rows: Iterable[Row]) -> Iterator[tuple[Row, float]]:
    """Each row with its base line, in millimeters from the top of its side."""
    y = MARGIN - 0.5
    for row in rows:
        y += row.drop + row.size * POINT * 1.15
        yield row, y


def depth(rows: Iterable[Row]) -> float:
    """Where the last row of a side ends, in millimeters from its top."""
    return max(base + row.size * POINT * 0.25 for row, base in _placed(rows))


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide *text* is at most, in millimeters."""
    units = sum(
        0.34 if sign in _NARROW else 0.89 if sign in _WIDE else 0.67 if sign.isupper() else 0.56 for sign in text
    )
    return units * size * POINT * (1.08 if bold else 1.0)


def _wrapped(text: str, size: float, drop: float = 0.0) -> list[Row]:
    """*text* in as many rows as the card's width asks for."""
    rows, held = [], ""
    for word in text.split():
        longer = f"{held} {word}".strip()
        if held and width(longer, size) > WIDTH - 2 * MARGIN:
            rows.append(held)
            longer = word
        held = longer
    return [Row(row, size, drop=drop if place == 0 else 0.0) for place, row in enumerate([*rows, held])]
