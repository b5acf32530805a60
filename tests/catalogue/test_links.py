"""
Links: a page that lets others watch is found before an officer is sent there.
"""

from __future__ import annotations

import pytest

from bot.catalogue import Catalogue
from bot.catalogue.links import check_links, links

TRACKERS = Catalogue.load().trackers

PAGE = """<html><head><link href="https://river.example/style.css" rel="stylesheet">
<script async src="https://www.googletagmanager.com/gtag/js?id=G-0"></script>
<script>!function(f,b,e){t.src='https://connect.facebook.net/en_US/fbevents.js'}</script>
<img src="https://cdn.elsewhere.example/logo.png"><a href="https://other.example">A plain link</a></head></html>"""


def test_trackers_are_named() -> None:
    """
    Companies that watch a page are named, and the other hosts it loads from are counted; a plain link is neither.
    """
    entry = Catalogue.load().provider("copline")

    found = check_links([entry], TRACKERS, lambda url: PAGE)

    assert [finding.url for finding in found] == ["https://copline.org"]
    assert found[0].trackers == ("Meta", "Google")
    assert found[0].third_parties == 3
    assert not found[0].clean


def test_a_page_of_its_own_is_clean() -> None:
    """
    A page that loads only from itself and its own subdomains is clean.
    """
    entry = Catalogue.load().provider("copline")

    found = check_links([entry], TRACKERS, lambda url: '<script src="https://static.copline.org/a.js"></script>')

    assert found[0].clean and found[0].third_parties == 0


def test_a_dead_link_is_told() -> None:
    """
    A page that does not answer is a finding, not an error.
    """

    def dead(url: str) -> str:
        raise OSError

    assert not any(finding.answered for finding in check_links(Catalogue.load().providers(), TRACKERS, dead))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://river.example/?utm_source=list&id=4", ("Google",)),
        ("https://river.example/#fbclid=4", ("Meta",)),
        ("https://bit.ly/3xyz", ("Short links",)),
        ("https://click.list-manage.com/track?e=1", ("Mail senders",)),
        ("https://www.facebook.com/river.team", ("Meta",)),
        ("https://t.co/abc?gclid=1", ("Short links", "Google")),
        ("https://river.example/utm/about?id=4", ()),
        ("https://not-bit.ly.example/", ()),
        ("https://[broken", ()),
    ],
)
def test_a_link_that_tells_others_is_found_without_a_network(url: str, told: tuple[str, ...]) -> None:
    """
    Who learns of a click from the link itself is read off the link: its host, and what hangs behind it.
    """
    assert TRACKERS.in_link(url) == told


def test_no_shipped_link_tells_others() -> None:
    """
    No link that is shipped leads through somebody who counts clicks.
    """
    assert [url for _, url in links(Catalogue.load().providers(held=True)) if TRACKERS.in_link(url)] == []
