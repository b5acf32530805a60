"""
Reads the environment, once, into a frozen record; nothing else in the project reads it.

Every field has a working default for one small machine, so ``sidedoor run`` needs no configuration. ``.env.example``
lists all of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "SIDEDOOR_"
_LONGEST_SOCKET_PATH = 107  # bytes: sun_path of Linux


class Secret:
    """A value that does not show itself in ``repr``, ``str`` or a traceback."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself; call it only where it is used up."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)


def _setting(default: Any, about: str, *, low: float | None = None, high: float | None = None) -> Any:
    return field(default=default, metadata={"about": about, "low": low, "high": high})


@dataclass(frozen=True, slots=True)
class Settings:
    """One field per setting; the environment variable is ``SIDEDOOR_`` and the name in capitals."""

    state_dir: Path = _setting(ROOT / ".state", "folder for keys, databases, sockets; only its owner can read it")
    model_dir: Path = _setting(ROOT / "models", "folder of the trained model")
    directory_dir: Path | None = _setting(None, "folder with an agency's or a region's own entries for the directory")
    keys_folder: Path | None = _setting(
        None, "folder of the key files, systemd's credentials say; without it they lie in the state folder"
    )
    keys: Secret = _setting(Secret(""), "this process's own keys, where secrets come as variables")
    database_url: Secret = _setting(
        Secret(""), "PostgreSQL for conversations, postgresql://…; without it they lie in a file in the state folder"
    )
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR; no level ever prints words or ids")

    edge_host: str = _setting("127.0.0.1", "address of the officers' port")
    edge_port: int = _setting(8080, "the officers' port", low=0, high=65535)
    edges: int = _setting(1, "edges behind one Telegram bot, each on a port, from the officers' port on", low=1, high=8)
    desk_host: str = _setting("127.0.0.1", "address of the responders' port")
    desk_port: int = _setting(8090, "the responders' port", low=0, high=65535)
    allow_public_bind: bool = _setting(False, "permit another address than loopback; only behind a TLS proxy")
    secure_cookies: bool = _setting(False, "mark the desk's cookie Secure; set it wherever TLS is used")
    allowed_origins: tuple[str, ...] = _setting((), "origins that may embed the widget, exact, comma-separated")
    exit_url: str = _setting("https://weather.gov/", "where quick exit leads; a page without personal history")

    telegram_mode: str = _setting("off", "off, polling or webhook")
    telegram_token: Secret = _setting(Secret(""), "the bot's token, or name a file in SIDEDOOR_TELEGRAM_TOKEN_FILE")
    telegram_secret: Secret = _setting(Secret(""), "secret of the webhook, 32 characters or more")
    telegram_webhook_url: str = _setting("", "public https address of the webhook")
    telegram_api: str = _setting("https://api.telegram.org", "base URL of the Bot API, for a self-hosted server")
    memory_dir: Path = _setting(
        Path("/dev/shm"),  # noqa: S108 - a folder of our own in it, see bot/channels/telegram_kept.py
        "a file system in memory, where what Telegram has to delete outlives a restart; anything else is not used",
    )
    web_chat_url: str = _setting("", "public address of the web chat, offered on Telegram")

    assistant_patience: float = _setting(6.0, "seconds the edge waits for the assistant", low=0.1, high=120)
    message_limit: int = _setting(10_000, "longest message, in characters", low=100, high=100_000)
    web_messages_per_minute: int = _setting(40, "messages of one chat, web or Telegram, in a minute", low=1, high=1000)
    web_sessions: int = _setting(2_000, "open web conversations at once", low=1, high=100_000)

    idle_minutes: float = _setting(60, "an idle conversation is erased after this", low=1, high=60)
    lifetime_hours: float = _setting(24, "any conversation is erased after this", low=0.1, high=24)
    window_turns: int = _setting(12, "turns of a conversation that the assistant can see", low=4, high=50)

    tier_seconds: tuple[float, ...] = _setting((30, 30, 60), "seconds each tier of responders has to pick up")
    first_line_seconds: float = _setting(60, "seconds a responder has for a first line", low=1, high=600)
    desk_heartbeat_seconds: float = _setting(60, "a desk silent for this long is lost", low=1, high=600)
    duty_file: Path | None = _setting(None, "who is called, when and how: a file as docs/handoff.md describes it")
    handoff_database_url: Secret = _setting(
        Secret(""), "PostgreSQL where edge and desk meet, postgresql://…; without it, a file in the state folder"
    )
    referral_file: Path | None = _setting(None, "providers that take referrals: a file as docs/handoff.md describes it")
    desk_session_minutes: float = _setting(480, "a responder's session ends after this", low=5, high=1440)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """
        Reads *environ* (the process's own by default); *overrides* come from the command line and win.

        Raises ``SettingsError`` that names the setting and what it must be, never its value.
        """
        environ = os.environ if environ is None else environ
        known = {PREFIX + f.name.upper() for f in fields(cls)}
        known |= {name + "_FILE" for name in known}
        for name in environ:
            if name.startswith(PREFIX) and name not in known:
                raise SettingsError(f"{name} is not a setting; see .env.example")
        values = {}
        for spec in fields(cls):
            raw = _raw(environ, PREFIX + spec.name.upper())
            if raw is not None:
                values[spec.name] = _parse(PREFIX + spec.name.upper(), raw, spec)
        if "keys_folder" not in values and _holds_keys(environ.get("CREDENTIALS_DIRECTORY")):
            values["keys_folder"] = Path(environ["CREDENTIALS_DIRECTORY"])
        values.update({name: value for name, value in overrides.items() if value is not None})
        settings = cls(**values)
        settings._check()
        return settings

    def _check(self) -> None:
        if self.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise SettingsError("SIDEDOOR_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR")
        self._check_database()
        if self.telegram_mode not in ("off", "polling", "webhook"):
            raise SettingsError("SIDEDOOR_TELEGRAM_MODE must be off, polling or webhook")
        if self.telegram_mode != "off" and not self.telegram_token:
            raise SettingsError("SIDEDOOR_TELEGRAM_TOKEN is needed when SIDEDOOR_TELEGRAM_MODE is not off")
        if self.telegram_mode == "webhook" and len(self.telegram_secret.reveal()) < 32:
            raise SettingsError("SIDEDOOR_TELEGRAM_SECRET must have at least 32 characters in webhook mode")
        if not self.tier_seconds or not 0 < sum(self.tier_seconds) <= 120:
            raise SettingsError(
                "SIDEDOOR_TIER_SECONDS must add up to at most 120: nobody waits longer without an answer"
            )
        if len(str(self.assistant_socket).encode()) > _LONGEST_SOCKET_PATH:
            raise SettingsError("SIDEDOOR_STATE_DIR is too long a path: a socket in it could not be opened")
        for name, host in (("EDGE_HOST", self.edge_host), ("DESK_HOST", self.desk_host)):
            if host not in ("127.0.0.1", "::1", "localhost") and not self.allow_public_bind:
                raise SettingsError(
                    f"{PREFIX}{name} is not loopback; SIDEDOOR_ALLOW_PUBLIC_BIND must say that this is meant"
                )

    def _check_database(self) -> None:
        for name, given in (("DATABASE_URL", self.database_url), ("HANDOFF_DATABASE_URL", self.handoff_database_url)):
            url = urlsplit(given.reveal())
            if not url.scheme:
                continue
            if url.scheme != "postgresql":
                raise SettingsError(f"{PREFIX}{name} must begin with postgresql://")
            asked = parse_qs(url.query)
            host = url.hostname or asked.get("host", ["localhost"])[0]
            local = host.startswith("/") or host in ("127.0.0.1", "::1", "localhost")
            if not local and asked.get("sslmode") != ["verify-full"]:
                raise SettingsError(f"{PREFIX}{name} names another machine, so it must ask for sslmode=verify-full")

    def environment(self) -> dict[str, str]:
        """The environment for a child process: ours, with what the command line changed written into it."""
        changed = {
            name: str(getattr(self, name)) for name in ("state_dir", "model_dir", "edge_port", "desk_port", "log_level")
        }
        return dict(os.environ) | {PREFIX + name.upper(): value for name, value in changed.items()}

    @property
    def edge_ports(self) -> range:
        """
        One for each edge, for whoever starts or looks at all of them; the web chat is on the first.

        Raises ``SettingsError`` when there is not a free one for each.
        """
        ports = range(self.edge_port, self.edge_port + self.edges)
        if self.edges > 1 and (self.edge_port == 0 or ports[-1] > 65535 or self.desk_port in ports):
            raise SettingsError(
                "SIDEDOOR_EDGES needs a port for each, from SIDEDOOR_EDGE_PORT on; the desk's must not be among them"
            )
        return ports

    # Where things are in the state folder: one place, so that a sweep can list them all.

    @property
    def keys_dir(self) -> Path:
        """One file a key, each process reads only its own."""
        return self.keys_folder or self.state_dir / "keys"

    @property
    def tracker_db(self) -> Path:
        """The assistant's sealed conversations."""
        return self.state_dir / "tracker.db"

    @property
    def tracker_url(self) -> str:
        """Where the conversations lie, as SQLAlchemy wants it; it may hold a password."""
        return self.database_url.reveal() or f"sqlite:///{self.tracker_db}"

    @property
    def handoff_db(self) -> Path:
        """The sealed mailbox between edge and desk."""
        return self.state_dir / "handoff.db"

    @property
    def referral_db(self) -> Path:
        """Receipts of referrals, by a hash of their code, and counts of what officers said of providers."""
        return self.state_dir / "referral.db"

    @property
    def desk_db(self) -> Path:
        """The responders' accounts and the log of operators' acts."""
        return self.state_dir / "desk.db"

    @property
    def assistant_socket(self) -> Path:
        """The Unix socket between edge and assistant."""
        return self.state_dir / "assistant.sock"


def _holds_keys(folder: str | None) -> bool:
    """True for a folder in which systemd has put key files of ours (``LoadCredential=``)."""
    return folder is not None and any(Path(folder).glob("*.key"))


def _raw(environ: Mapping[str, str], name: str) -> str | None:
    if name in environ:
        return environ[name]
    if name + "_FILE" not in environ:
        return None
    try:
        return Path(environ[name + "_FILE"]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{name}_FILE names a file that cannot be read") from None


def _parse(name: str, raw: str, spec: Any) -> Any:
    about = spec.metadata["about"]
    parser = _PARSERS.get(spec.name) or _PARSERS[type(spec.default).__name__]
    try:
        value = parser(raw)
    except (ValueError, KeyError):
        raise SettingsError(f"{name} cannot be understood; it is: {about}") from None
    low, high = spec.metadata["low"], spec.metadata["high"]
    if (low is not None and not value >= low) or (high is not None and not value <= high):  # nan lies nowhere
        raise SettingsError(f"{name} must lie between {low} and {high}; it is: {about}")
    return value


_BOOLS = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
    "": False,
}


def _words(raw: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in raw.split(",") if word.strip())


_PARSERS: dict[str, Callable[[str], Any]] = {
    "str": str.strip,
    "int": int,
    "float": float,
    "bool": lambda raw: _BOOLS[raw.strip().lower()],
    "Secret": lambda raw: Secret(raw.strip()),
    "PosixPath": lambda raw: Path(raw).expanduser().resolve(),
    "allowed_origins": _words,
    "tier_seconds": lambda raw: tuple(float(word) for word in _words(raw)),
    "keys_folder": lambda raw: Path(raw).expanduser().resolve() if raw.strip() else None,
    "directory_dir": lambda raw: Path(raw).expanduser().resolve() if raw.strip() else None,
    "duty_file": lambda raw: Path(raw).expanduser().resolve() if raw.strip() else None,
    "referral_file": lambda raw: Path(raw).expanduser().resolve() if raw.strip() else None,
    "log_level": lambda raw: raw.strip().upper(),
    "telegram_mode": lambda raw: raw.strip().lower(),
    "idle_minutes": float,
    "lifetime_hours": float,
    "first_line_seconds": float,
    "desk_heartbeat_seconds": float,
    "desk_session_minutes": float,
}
