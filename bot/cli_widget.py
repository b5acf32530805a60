"""
The command ``sidedoor widget``: what a host copies into its page to show the chat there.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import typer

from bot.errors import SettingsError
from bot.logs import lock_down
from bot.settings import Settings

Address = Annotated[
    str, typer.Argument(help="The chat's public https address; SIDEDOOR_WEB_CHAT_URL without one.", show_default=False)
]
_LOCAL = ("127.0.0.1", "localhost", "::1")


def widget(
    address: Address = "",
    host: Annotated[
        str, typer.Option("--host", help="Your site, https://union.example, say: is it on the list of allowed origins?")
    ] = "",
) -> None:
    """Print the line that puts the chat into another site's page, the frame instead of it, and the policy they need."""
    from bot.channels.web_pages import Pages

    settings = Settings.load()
    lock_down("ERROR" if settings.log_level == "INFO" else settings.log_level, "cli")
    origin = origin_of(address or settings.web_chat_url)
    pages = Pages(settings.exit_url)
    policy = pages.host_policy(origin)
    typer.echo(f"<!-- in the page; Content-Security-Policy of that page: {policy['line']} -->")
    typer.echo(pages.snippet(origin))
    typer.echo(f"<!-- or, in a sandboxed frame; Content-Security-Policy of that page: {policy['frame']} -->")
    typer.echo(pages.frame(origin))
    typer.echo(f"<!-- or a plain link, which tells your site nothing: {origin}/ -->")
    if host and (site := origin_of(host)) not in settings.allowed_origins:
        listed = ",".join((*settings.allowed_origins, site))
        typer.echo(f"{site} is not allowed to show the chat yet. Set SIDEDOOR_ALLOWED_ORIGINS={listed}", err=True)
        raise typer.Exit(1)


def origin_of(address: str) -> str:
    """
    Scheme, name and port of *address*; raises ``SettingsError`` for anything that a browser would not load from.
    """
    if not address:
        raise SettingsError("say the chat's address, https://chat.example.org, or set SIDEDOOR_WEB_CHAT_URL")
    try:
        url = urlsplit(address)
        known = bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        url, known = urlsplit(""), False
    if not known or url.username or any(odd in address for odd in "\"'<> \t\r\n,;"):
        raise SettingsError("the address must look like https://chat.example.org or https://chat.example.org:8443")
    if url.scheme != "https" and not (url.scheme == "http" and url.hostname in _LOCAL):
        raise SettingsError("the address must begin with https://; only on this machine may it be http://")
    if url.path.strip("/") or url.query or url.fragment:
        raise SettingsError("the address must end after the name: the chat has a name of its own, and no path")
    return f"{url.scheme}://{url.netloc.lower()}"
