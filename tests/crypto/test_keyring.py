"""Keys are read by their owner alone, one purpose at a time, and forgetting one is for good."""

from __future__ import annotations

import os
import struct
import threading
from pathlib import Path

import pytest

from bot.crypto.keyring import PURPOSES, Keyring, as_text, create, forget, rotate, status
from bot.errors import CannotOpenError, KeyFileError, PreflightError
from bot.settings import Settings
from bot.wiring import prepare

PLACE = "events/7"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create(tmp_path / "keys")
    return tmp_path / "keys"


def test_create_makes_what_is_missing(folder: Path) -> None:
    """
    A second ``create`` touches nothing, and one after a loss makes only the lost key.
    """
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    lost = next(folder.glob("mailbox.*"))
    lost.unlink()

    made = create(folder), create(folder)

    assert made == (("mailbox",), ())
    assert all((folder / name).read_bytes() == content for name, content in before.items() if name != lost.name)


def test_only_the_owner_can_read(folder: Path) -> None:
    """
    Keys are made with mode 0600 in a folder with mode 0700, 32 bytes each, and no draft is left.
    """
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert {path.stat().st_size for path in folder.iterdir()} == {32}
    assert len(list(folder.iterdir())) == len(PURPOSES)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_key_open_to_others_is_refused(folder: Path, mode: int) -> None:
    """
    A key file that others can read or write stops the process; the error names the purpose only.
    """
    path = next(folder.glob("tracker.*"))
    path.chmod(mode)

    with pytest.raises(KeyFileError, match="tracker") as failure:
        Keyring(folder, ["tracker"])

    assert path.read_bytes().hex() not in str(failure.value) and str(folder) not in str(failure.value)


def test_folder_open_to_others_is_refused(folder: Path) -> None:
    """
    A keys folder that others can look into stops the process.
    """
    folder.chmod(0o750)

    with pytest.raises(KeyFileError, match="0700"):
        Keyring(folder, ["tracker"])


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_malformed_key_is_refused(folder: Path, content: bytes) -> None:
    """
    A key file of the wrong length stops the process instead of sealing with a weak key.
    """
    next(folder.glob("tracker.*")).write_bytes(content)

    with pytest.raises(KeyFileError, match="tracker: a key file is malformed"):
        Keyring(folder, ["tracker"])


def test_missing_key_and_missing_folder_are_named(folder: Path, tmp_path: Path) -> None:
    """
    Without a key the error says how to make one.
    """
    next(folder.glob("tracker.*")).unlink()

    for where in (folder, tmp_path / "nowhere"):
        with pytest.raises(KeyFileError, match="sidedoor keys create"):
            Keyring(where, ["tracker"])


def test_a_process_holds_only_its_own_keys(folder: Path) -> None:
    """
    A keyring neither serves nor keeps in memory a purpose it was not made for.
    """
    other = next(folder.glob("pseudonyms.*")).read_bytes()
    keyring = Keyring(folder, ["tracker"])

    for ask in (keyring.sealer, lambda purpose: keyring.mac(purpose, b""), lambda purpose: keyring.macs(purpose, b"")):
        with pytest.raises(KeyFileError, match="pseudonyms: this process does not hold that key"):
            ask("pseudonyms")

    assert other not in str(vars(keyring)).encode() and keyring._keys.keys() == {"tracker"}


def test_unreadable_key_of_another_purpose_does_not_matter(folder: Path) -> None:
    """
    The desk starts although it may not read the tracker's key: it does not even look.
    """
    next(folder.glob("tracker.*")).write_bytes(b"")

    assert repr(Keyring(folder, ["desk_sessions"])) == "Keyring(desk_sessions)"


def test_purposes_do_not_share_a_key(folder: Path) -> None:
    """
    What one purpose sealed, another cannot open, and their MACs differ.
    """
    keyring = Keyring(folder, PURPOSES)
    sealed = keyring.sealer("tracker").seal(b"night shift", place=PLACE)

    with pytest.raises(CannotOpenError):
        keyring.sealer("mailbox").open(sealed, place=PLACE)
    assert len({keyring.mac(purpose, b"same") for purpose in PURPOSES}) == len(PURPOSES)


def test_rotation_takes_effect_while_running(folder: Path) -> None:
    """
    After a rotation and a refresh the newest key writes, the older one reads, and marks are found under both.
    """
    keyring = Keyring(folder, ["tracker"])
    sealer = keyring.sealer("tracker")
    sealed, mark = sealer.seal(b"before", place=PLACE), keyring.mac("tracker", b"row")

    rotate(folder, "tracker")
    changed = keyring.refresh(), keyring.refresh()

    assert changed == (True, False)
    assert sealer.open(sealed, place=PLACE) == b"before"
    assert sealer.seal(b"after", place=PLACE)[:9] != sealed[:9]
    assert keyring.macs("tracker", b"row") == (keyring.mac("tracker", b"row"), mark)


def test_rotation_in_another_process_loses_nothing(folder: Path) -> None:
    """
    A process that has not heard of a rotation yet opens what another one sealed with the new key.
    """
    late = Keyring(folder, ["mailbox"])
    rotate(folder, "mailbox")
    sealed = Keyring(folder, ["mailbox"]).sealer("mailbox").seal(b"on my way", place=PLACE)

    assert late.sealer("mailbox").open(sealed, place=PLACE) == b"on my way"


def test_rotation_under_load_loses_nothing(folder: Path) -> None:
    """
    While keys are rotated and refreshed, everything that two threads seal opens in the other.
    """
    rings = Keyring(folder, ["mailbox"]), Keyring(folder, ["mailbox"])
    lost: list[Exception] = []
    done = threading.Event()

    def talk(mine: Keyring, other: Keyring) -> None:
        while not done.is_set():
            sealed = mine.sealer("mailbox").seal(b"still here", place=PLACE)
            try:
                assert other.sealer("mailbox").open(sealed, place=PLACE) == b"still here"
            except Exception as error:
                lost.append(error)

    threads = [threading.Thread(target=talk, args=pair) for pair in (rings, rings[::-1])]
    for thread in threads:
        thread.start()
    for turn in range(20):
        rotate(folder, "mailbox")
        rings[turn % 2].refresh()
    done.set()
    for thread in threads:
        thread.join()

    assert lost == []


def test_rotations_within_a_second_keep_their_order(folder: Path) -> None:
    """
    The last key made is the newest, however fast they follow one another.
    """
    made = [rotate(folder, "tracker") for _ in range(5)]

    assert made == sorted(made)
    assert next(row.id for row in status(folder) if row.purpose == "tracker") == made[-1]


def test_forgetting_old_keys_forgets_what_they_sealed(folder: Path) -> None:
    """
    After ``forget old`` what the old key sealed is lost, in a running process too, and the newest goes on.
    """
    keyring = Keyring(folder, ["tracker"])
    sealer = keyring.sealer("tracker")
    before = sealer.seal(b"before", place=PLACE)
    rotate(folder, "tracker")
    keyring.refresh()
    after = sealer.seal(b"after", place=PLACE)

    gone = forget(folder, "tracker")
    keyring.refresh()

    assert len(gone) == 1 and gone[0] not in {row.id for row in status(folder)}
    assert sealer.open(after, place=PLACE) == b"after"
    with pytest.raises(CannotOpenError):
        sealer.open(before, place=PLACE)


def test_forgetting_the_newest_key_leaves_a_fresh_one(folder: Path) -> None:
    """
    Forgetting a purpose's only key loses what it sealed, yet the process can go on sealing.
    """
    keyring = Keyring(folder, ["address_book"])
    sealer = keyring.sealer("address_book")
    sealed = sealer.seal(b"somebody", place=PLACE)
    (only,) = [row.id for row in status(folder) if row.purpose == "address_book"]

    assert forget(folder, "address_book", only) == (only,)
    keyring.refresh()

    with pytest.raises(CannotOpenError):
        sealer.open(sealed, place=PLACE)
    assert sealer.open(sealer.seal(b"new", place=PLACE), place=PLACE) == b"new"


def test_forgetting_what_is_not_there(folder: Path) -> None:
    """
    An unknown id or purpose is an error that says so; ``old`` with nothing old does nothing.
    """
    before = sorted(path.name for path in folder.iterdir())

    with pytest.raises(KeyFileError, match="no key with that id"):
        forget(folder, "tracker", "00" * 8)
    with pytest.raises(KeyFileError, match="no such purpose"):
        forget(folder, "trackers")
    assert forget(folder, "tracker") == () and before == sorted(path.name for path in folder.iterdir())


def test_refresh_keeps_the_keys_when_the_folder_is_not_in_order(folder: Path) -> None:
    """
    A folder that was opened to others by mistake raises, and the conversation under way is not lost.
    """
    keyring = Keyring(folder, ["tracker"])
    sealed = keyring.sealer("tracker").seal(b"hello", place=PLACE)
    folder.chmod(0o755)

    with pytest.raises(KeyFileError):
        keyring.refresh()

    assert keyring.sealer("tracker").open(sealed, place=PLACE) == b"hello"


def test_unknown_key_in_a_broken_folder_is_one_error(folder: Path) -> None:
    """
    A value under an unknown key raises ``CannotOpenError`` even when the folder cannot be read again.
    """
    keyring = Keyring(folder, ["tracker", "mailbox"])
    sealed = keyring.sealer("mailbox").seal(b"hello", place=PLACE)
    folder.chmod(0o755)

    with pytest.raises(CannotOpenError):
        keyring.sealer("tracker").open(sealed, place=PLACE)


def test_status_tells_states_and_nothing_secret(folder: Path) -> None:
    """
    The operator sees purpose, id, time and state of each key, and why one is refused, never a key.
    """
    rotate(folder, "tracker")
    next(folder.glob("mailbox.*")).chmod(0o644)

    rows = status(folder)

    states = {purpose: [row.state.split(":")[0] for row in rows if row.purpose == purpose] for purpose in PURPOSES}
    assert states["tracker"] == ["writes and reads", "reads"]
    assert states["mailbox"] == ["refused"]
    assert not any(path.read_bytes().hex() in str(rows) for path in folder.iterdir())


def test_credentials_folder_needs_no_writing(folder: Path) -> None:
    """
    A read-only folder made by systemd or a container, with modes 0400 and 0500, serves as it is.
    """
    for path in folder.iterdir():
        path.chmod(0o400)
    folder.chmod(0o500)

    assert Keyring(folder, PURPOSES).mac("tracker", b"x")
    folder.chmod(0o700)


def lend(path: Path, *entries: tuple[int, int, int]) -> None:
    """Gives *path* an access control list of (tag, permissions, id)."""
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(path, "system.posix_acl_access", acl)
    except OSError:
        pytest.skip("this file system has no access control lists")


NOBODY_ELSE = 0xFFFFFFFF


def test_credential_lent_by_root_is_taken(folder: Path) -> None:
    """
    A credential that systemd opened to this service's user alone serves, although its group bits are set.
    """
    path = next(folder.glob("tracker.*"))
    me = os.geteuid()
    lend(path, (1, 4, NOBODY_ELSE), (2, 4, me), (4, 0, NOBODY_ELSE), (16, 4, NOBODY_ELSE), (32, 0, NOBODY_ELSE))

    assert path.stat().st_mode & 0o070 and Keyring(folder, ["tracker"]).mac("tracker", b"x")


@pytest.mark.parametrize("entry", [(2, 4, 65534), (4, 4, NOBODY_ELSE)], ids=["another user", "the group"])
def test_credential_lent_to_others_is_refused(folder: Path, entry: tuple[int, int, int]) -> None:
    """
    A list that lets another user or the group in is a key that others can read.
    """
    path = next(folder.glob("tracker.*"))
    rest = [(1, 4, NOBODY_ELSE), (2, 4, os.geteuid()), (4, 0, NOBODY_ELSE), (16, 4, NOBODY_ELSE), (32, 0, NOBODY_ELSE)]
    entries = sorted([one for one in rest if one[0] != entry[0] or entry[0] == 2] + [entry])
    lend(path, *entries)

    with pytest.raises(KeyFileError, match="tracker"):
        Keyring(folder, ["tracker"])


def test_fleeting_keys_touch_no_disk(folder: Path) -> None:
    """
    Keys made for an emergency serve like others, and nothing of them is written down.
    """
    before = {path.name for path in folder.iterdir()}

    keyring = Keyring.fleeting(["mailbox"])

    sealer = keyring.sealer("mailbox")
    assert sealer.open(sealer.seal(b"hello", place=PLACE), place=PLACE) == b"hello"
    assert keyring.refresh() is False and before == {path.name for path in folder.iterdir()}


def test_keys_from_words(folder: Path) -> None:
    """
    Keys that are handed over in the environment open what the same keys in files have sealed, and write with the newest.
    """
    rotate(folder, "tracker")
    files = Keyring(folder, ["tracker"])
    sealed = files.sealer("tracker").seal(b"night shift", place=PLACE)

    words = Keyring.from_text(as_text(folder, ["tracker"]), ["tracker"])

    assert words.sealer("tracker").open(sealed, place=PLACE) == b"night shift"
    assert words.sealer("tracker").seal(b"", place=PLACE)[:9] == sealed[:9]
    assert words.refresh() is False


@pytest.mark.parametrize(
    ("handed", "wanted", "fault"),
    [
        (("tracker", "pseudonyms"), ("tracker",), "pseudonyms: this process must not be handed that key"),
        (("tracker",), ("tracker", "mailbox"), "mailbox: there is no key in SIDEDOOR_KEYS"),
    ],
)
def test_words_hold_the_process_own_keys_and_no_others(folder: Path, handed, wanted, fault: str) -> None:
    """
    A process that is handed another one's key, or not its own, does not start; the error names the purpose only.
    """
    text = as_text(folder, handed)

    with pytest.raises(KeyFileError, match=fault) as failure:
        Keyring.from_text(text, wanted)

    assert not any(word.split("=")[1] in str(failure.value) for word in text.split())


@pytest.mark.parametrize("word", ["tracker", "tracker.00=abc", "nonsense.0011223344556677=" + "A" * 43 + "=", "x" * 99])
def test_malformed_words_are_refused(word: str) -> None:
    """
    What is no key is refused by its place, and not repeated.
    """
    with pytest.raises(KeyFileError) as failure:
        Keyring.from_text(word, ["tracker"])

    assert word not in str(failure.value)


def test_run_refuses_keys_from_the_environment(tmp_path: Path) -> None:
    """
    One command that starts all processes does not take keys from the environment: every one would hold all of them.
    """
    create(tmp_path / "k")
    settings = Settings.load({"SIDEDOOR_STATE_DIR": str(tmp_path), "SIDEDOOR_KEYS": as_text(tmp_path / "k", PURPOSES)})

    with pytest.raises(PreflightError, match="SIDEDOOR_KEYS"):
        prepare(settings)

    prepare(settings, ("tracker",))
    assert not (tmp_path / "keys").exists()


def test_systemd_credentials_are_found(tmp_path: Path) -> None:
    """
    Where systemd has put key files, they are used, and nothing is written beside them.
    """
    create(tmp_path / "credentials", ["tracker"])
    settings = Settings.load(
        {"SIDEDOOR_STATE_DIR": str(tmp_path), "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    )

    prepare(settings, ("tracker",))

    assert settings.keys_dir == tmp_path / "credentials"
    assert Keyring.of(settings, ("tracker",)).sealer("tracker")
    assert not (tmp_path / "keys").exists()


def test_credentials_of_somebody_else_do_not_count(tmp_path: Path) -> None:
    """
    A credentials folder without key files of ours changes nothing.
    """
    (tmp_path / "telegram-token").write_text("invented")

    assert Settings.load({"CREDENTIALS_DIRECTORY": str(tmp_path)}).keys_dir.name == "keys"
