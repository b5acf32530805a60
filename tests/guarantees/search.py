"""Searches everything a house left behind for marked words: files whole and raw, whatever they are called."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path


def forms(canary: str) -> set[bytes]:
    """A canary as it stands, in other cases, and in the encodings a program might leave it in."""
    plain = {canary, canary.lower(), canary.upper(), canary.encode("unicode_escape").decode()}
    found = {text.encode() for text in plain} | {text.encode("utf-16-le") for text in plain}
    import base64
    import urllib.parse

    found.add(urllib.parse.quote(canary).encode())
    for shift in range(3):  # base64 of a text that contains the canary, at each of the three alignments
        raw = base64.b64encode(b"\0" * shift + canary.encode())
        found.add(raw[(0, 2, 3)[shift] : -4])
    return {form for form in found if len(form) > 4}


def shapes_of(canaries: Mapping[str, str]) -> dict[str, set[bytes]]:
    """All forms of each, by its kind."""
    return {kind: forms(canary) for kind, canary in canaries.items()}


def hits(folders: Iterable[Path], canaries: Iterable[str]) -> list[str]:
    """``file: canary`` for each canary in each file below *folders*."""
    wanted = {canary: forms(canary) for canary in canaries}
    found = []
    for folder in folders:
        for path in sorted([folder, *folder.rglob("*")]):
            if path.is_file() and not path.is_socket():
                for layer in layers(path):
                    found += [f"{path.name}: {c}" for c, shapes in wanted.items() if any(s in layer for s in shapes)]
    return sorted(set(found))


def layers(path: Path) -> Iterable[bytes]:
    """The bytes of a file, and those inside it when it is packed."""
    raw = path.read_bytes()
    yield raw
    for unpack in (gzip.decompress, zlib.decompress):
        try:
            yield unpack(raw)
        except (OSError, EOFError, zlib.error):
            pass
    if tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            for member in archive.getmembers():
                handle = archive.extractfile(member) if member.isfile() else None
                if handle is not None:
                    yield handle.read()
