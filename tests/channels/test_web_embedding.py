"""``sidedoor widget`` and docs/embedding.md: what a host copies is what the browser tests load."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from bot.channels.web_pages import SANDBOX, Pages
from bot.cli import app
from bot.cli_widget import origin_of
from bot.errors import SettingsError
from bot.settings import ROOT

DOCUMENT = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")


def run(*arguments: str, **environ: str) -> tuple[int, str]:
    """Exit code and everything that was printed."""
    result = CliRunner().invoke(app, ["widget", *arguments], env=environ)
    return result.exit_code, result.output


def test_prints_the_line_the_frame_and_the_policies() -> None:
    """
    The line with its hash, the sandboxed frame and the origins that a host's policy needs, for the address as given.
    """
    code, said = run("https://chat.example.org/")
    pages = Pages("https://weather.gov/")

    assert code == 0
    assert pages.snippet("https://chat.example.org") in said
    assert pages.frame("https://chat.example.org") in said
    assert "script-src https://chat.example.org; connect-src https://chat.example.org" in said
    assert "frame-src https://chat.example.org" in said


def test_the_settings_address_is_the_default() -> None:
    """
    Without an address the web chat's own is taken.
    """
    code, said = run(SIDEDOOR_WEB_CHAT_URL="https://chat.example.net/")

    assert code == 0
    assert 'src="https://chat.example.net/widget/define.js"' in said


def test_says_when_a_site_is_not_allowed() -> None:
    """
    A host that is not on the list is told which setting lets it in; one that is, is told nothing.
    """
    site = ("https://chat.example.org", "--host", "https://union.example")

    assert run(*site)[0] == 1
    assert "SIDEDOOR_ALLOWED_ORIGINS=https://union.example" in run(*site)[1]
    assert run(*site, SIDEDOOR_ALLOWED_ORIGINS="https://union.example")[0] == 0


@pytest.mark.parametrize(
    "address",
    [
        "",
        "chat.example.org",
        "http://chat.example.org",
        "ftp://chat.example.org",
        "https://",
        "https://chat.example.org/path",
        "https://chat.example.org/?a",
        "https://chat.example.org/#a",
        "https://user:word@chat.example.org",
        'https://chat.example.org"onload="',
        "https://chat.example.org:port",
        "https://[::1",
        "https://a.example; script-src *",
    ],
)
def test_an_odd_address_is_refused_in_words(address: str) -> None:
    """
    What a browser would not load, or what would break out of the line, is refused with what to write instead.
    """
    with pytest.raises(SettingsError, match="address"):
        origin_of(address)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://Chat.Example.org/", "https://chat.example.org"),
        ("https://chat.example.org:8443", "https://chat.example.org:8443"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
    ],
)
def test_a_plain_address_is_an_origin(address: str, origin: str) -> None:
    """
    Scheme, name and port remain.
    """
    assert origin_of(address) == origin


def test_the_document_shows_what_is_printed() -> None:
    """
    docs/embedding.md has the line, the frame with its permissions and the policies as the command prints them.
    """
    pages = Pages("https://weather.gov/")
    flat = " ".join(DOCUMENT.split())
    line = re.sub(r"sha384-[\w+/=]+", "sha384-…", pages.snippet("https://chat.example.org"))

    assert line in flat
    assert SANDBOX in flat
    for policy in pages.host_policy("https://chat.example.org").values():
        assert f"`{policy}`" in flat
