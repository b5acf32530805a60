"""What is sealed stays sealed: other keys, other places and changed bytes open nothing."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.crypto.sealing import Key, Sealer, new_key, new_provider_keys, open_with, pad, seal_to, unpad
from bot.errors import CannotOpenError, CryptoError

PLACE = "events/7"


@given(data=st.binary(max_size=5000), place=st.text(st.characters(exclude_categories=["Cs"])))
def test_round_trip(data: bytes, place: str) -> None:
    """
    Whatever is sealed at a place opens there, unchanged.
    """
    sealer = Sealer([new_key()])

    assert data == sealer.open(sealer.seal(data, place=place), place=place)


def test_old_key_still_opens() -> None:
    """
    What was sealed before a key rotation can be opened after it.
    """
    old, new = new_key(), new_key()
    sealed = Sealer([old]).seal(b"night shift", place=PLACE)

    assert Sealer([new, old]).open(sealed, place=PLACE) == b"night shift"


def test_first_key_writes() -> None:
    """
    After a rotation nothing more is sealed with the old key.
    """
    old, new = new_key(), new_key()

    sealed = Sealer([new, old]).seal(b"night shift", place=PLACE)

    assert Sealer([new]).open(sealed, place=PLACE) == b"night shift"


def test_forgotten_key_opens_nothing() -> None:
    """
    Without its key a sealed value is lost, and the error says nothing of what it held.
    """
    sealed = Sealer([new_key()]).seal(b"night shift", place=PLACE)

    with pytest.raises(CannotOpenError, match="not held, or was forgotten") as failure:
        Sealer([new_key()]).open(sealed, place=PLACE)

    assert "night" not in str(failure.value) and failure.value.__cause__ is None


def test_other_place_does_not_open() -> None:
    """
    A row that somebody moves into another conversation does not open there.
    """
    sealer = Sealer([new_key()])
    sealed = sealer.seal(b"night shift", place="events/7")

    with pytest.raises(CannotOpenError):
        sealer.open(sealed, place="events/8")


@given(data=st.data())
def test_changed_bytes_do_not_open(data: st.DataObject) -> None:
    """
    Changing any one byte of header, nonce, ciphertext or tag keeps a value from opening.
    """
    sealer = Sealer([new_key()])
    sealed = bytearray(sealer.seal(b"night shift", place=PLACE))
    index = data.draw(st.integers(0, len(sealed) - 1))
    sealed[index] ^= data.draw(st.integers(1, 255))

    with pytest.raises(CannotOpenError):
        sealer.open(bytes(sealed), place=PLACE)


@given(junk=st.binary(max_size=200))
def test_junk_never_opens(junk: bytes) -> None:
    """
    Bytes that were never sealed raise the one expected error, whatever they are.
    """
    with pytest.raises(CannotOpenError):
        Sealer([new_key()]).open(junk, place=PLACE)


def test_same_words_look_different() -> None:
    """
    Sealing the same words twice gives nothing that could be compared.
    """
    sealer = Sealer([new_key()])

    assert sealer.seal(b"yes", place=PLACE) != sealer.seal(b"yes", place=PLACE)


def test_unknown_key_is_looked_for_once() -> None:
    """
    A value sealed by a process that rotated first opens, because the keys are read again.
    """
    old, new = new_key(), new_key()
    sealer = Sealer([old], reload=lambda: sealer.use([new, old]))

    assert sealer.open(Sealer([new]).seal(b"hello", place=PLACE), place=PLACE) == b"hello"


def test_key_hides_itself() -> None:
    """
    A key that ends up in a log line or a traceback shows its id only.
    """
    key = Key(b"12345678", b"s" * 32)

    assert "sss" not in repr(key)


def test_uses_do_not_share_a_key() -> None:
    """
    Sealing and MACs work with different keys derived from the one on disk.
    """
    key = new_key()

    assert len({key.secret, key.derive("seal"), key.derive("mac")}) == 3


def test_no_key_no_sealer() -> None:
    """
    A sealer without keys is an error at once, not at the first message.
    """
    with pytest.raises(CryptoError):
        Sealer([])


@given(data=st.binary(max_size=3000), block=st.integers(1, 2048))
def test_padding_comes_off(data: bytes, block: int) -> None:
    """
    Padding fills whole blocks and comes off without a trace.
    """
    padded = pad(data, block)

    assert len(padded) % block == 0 and data == unpad(padded)


def test_length_says_nothing() -> None:
    """
    A yes and a paragraph are equally long once they are padded and sealed.
    """
    sealer = Sealer([new_key()])

    short, long = (len(sealer.seal(pad(text, 512), place=PLACE)) for text in (b"yes", b"word " * 100))

    assert short == long


@pytest.mark.parametrize("junk", [b"", b"\0\0", b"\0\0\0\x09abc", b"\0\0\0\x01ab"])
def test_broken_padding_is_refused(junk: bytes) -> None:
    """
    What was never padded raises the same error as what does not open.
    """
    with pytest.raises(CannotOpenError):
        unpad(junk)


def test_only_the_provider_opens() -> None:
    """
    Contact details sealed to a provider open with the provider's private key, and with nobody else's.
    """
    private, public = new_provider_keys()
    stranger, _ = new_provider_keys()
    sealed = seal_to(public, b"555-0142", place="referrals/3")

    assert open_with(private, sealed, place="referrals/3") == b"555-0142"
    with pytest.raises(CannotOpenError):
        open_with(stranger, sealed, place="referrals/3")


def test_provider_sealing_is_bound_to_its_place() -> None:
    """
    A sealed contact cannot be passed off as belonging to another referral.
    """
    private, public = new_provider_keys()
    sealed = seal_to(public, b"555-0142", place="referrals/3")

    with pytest.raises(CannotOpenError):
        open_with(private, sealed, place="referrals/4")


@pytest.mark.parametrize(
    "key", ["", "not base64!", base64.b64encode(b"short").decode(), base64.b64encode(bytes(32)).decode()]
)
def test_bad_public_key_is_refused(key: str) -> None:
    """
    A provider's key that is malformed or weak stops the referral instead of sealing it badly.
    """
    with pytest.raises(CryptoError):
        seal_to(key, b"555-0142", place="referrals/3")
