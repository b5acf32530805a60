"""
Drives marked identifiers through the living house, breaks it on the way, and searches all that it left behind.

    python -m tests.guarantees.canary [--conversations 300] [--report reports/canary.txt] [--overwrite]

Real processes at DEBUG with their real channels: the web chat over HTTP, Telegram over an emulator of its Bot API, the
terminal over its pipes. ``test_canary.py`` runs the same code with fewer conversations.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from bot.crypto import keyring
from bot.desk import accounts
from bot.settings import ROOT
from tests.emulators.bot_api import SECRET, BotApi
from tests.guarantees.house import House, Visitor, read_json_lines, words
from tests.guarantees.receiver import PROVIDER, Receiver
from tests.guarantees.search import hits, layers, shapes_of

WORD = "flibbertigibbet"  # no identifier: a word of the officer's that may stand in no log and no file
MARKS = {
    "a word": WORD,
    "name": "Quackenbush",
    "badge": "7734155",
    "phone": "555-0142",
    "e-mail": "zq.canary",
    "case number": "IA-2026-90417",
    "plate": "7ZQX993",
    "street": "Zanzibar Way",
    "Telegram name": "zq_canary_user",
    "address of the network": "203.0.113.77",
}
LIVE_WORD = "gallimaufry"  # written to a person after the yes: meant for the desk's eyes, and for nothing else
PASSWORD = "night shift over the river"
AWAY = "does not answer right now"
OVERWRITING = {"PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0"}


def messages(number: int) -> list[str]:
    """What the officer of conversation *number* writes, each with marks in it; the numbers differ, the marks stay."""
    own = f"{number:03d}"
    return [
        f"hi I'm Sgt Zebulon Quackenbush, badge 7734155, {WORD}",
        f"call me at (212) 555-0142 or zq.canary{own}@example.org {WORD}",
        f"IA opened case IA-2026-90417{own} on me, my plate is 7ZQX993, {WORD}",
        f"/{WORD} Quackenbush 7734155",
        '/inform{"name": "Quackenbush", "badge": "7734155"',
        f'/find_support{{"option": "Quackenbush {WORD}"}}',
        f"will my sergeant find out if I call the EAP, {WORD}",
        f"i live at 4410 Zanzibar Way, cant sleep since then, {WORD}",
        f"Quackenbush here, I am going to shoot myself tonight {WORD} 7734155",
        f"what about seeing someone outside the department, badge 7734155 {WORD}",
        f"{WORD} " * 400 + "7734155",
    ]


@dataclass
class Report:
    """What was done and what was found."""

    conversations: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    faults: list[str] = field(default_factory=list)
    places: list[tuple[str, int, int, list[str]]] = field(default_factory=list)
    memory: list[tuple[str, str, dict[str, int]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def hits(self) -> list[str]:
        """All of them, memory aside."""
        return [f"{place}: {hit}" for place, _, _, found in self.places for hit in found]

    def __str__(self) -> str:
        lines = ["channel        conversations"]
        lines += [f"{name:<15}{count:>13}" for name, count in self.conversations.items()]
        lines += [f"{'all':<15}{self.conversations.total():>13}   ({self.messages} messages)", ""]
        lines += ["faults, one at a time", *(f"  {fault}" for fault in self.faults), ""]
        lines.append(f"{'place searched':<44}{'things':>8}{'MB':>9}{'hits':>6}")
        for place, things, size, found in self.places:
            lines.append(f"{place:<44}{things:>8}{size / 1e6:>9.1f}{len(found):>6}")
            lines += [f"    {hit}" for hit in found[:20]]
        size = sum(size for _, _, size, _ in self.places)
        things = sum(things for _, things, _, _ in self.places)
        lines += [f"{'all':<44}{things:>8}{size / 1e6:>9.1f}{len(self.hits):>6}", ""]
        lines.append("memory of the running processes: marks still found there, by kind (documented, not promised)")
        for when, process, found in self.memory:
            shown = ", ".join(f"{kind} {count}" for kind, count in found.items() if count) or "none"
            lines.append(f"  {when:<38}{process:<11}{shown}")
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


@dataclass
class CanaryHouse(House):
    """
    A house whose output goes through pipes, so that a limit on the size of files cannot hide what it says; *receiver*
    is whom it tells of a handoff or a referral.
    """

    receiver: Receiver = field(default_factory=Receiver)

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", name, *arguments],
            cwd=ROOT, env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.processes[name] = process
        threading.Thread(target=self._copy, args=(process,), daemon=True).start()
        return process

    def _copy(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with self.log.open("ab") as log:
            for line in process.stdout:
                log.write(line)
                log.flush()


@contextlib.contextmanager
def built(base: Path, *, hurry: bool = False, overwrite: bool = False) -> Iterator[tuple[CanaryHouse, BotApi]]:
    """
    All three processes at DEBUG, Telegram's emulator before them, all their folders below *base*.

    With *hurry* their sweeps come every two seconds instead of every thirty; with *overwrite* they run as
    docs/threat-model.md describes for an operator who wants freed memory overwritten.
    """
    for name in ("faults", "tmp", "home"):
        (base / name).mkdir(parents=True)
    if hurry:
        (base / "faults" / "hurry").touch()
    with (
        contextlib.ExitStack() as memory,
        BotApi(token="123456:canary-token-for-the-emulator") as telegram,
        Receiver() as receiver,
    ):
        house = CanaryHouse(base / "state", receiver=receiver)
        if Path("/dev/shm").is_dir():  # what Telegram has to delete lies in a file system in memory
            house.environ["SIDEDOOR_MEMORY_DIR"] = memory.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm"))
        house.hears_telegram(telegram)
        house.environ |= {
            "SIDEDOOR_LOG_LEVEL": "DEBUG",
            "SIDEDOOR_WEB_MESSAGES_PER_MINUTE": "1000",
            "PYTHONPATH": str(Path(__file__).parent / "faults"),
            "FAULTS": str(base / "faults"),
            "TMPDIR": str(base / "tmp"),
            "HOME": str(base / "home"),
        } | (OVERWRITING if overwrite else {})
        house.environ |= receiver.environment(base / "operator")
        house.state.mkdir(mode=0o700)
        accounts.add(house.state / "desk.db", "dana", PASSWORD)
        try:
            house.start("assistant")
            house.start("desk")
            house.open_edge()
            house.wait_for(house.edge_url + "/readyz", 300)
            yield house, telegram
        finally:
            house.close()


class Desk:
    """A responder's browser, without the browser: it remembers every byte that the desk ever answered."""

    def __init__(self, url: str) -> None:
        self.received: list[bytes] = []
        hooks = {"response": [lambda response: self.received.append(response.read() + str(response.headers).encode())]}
        self.client = httpx.Client(base_url=url, trust_env=False, verify=False, timeout=20, event_hooks=hooks)
        self.headers = {"Origin": url}
        body = {"name": "dana", "password": PASSWORD}
        assert self.client.post("/api/sign-in", json=body, headers=self.headers).status_code == 200
        page = self.client.get("/").text
        self.headers["X-Sidedoor-Token"] = page.split('name="token" content="')[1].split('"')[0]
        self.stays()

    def stays(self) -> None:
        """On duty, and it shows."""
        self.client.post("/api/here", json={"page": "a" * 16, "on_duty": True}, headers=self.headers)

    def picture(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get("/api/state").json()["picture"]
        return found

    def acts(self, case: str, act: str, **body: Any) -> int:
        return self.client.post(f"/api/cases/{case}/{act}", json=body, headers=self.headers).status_code


class Canary:
    """One run over one house."""

    def __init__(self, house: CanaryHouse, telegram: BotApi, conversations: int, *, thorough: bool) -> None:
        self.house, self.telegram = house, telegram
        self.base = house.state.parent
        self.wanted, self.thorough = conversations, thorough
        self.report = Report()
        self.answers: list[bytes] = []
        self.desks: list[Desk] = []
        self.visitors: list[Visitor] = []
        self.chats: list[Any] = []
        self._numbers = itertools.count(1)
        self._counting = threading.Lock()

    def run(self) -> Report:
        """Everything, in an order in which each fault meets a house that works."""
        with ThreadPoolExecutor(1) as beside:  # a quick run lets its one terminal talk while all else goes on
            talk = None if self.thorough else beside.submit(self.terminal)
            self.plain(self.wanted * 2 // 3)
            self.one_fault_after_another()
            if talk:
                talk.result()
        if self.thorough:
            self.plain(self.wanted - self.report.conversations.total() - 3)
            for _ in range(3):
                self.terminal()
        self.probes()
        if self.thorough:
            self.remember_memory("while conversations are there")
        self.search()
        return self.report

    def one_fault_after_another(self) -> None:
        """One after the other, each with conversations under way."""
        few, said = max(1, self.wanted // 60), 99 if self.thorough else 6
        for fault in ("action", "nlu", "template", "store"):
            with self.fault(f"{fault} raises" if fault != "template" else "a reply lacks a value", flag=fault):
                self.plain(few, said=said)
            assert (self.base / "faults" / f"{fault}.seen").exists(), f"fault {fault} never struck"
        with self.fault("database locked by somebody else"), self.locked():
            self.plain(1, said=3 if self.thorough else 1)
        with self.fault("disk full for every process"), self.full_disk():
            self.plain(few, said=5)
        with self.fault("malformed JSON, forged /intent{…}, oversize, wrong encoding"):
            self.malformed()
        with self.fault("webhook replayed, and forged"):
            self.replayed()
        with self.fault("edge killed in mid-turn"):
            self.killed_in_mid_turn("serve")
        self.live_chat()  # needs no redaction, which the new edge is still loading
        self.referral()
        self.house.wait_for(self.house.edge_url + "/readyz", 120)
        with self.fault("tracker database overwritten with rubbish"):
            self.spoilt_store()
        with self.fault("assistant killed in mid-turn"):
            self.killed_in_mid_turn("assistant")
            if self.thorough:
                self.house.start("assistant")
                self.house.wait_for(self.house.edge_url + "/readyz", 300)

    # -- conversations

    def plain(self, count: int, said: int = 99) -> None:
        """*count* conversations, one in three on Telegram, several at a time."""
        with ThreadPoolExecutor(12) as pool:
            talks = [
                pool.submit(self.telegram_talk if place % 3 == 2 else self.web_talk, said) for place in range(count)
            ]
            for talk in talks:
                talk.result()

    def web_talk(self, said: int = 99) -> Visitor:
        """A conversation in the web chat, each message answered, with an offer of a person turned down in between."""
        number, visitor = self.counted("web chat"), Visitor(self.house.edge_url)
        visitor.client.headers.update({"User-Agent": f"{WORD}/1.0", "X-Forwarded-For": MARKS["address of the network"]})
        visitor.client.event_hooks = {"response": [lambda response: self.answers.append(response.read())]}
        visitor.open()
        for text in messages(number)[:said]:
            assert visitor.says(text), "no answer on the web"
        visitor.says(choice="/person")
        visitor.says(choice="/person_no")
        self.tell(min(said, len(messages(number))) + 2)
        self.visitors.append(visitor)
        return visitor

    def telegram_talk(self, said: int = 99) -> None:
        """A conversation on Telegram."""
        number = self.counted("Telegram")
        user = self.telegram.user("Quackenbush", username=f"{MARKS['Telegram name']}_{number}")
        self.chats.append(user)
        for text in ("/start", *messages(number)[:said]):
            before = len(user.hears())
            user.says(text)
            self.until(lambda before=before: len(user.hears()) > before, "no answer on Telegram")  # type: ignore[misc]
        self.tell(1 + min(said, len(messages(number))))

    def terminal(self) -> None:
        """A conversation in the terminal, in a process of its own that shares keys and store with the running house."""
        number = self.counted("terminal")
        talk = subprocess.run(
            [sys.executable, "-m", "bot", "shell", "--json"], cwd=ROOT, env=self.house.environment(), timeout=240,
            input="\n".join(messages(number)).encode() + b"\n", capture_output=True, check=True,
        )  # fmt: skip
        answers = read_json_lines(talk.stdout)
        assert len(answers) == len(messages(number)) and all(answer["replies"] for answer in answers)
        self.answers.append(talk.stdout)
        with self.house.log.open("ab") as log:
            log.write(talk.stderr)
        self.tell(len(messages(number)))

    def live_chat(self) -> None:
        """An officer asks for a person, one comes, both write; the desk dies in between, comes back, and the chat ends."""
        visitor = self.web_talk(said=3 if self.thorough else 1)
        visitor.says(choice="/person")
        visitor.says(choice="/person_yes")
        desk = self.at_desk()
        case = self.until(lambda: next(iter(desk.picture().get("cases", ())), None), "no case at the desk")["id"]
        assert desk.acts(case, "claim") == 204
        self.until(lambda: desk.acts(case, "lines", id=os.urandom(8).hex(), text="I am here.") == 200, "no first line")
        self.until(lambda: "I am here." in words(visitor.poll()), "the first line never came")
        visitor.says(f"thank you {LIVE_WORD}")
        assert self.until(lambda: LIVE_WORD in json.dumps(desk.picture()), "the line never came")
        with self.fault("desk killed in a live chat"):
            self.house.kill("desk")
            visitor.says(f"still there? {LIVE_WORD}")
            self.house.start("desk")
            self.house.wait_for(self.house.desk_url + "/livez", 60)
        again = self.at_desk()
        last = max(line["seq"] for line in again.picture()["chats"][case]["lines"])
        again.acts(case, "read", got=last, saw=last)
        assert again.acts(case, "close", outcome="talked") == 204
        self.tell(3)

    def referral(self) -> None:
        """An officer leaves name and number for a provider; it arrives, sealed to that provider."""
        number, visitor = (
            self.counted("web chat"),
            Visitor(self.house.edge_url),
        )  # shown what they typed, so not searched
        for choice in (f"/referral_to:{PROVIDER}", "/referral_go"):
            visitor.says(choice=choice)
        visitor.says(f"Zebulon Quackenbush, 555-0142, zq.canary{number:03d}@example.org {WORD}")
        visitor.says(choice="/referral_send")
        self.until(lambda: self.house.receiver.told("referral"), "the referral never arrived")
        assert self.house.receiver.reads("Quackenbush"), "the referral is no test"
        self.tell(4)
        self.visitors.append(visitor)

    def at_desk(self) -> Desk:
        desk = Desk(self.house.desk_url)
        self.desks.append(desk)
        return desk

    # -- faults

    @contextlib.contextmanager
    def fault(self, name: str, flag: str = "") -> Iterator[None]:
        """While it lasts, *flag* is raised for the processes; the report names it."""
        if flag:
            (self.base / "faults" / flag).touch()
        yield
        if flag:
            (self.base / "faults" / flag).unlink()
        self.report.faults.append(name)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Another process holds both databases for itself."""
        held = [sqlite3.connect(self.house.state / name, timeout=10) for name in ("tracker.db", "handoff.db")]
        for connection in held:
            connection.execute("BEGIN EXCLUSIVE")
        yield
        for connection in held:
            connection.rollback()
            connection.close()

    @contextlib.contextmanager
    def full_disk(self) -> Iterator[None]:
        """No process can write beyond the first kilobytes of any file."""
        pids = [process.pid for process in self.house.processes.values()]
        before = [resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids]
        for pid, (_, hard) in zip(pids, before, strict=True):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (8192, hard))
        yield
        for pid, limits in zip(pids, before, strict=True):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)

    def malformed(self) -> None:
        """What a scanner or a broken client would send."""
        with httpx.Client(base_url=self.house.edge_url, trust_env=False, verify=False, timeout=10) as client:
            headers = {"Authorization": "Bearer 7734155", "User-Agent": WORD, "X-Forwarded-For": "203.0.113.77"}
            as_json = headers | {"Content-Type": "application/json"}
            bodies = [
                b"{" + WORD.encode(),
                b"\xff\xfe" + WORD.encode("utf-16-le"),
                b"[]",
                b"x" * 200_000,
                b"[" * 60_000,
            ]
            bodies += [json.dumps({"id": WORD, "text": 7}).encode(), json.dumps({"id": "m1", "choice": WORD}).encode()]
            bodies.append(b'{"id": "m00001-1", "text": "\\ud800 Quackenbush 7734155"}')
            for body, kind in itertools.product(bodies, (headers, as_json)):
                response = client.post("/chat/messages", content=body, headers=kind)
                assert response.status_code < 500
                self.answers.append(response.content)
            for path in (f"/{WORD}?q=7734155", f"/chat/poll?after={WORD}", f"/widget/{WORD}"):
                response = client.get(path, headers=headers)
                assert 400 <= response.status_code < 500
                self.answers.append(response.content)

    def replayed(self) -> None:
        """The same update twice, and one with a secret that somebody made up."""
        sender = {"id": 7734155, "is_bot": False, "first_name": "Quackenbush", "username": "zq_canary_user"}
        self.telegram.user("Quackenbush", username="zq_canary_user_7")
        message = {"message_id": 5, "date": int(time.time()), "text": f"badge 7734155 {WORD}", "from": sender}
        update = {"update_id": 731_999_999, "message": message | {"chat": sender | {"type": "private"}}}
        for secret, want in ((SECRET, 200), (SECRET, 200), ("forged", 401), ("", 401)):
            headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
            url = f"{self.house.edge_url}/telegram"
            assert httpx.post(url, json=update, headers=headers, trust_env=False, timeout=20).status_code == want

    def killed_in_mid_turn(self, name: str) -> None:
        """The process dies while it works on a message; the officer's next message is answered."""
        visitor = self.web_talk(said=1)
        with self.flag("slow"), ThreadPoolExecutor(1) as pool:
            turn = pool.submit(lambda: visitor.says(f"what is an EAP Quackenbush {WORD}"))
            self.until(lambda: (self.base / "faults" / "slow.seen").exists() or turn.done(), "the turn never began")
            self.house.kill(name)
            with contextlib.suppress(httpx.HTTPError):
                turn.result()
        (self.base / "faults" / "slow.seen").unlink(missing_ok=True)
        if name == "serve":
            self.house.open_edge()
        assert self.web_talk(said=2 if self.thorough else 1)

    def spoilt_store(self) -> None:
        """The store's file is overwritten under the running process."""
        path = self.house.state / "tracker.db"
        path.write_bytes(b"\0" * 2048 + path.read_bytes()[2048:])
        self.web_talk(said=99 if self.thorough else 6)

    @contextlib.contextmanager
    def flag(self, name: str) -> Iterator[None]:
        (self.base / "faults" / name).touch()
        yield
        (self.base / "faults" / name).unlink()

    # -- what is searched

    def probes(self) -> None:
        """What the processes tell anybody who asks about themselves."""
        self.told: list[bytes] = []
        for base in (self.house.edge_url, self.house.desk_url):
            for path in ("/livez", "/readyz", "/metrics", "/"):
                with contextlib.suppress(httpx.HTTPError):
                    response = httpx.get(base + path, trust_env=False, timeout=30)
                    self.told.append(response.content + str(response.headers).encode())

    def search(self) -> None:
        """Every place, with how much of it there was."""
        ids = {f"Telegram id {number}": str(user.id) for number, user in enumerate(self.chats)}
        marks = {**MARKS, "a word to a person": LIVE_WORD}
        everything = marks | ids
        self.files("standard output and error, logs", [self.house.log], everything)
        self.files("state: databases, WAL, free pages, mailbox", [self.house.state], everything)
        if kept := self.house.environ.get("SIDEDOOR_MEMORY_DIR"):
            self.files("memory file system: what Telegram has to delete", [Path(kept)], everything)
        self.files("temporary folders", [self.base / "tmp"], everything)
        self.files("home: caches and settings of libraries", [self.base / "home"], everything)
        self.files("models and Rasa's cache", [ROOT / "models", ROOT / ".rasa"], MARKS)
        self.bytes("probes and metrics", self.told, everything)
        self.bytes("answers of the desk", [part for desk in self.desks for part in desk.received], MARKS | ids)
        self.bytes("answers to the officers", self.answers, everything)
        calls = [json.dumps([call.method, {**call.parameters, "chat_id": 0}]).encode() for call in self.telegram.calls]
        self.bytes("requests to Telegram (chat_id aside)", calls, everything)
        told = [path.encode() + raw for path, raw in self.house.receiver.got]
        self.bytes("requests to people on duty and providers", told, everything)
        assert self.house.receiver.told("duty"), "nobody on duty was told"
        self.bytes("addresses connected to", [p.read_bytes() for p in self.connects()], everything)
        strangers = {line for path in self.connects() for line in path.read_text().splitlines() if not at_home(line)}
        self.report.places.append(("connections to other machines", len(self.connects()), 0, sorted(strangers)))
        dumps = [path.name for folder in (ROOT, self.base) for path in folder.rglob("core*") if is_dump(path)]
        self.report.places.append(("core dumps", 0, 0, dumps))
        assert any(LIVE_WORD.encode() in part for desk in self.desks for part in desk.received), (
            "the live chat is no test"
        )

    def forget_and_rotate(self) -> None:
        """Every officer asks to be forgotten, every key is rotated and the older one destroyed; then memory is read again."""
        for visitor in self.visitors:
            with contextlib.suppress(httpx.HTTPError, KeyError):
                visitor.client.post(visitor.url + "/chat/forget", json={}, headers=visitor.headers)
        for user in self.chats:
            user.says("/forget")
        self.until(lambda: all("rased" in "".join(user.hears()[-1:]) for user in self.chats), "not all were forgotten")
        for purpose in keyring.PURPOSES:
            keyring.rotate(self.house.state / "keys", purpose)
            keyring.forget(self.house.state / "keys", purpose)
        hurried = (self.base / "faults" / "hurry").exists()
        if self.thorough or hurried:
            time.sleep(
                5 if hurried else 65
            )  # two rounds of the sweep that takes up keys and lets the language model forget its words
        self.remember_memory("after forget me and key rotation")

    def files(self, place: str, folders: list[Path], marks: dict[str, str]) -> None:
        there = [folder for folder in folders if folder.exists()]
        paths = [p for folder in there for p in (folder, *folder.rglob("*")) if p.is_file()]
        size = sum(path.stat().st_size for path in paths)
        self.report.places.append((place, len(paths), size, hits(there, marks.values())))

    def bytes(self, place: str, parts: list[bytes], marks: dict[str, str]) -> None:
        found = sorted(
            {kind for kind, shapes in shapes_of(marks).items() if any(s in p for p in parts for s in shapes)}
        )
        self.report.places.append((place, len(parts), sum(map(len, parts)), found))

    def remember_memory(self, when: str) -> None:
        """What a reader with the rights of root finds in the processes."""
        wanted = {kind: mark for kind, mark in MARKS.items() if kind != "address of the network"}
        for name, process in self.house.processes.items():
            if process.poll() is None:
                try:
                    self.report.memory.append((when, name, in_memory(process.pid, wanted)))
                except PermissionError:
                    self.report.notes.append(f"the memory of {name} may not be read from here")

    # -- small things

    def counted(self, channel: str) -> int:
        with self._counting:
            self.report.conversations[channel] += 1
            return next(self._numbers)

    def tell(self, count: int) -> None:
        with self._counting:
            self.report.messages += count

    def connects(self) -> list[Path]:
        return sorted((self.base / "faults").glob("connects.*"))

    def until(self, condition: Callable[[], Any], failing: str, seconds: float = 60) -> Any:
        end = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < end, failing
            time.sleep(0.05)
        return found


def at_home(line: str) -> bool:
    """True for a line of ``connects`` that names this machine."""
    return line.startswith("AF_UNIX") or bool(re.search(r"'(127\.0\.0\.1|::1|localhost)'$", line))


def is_dump(path: Path) -> bool:
    """A core dump is an ELF file of type 4."""
    if not path.is_file() or ".venv" in path.parts:
        return False
    with path.open("rb") as file:
        head = file.read(18)
    return head[:4] == b"\x7fELF" and head[16:18] == b"\x04\x00"


def in_memory(pid: int, marks: dict[str, str]) -> dict[str, int]:
    """How often each mark stands in the writable memory of a process, as text of one byte or of two."""
    shapes = [(kind, shape) for kind, mark in marks.items() for shape in (mark.encode(), mark.encode("utf-16-le"))]
    found = dict.fromkeys(marks, 0)
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            area, rights, *_ = line.split()
            if rights[:2] != "rw" or "[v" in line:
                continue
            before = b""
            for content in _pieces(memory, *(int(number, 16) for number in area.split("-"))):
                for kind, shape in shapes:
                    seam = before[1 - len(shape) :] + content[: len(shape) - 1]
                    found[kind] += content.count(shape) + seam.count(shape)
                before = content[-64:]  # longer than any mark
    return found


_PIECE = 1 << 20
_NOTHING = bytes(_PIECE)


def _pieces(memory: BinaryIO, first: int, last: int) -> Iterator[bytes]:
    """The bytes of one area; what was never written to is most of it, and is told apart at once."""
    for place in range(first, last, _PIECE):
        try:
            memory.seek(place)
            content = memory.read(min(_PIECE, last - place))
        except (OSError, ValueError, OverflowError):
            return
        yield b"" if content == _NOTHING else content


def main() -> int:
    """The whole run; its report goes to the screen and into a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=300)
    parser.add_argument("--report", type=Path, default=ROOT / "reports" / "canary.txt")
    parser.add_argument(
        "--overwrite", action="store_true", help="freed memory is overwritten, see docs/threat-model.md"
    )
    wanted = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="canary-") as folder,
        built(Path(folder), overwrite=wanted.overwrite) as (house, telegram),
    ):
        canary = Canary(house, telegram, wanted.conversations, thorough=True)
        report = canary.run()
        canary.forget_and_rotate()
        print(report)
    wanted.report.parent.mkdir(parents=True, exist_ok=True)
    wanted.report.write_text(f"{report}\n")
    return 1 if report.hits else 0


__all__ = ["MARKS", "Canary", "built", "layers"]

if __name__ == "__main__":
    sys.exit(main())
