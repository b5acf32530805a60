"""
Links: a page that lets others watch is found before an officer is sent there.
"""

from __future__ import annotations

from bot.catalogue import Catalogue
from bot.catalogue.links import check_links

PAGE = """<html><head><link href="https://river.example/style.css" rel="stylesheet">
<script async src="https://www.googletagmanager.com/gtag/js?id=G-0"></script>
<script>!function(f,b,e){t.src='https://connect.facebook.net/en_US/fbevents.js'}</script>
<img src="https://cdn.elsewhere.example/logo.png"><a href="https://other.example">A plain link</a></head></html>"""


def test_trackers_are_named() -> None:
    """
    Companies that watch a page are named, and the other hosts it loads from are counted; a plain link is neither.
    """
    entry = Catalogue.load().provider("copline")

    found = check_links([entry], lambda url: PAGE)

    assert [finding.url for finding in found] == ["https://copline.org"]
    assert found[0].trackers == ("Meta", "Google")
    assert found[0].third_parties == 3
    assert not found[0].clean


def test_a_page_of_its_own_is_clean() -> None:
    """
    A page that loads only from itself and its own subdomains is clean.
    """
    entry = Catalogue.load().provider("copline")

    found = check_links([entry], lambda url: '<script src="https://static.copline.org/a.js"></script>')

    assert found[0].clean and found[0].third_parties == 0


def test_a_dead_link_is_told() -> None:
    """
    A page that does not answer is a finding, not an error.
    """

    def dead(url: str) -> str:
        raise OSError

    assert not any(finding.answered for finding in check_links(Catalogue.load().providers(), dead))
