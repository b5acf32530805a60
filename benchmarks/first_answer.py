"""
Measures what a newcomer waits for: from a fresh clone to a first answer, and from a second start to readiness.

    .venv/bin/python benchmarks/first_answer.py            # cold caches: downloads everything again
    .venv/bin/python benchmarks/first_answer.py --start    # only starts the house that is built already, five times
    .venv/bin/python benchmarks/first_answer.py --edge     # only starts the edge alone, seven times

Beside it stands the stock way: the time that ``import rasa`` alone takes in the same run, because Rasa's own server
cannot answer anything before that.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
CRISIS = "I have my gun in my hand and I am going to do it tonight"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answered(port: int, text: str) -> float:
    """Milliseconds that the answer to *text* takes, from a new visitor of the web chat on *port*."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
        opened = client.post("/chat/open", json={}).json()
        began = time.perf_counter()
        answer = client.post(
            "/chat/messages",
            json={"id": f"m-{os.urandom(8).hex()}", "text": text, "after": 0},
            headers={"Authorization": f"Bearer {opened['token']}"},
        )
        assert answer.json()["events"], "no answer"
        return (time.perf_counter() - began) * 1000


def edge_alone(rounds: int) -> None:
    """``sidedoor serve``, from its start to a crisis message answered."""
    taken = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="sidedoor-") as name:
            port = free_port()
            ours = {"SIDEDOOR_STATE_DIR": f"{name}/s", "SIDEDOOR_EDGE_PORT": str(port)}
            began = time.monotonic()
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=os.environ | ours, stderr=subprocess.DEVNULL
            )
            while time.monotonic() - began < 60:
                try:
                    answered(port, CRISIS)
                    break
                except httpx.HTTPError:
                    time.sleep(0.02)
            taken.append(time.monotonic() - began)
            process.terminate()
            process.wait(10)
    print(f"edge alone: started to crisis answered  median {statistics.median(taken):.2f} s", end="  ")
    print(f"({min(taken):.2f} to {max(taken):.2f}, {rounds} starts)")


class Run:
    """``make run`` in *folder*, timed from its start."""

    def __init__(self, folder: Path, state: Path, environ: dict[str, str]) -> None:
        self.edge, desk = free_port(), free_port()
        ours = {
            "SIDEDOOR_STATE_DIR": str(state),
            "SIDEDOOR_EDGE_PORT": str(self.edge),
            "SIDEDOOR_DESK_PORT": str(desk),
        }
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            ["make", "run"], cwd=folder, env=os.environ | environ | ours, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def until(self, path: str, seconds: float) -> float:
        """Seconds from the start until *path* of the officers' port answers 200."""
        while time.monotonic() - self.began < seconds:
            try:
                if httpx.get(f"http://127.0.0.1:{self.edge}{path}", timeout=5, trust_env=False).status_code == 200:
                    return time.monotonic() - self.began
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        raise SystemExit(f"{path} did not answer within {seconds} s")

    def says(self, text: str) -> float:
        """Milliseconds that the answer to *text* takes."""
        return answered(self.edge, text)

    def end(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(30)


def fresh_clone() -> None:
    with tempfile.TemporaryDirectory(prefix="sidedoor-") as name:
        base = Path(name)
        began = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(base / "clone")], check=True)
        cold = {"UV_CACHE_DIR": str(base / "uv"), "PIP_NO_CACHE_DIR": "1"}
        run = Run(base / "clone", base / "s", cold)
        run.began = began
        print(f"fresh clone, cold caches: crisis answered after   {run.until('/livez', 900):6.1f} s")
        run.says(CRISIS)
        print(f"fresh clone, cold caches: whole house ready after {run.until('/readyz', 900):6.1f} s")
        print(f"first answer of the assistant                     {run.says('what is an EAP'):6.1f} ms")
        run.end()


def second_start(rounds: int) -> None:
    live, ready, crisis, rasa = [], [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="sidedoor-") as name:
            run = Run(ROOT, Path(name) / "s", {})
            live.append(run.until("/livez", 60))
            crisis.append(run.says(CRISIS))
            ready.append(run.until("/readyz", 300))
            run.end()
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", "import rasa.core.agent"], check=True, capture_output=True)
        rasa.append(time.monotonic() - began)
    for label, figures, unit in (
        ("edge answers after", live, "s"),
        ("crisis while all else loads", crisis, "ms"),
        ("whole house ready after", ready, "s"),
        ("stock: import rasa alone", rasa, "s"),
    ):
        print(f"{label:32} median {statistics.median(figures):7.2f} {unit}  ({min(figures):.2f} to {max(figures):.2f})")
    print(f"ready / import rasa              {statistics.median(ready) / statistics.median(rasa):7.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", action="store_true", help="only the second start")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--edge", action="store_true", help="only the edge alone")
    arguments = parser.parse_args()
    if not (arguments.start or arguments.edge):
        fresh_clone()
    if not arguments.edge:
        second_start(arguments.rounds)
    edge_alone(7)
