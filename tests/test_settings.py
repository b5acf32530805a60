"""Settings come from one place, are checked there, and never show a value."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import PREFIX, ROOT, Secret, Settings


def test_defaults_are_enough() -> None:
    """Without any variable the settings are those of one small machine on loopback."""
    settings = Settings.load({})

    assert (settings.edge_host, settings.desk_host, settings.telegram_mode) == ("127.0.0.1", "127.0.0.1", "off")


@pytest.mark.parametrize("field", [f for f in fields(Settings) if f.metadata["low"] is not None], ids=lambda f: f.name)
def test_number_out_of_range(field) -> None:
    """A number beyond its bounds is refused, naming the setting and not the value."""
    name = PREFIX + field.name.upper()

    with pytest.raises(SettingsError, match=name) as caught:
        Settings.load({name: "987654321"})

    assert "987654321" not in str(caught.value)


@pytest.mark.parametrize("name", ["EDGE_PORT", "IDLE_MINUTES", "ALLOW_PUBLIC_BIND", "TIER_SECONDS"])
def test_nonsense_is_refused(name: str) -> None:
    """What cannot be understood is refused, naming the setting and not the value."""
    with pytest.raises(SettingsError, match=PREFIX + name) as caught:
        Settings.load({PREFIX + name: "canary value"})

    assert "canary" not in str(caught.value)


def test_unknown_setting_is_refused() -> None:
    """A misspelt setting stops the start instead of being ignored."""
    with pytest.raises(SettingsError, match="SIDEDOOR_IDEL_MINUTES"):
        Settings.load({"SIDEDOOR_IDEL_MINUTES": "5"})


def test_secret_hides() -> None:
    """A secret shows itself neither in repr nor in str, nor in those of the settings that hold it."""
    settings = Settings.load({"SIDEDOOR_TELEGRAM_TOKEN": "canary-token"})

    assert "canary" not in repr(settings) + str(settings) + repr(settings.telegram_token)
    assert settings.telegram_token.reveal() == "canary-token"


def test_secret_from_a_file(tmp_path: Path) -> None:
    """A name with _FILE behind it takes its value from that file."""
    path = tmp_path / "token"
    path.write_text("from-file\n")

    settings = Settings.load({"SIDEDOOR_TELEGRAM_TOKEN_FILE": str(path)})

    assert settings.telegram_token.reveal() == "from-file"


def test_missing_file_names_the_setting() -> None:
    """A file that cannot be read is an error that names the setting, not the path."""
    with pytest.raises(SettingsError, match="SIDEDOOR_TELEGRAM_TOKEN_FILE") as caught:
        Settings.load({"SIDEDOOR_TELEGRAM_TOKEN_FILE": "/nowhere/canary"})

    assert "canary" not in str(caught.value)


def test_webhook_needs_a_secret() -> None:
    """Telegram in webhook mode does not start without a long secret."""
    with pytest.raises(SettingsError, match="SIDEDOOR_TELEGRAM_SECRET"):
        Settings.load({"SIDEDOOR_TELEGRAM_MODE": "webhook", "SIDEDOOR_TELEGRAM_TOKEN": "t"})


def test_public_address_must_be_meant() -> None:
    """Listening on anything but loopback has to be said twice."""
    with pytest.raises(SettingsError, match="SIDEDOOR_EDGE_HOST"):
        Settings.load({"SIDEDOOR_EDGE_HOST": "0.0.0.0"})

    assert Settings.load({"SIDEDOOR_EDGE_HOST": "0.0.0.0", "SIDEDOOR_ALLOW_PUBLIC_BIND": "yes"}).edge_host == "0.0.0.0"


@pytest.mark.parametrize("name, value", [("IDLE_MINUTES", "61"), ("LIFETIME_HOURS", "25"), ("TIER_SECONDS", "60,61")])
def test_operator_can_only_shorten(name: str, value: str) -> None:
    """What is kept, and how long somebody waits, can be shortened and never lengthened."""
    with pytest.raises(SettingsError):
        Settings.load({PREFIX + name: value})


def test_children_get_the_same_settings() -> None:
    """What the command line changed reaches the child processes."""
    settings = Settings.load({}, state_dir=Path("/tmp/elsewhere"), edge_port=8123)

    child = Settings.load({k: v for k, v in settings.environment().items() if k.startswith(PREFIX)})

    assert (child.state_dir, child.edge_port) == (Path("/tmp/elsewhere"), 8123)


@pytest.mark.parametrize("port", ["0", "65530", "8083"])
def test_edges_need_ports(port: str) -> None:
    """Several edges need a port each, and the desk's is not one of them; an edge that is started alone asks for none."""
    settings = Settings.load({PREFIX + "EDGES": "8", PREFIX + "EDGE_PORT": port})

    with pytest.raises(SettingsError, match="SIDEDOOR_EDGES"):
        _ = settings.edge_ports
    assert Settings.load({PREFIX + "EDGES": "8"}).edge_ports == range(8080, 8088)
    assert Settings.load({PREFIX + "EDGE_PORT": "0"}).edge_ports == range(1)


def test_example_lists_every_setting() -> None:
    """``.env.example`` names every setting and no other."""
    listed = re.findall(r"^#(SIDEDOOR_\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert sorted(listed) == sorted(PREFIX + f.name.upper() for f in fields(Settings))


def test_secret_is_false_when_empty() -> None:
    """An empty secret counts as missing."""
    assert not Secret("")


@pytest.mark.parametrize(
    "url", ["mysql://canary@localhost/x", "postgresql://canary@db.example/x", "postgresql://canary@/x?host=db.example"]
)
def test_database_must_be_close_or_verified(url: str) -> None:
    """Conversations do not cross a network whose other end is not verified, and the URL with its password is not shown."""
    with pytest.raises(SettingsError, match="SIDEDOOR_DATABASE_URL") as caught:
        Settings.load({"SIDEDOOR_DATABASE_URL": url})

    assert "canary" not in str(caught.value) + repr(Settings.load({"SIDEDOOR_DATABASE_URL": "postgresql://canary@/x"}))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "postgresql:///x",
        "postgresql://a@/x?host=/run/postgresql",
        "postgresql://a@127.0.0.1/x",
        "postgresql://a@db.example/x?sslmode=verify-full",
    ],
)
def test_database_that_is_close_or_verified(url: str) -> None:
    """A server on this machine, or one that proves who it is, is taken."""
    settings = Settings.load({"SIDEDOOR_DATABASE_URL": url})

    assert settings.tracker_url.startswith("postgresql:" if url else "sqlite:")
