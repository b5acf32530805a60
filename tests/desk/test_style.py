"""The page can be read: contrast in light and dark, as WCAG 2.2 AA asks."""

from __future__ import annotations

import re

import pytest

from bot.desk.app import PAGES

CSS = (PAGES / "desk.css").read_text(encoding="utf-8")
TEXT_ON = [
    *(("text", ground) for ground in ("ground", "panel", "own", "calm-ground")),
    *(("muted", ground) for ground in ("ground", "panel", "own", "calm-ground")),
    *(("accent", "panel"), ("accent", "own"), ("on-accent", "accent"), ("alarm", "panel"), ("alarm", "alarm-ground")),
    *(("high", "high-ground"), ("calm", "calm-ground")),
]


def colours(block: str) -> dict[str, str]:
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block))
    return {
        name: value if len(value) == 7 else "#" + "".join(c * 2 for c in value[1:]) for name, value in found.items()
    }


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_contrast(theme: int) -> None:
    """
    Text has 4.5 to 1 on every ground it stands on, and the edge of what can be pressed has 3 to 1.
    """
    palette = colours(CSS.split(":root {")[theme + 1].split("}")[0])

    assert [pair for pair in TEXT_ON if contrast(palette[pair[0]], palette[pair[1]]) < 4.5] == []
    assert all(contrast(palette["edge"], palette[ground]) >= 3 for ground in ("panel", "ground"))


def test_pages_are_labelled() -> None:
    """
    Every field has a label, every page a language, a title and a width for phones; no script or style stands inline.
    """
    for path in PAGES.glob("*.html"):
        page = path.read_text(encoding="utf-8")
        fields = set(re.findall(r'<(?:input|textarea)[^>]* id="([\w-]+)"', page))
        assert fields == set(re.findall(r'<label for="([\w-]+)"', page))
        assert '<html lang="en">' in page and "<title>" in page and "width=device-width" in page
        assert not re.search(r"<script>|<style|\son\w+=|style=", page)


def test_scripts_write_text_only() -> None:
    """
    No script of the page uses a way to make markup out of text.
    """
    for path in PAGES.glob("*.js"):
        script = path.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|localStorage", script
        )
