"""Every kind of identifier that somebody could be named by is taken out, however it is written."""

from __future__ import annotations

import pytest

from bot.privacy.redaction import Redactor

GONE: dict[str, list[tuple[str, str]]] = {
    "name": [
        ("my name is zebulon quackenbush", "quackenbush"),
        ("Sgt Quackenbush yelled at me", "Quackenbush"),
        ("lt. o'quackley wrote me up", "o'quackley"),
        ("they call me Bulldog, everybody does", "Bulldog"),
        ("my wife Zelda says i am gone", "Zelda"),
        ("my brother tavish is on the job too", "tavish"),
        ("the suspect, Orville Quibley, is out", "Quibley"),
        ("Dr. Yolanda Quist put me on pills", "Quist"),
        ("this is Ozzie", "Ozzie"),
    ],
    "number of the service": [
        ("badge 77341 here", "77341"),
        ("star number 20115", "20115"),
        ("shield #771", "771"),
        ("serial 45512", "45512"),
        ("employee id E1234567", "E1234567"),
        ("my POST id is B1234567", "B1234567"),
        ("badge seven seven three four one", "seven seven three"),
    ],
    "unit": [
        ("i ride 3-Adam-15", "Adam-15"),
        ("car 312 is a wreck", "312"),
        ("unit 44 was first there", "44"),
        ("my call sign is Sierra 9", "Sierra"),
        ("one lincoln twenty was me", "lincoln"),
    ],
    "agency or place": [
        ("i work for Quibbletown PD", "Quibbletown"),
        ("the 77th precinct", "77th"),
        ("Troop K has my number", "Troop K"),
        ("out of zanesburg county sheriff's office", "zanesburg"),
        ("i live in Quibbletown", "Quibbletown"),
        ("4410 Zanzibar Way is home", "Zanzibar"),
        ("the corner of 3rd and Juniper", "Juniper"),
    ],
    "date": [
        ("born 03/14/1985", "03/14"),
        ("dob 031485", "031485"),
        ("it was March 14th, 2020", "14th"),
        ("on 2020-03-14 it happened", "2020-03-14"),
        ("the fourteenth of march two thousand twenty", "fourteenth"),
    ],
    "case": [
        ("case number 24-001234", "001234"),
        ("IA-2026-90417 is about me", "90417"),
        ("incident #20240001", "20240001"),
        ("docket 3:24-cv-00123", "00123"),
    ],
    "plate": [("my plate is 7ZQX993", "7ZQX993"), ("tag number 8ABC123", "8ABC123")],
    "phone": [
        ("call (212) 555-0142", "0142"),
        ("212.555.0142 works", "0142"),
        ("5550142 is my cell", "5550142"),
        ("two one two five five five oh one four two", "five oh one"),
        ("+1 212 555 0142", "0142"),
        ("my number is 2 1 2 5 5 5 0 1 4 2", "0 1 4 2"),
    ],
    "address on the net": [
        ("zq@example.org", "zq"),
        ("zq.canary at example dot org", "canary"),
        ("write zq dot canary at example dot org", "canary"),
        ("zq [at] example [dot] com", "zq"),
        ("i am @zq_canary on there", "zq_canary"),
        ("my ip is 203.0.113.77", "203.0.113.77"),
        ("it says 2001:db8::8a2e:370:7334", "370:7334"),
    ],
    "card or account": [
        ("ssn 987-65-4320", "4320"),
        ("my social is 987 65 4320", "4320"),
        ("driver's license K1234567", "K1234567"),
        ("passport C01234567", "C01234567"),
        ("member id ABC 123 456 789", "456 789"),
        ("insurance number XYZ123456789", "XYZ123456789"),
        ("mrn 00112233", "00112233"),
        ("visa 4111 1111 1111 1111", "1111 1111"),
        ("iban GB82 WEST 1234 5698 7654 32", "5698"),
        ("de89 3704 0044 0532 0130 00 is the account", "0532"),
    ],
}
CASES = [(kind, text, mark) for kind, pairs in GONE.items() for text, mark in pairs]

KEPT = [
    "i want to die and i have my gun in my lap",
    "they put me on admin leave after the shooting",
    "i cant sleep since 2019",
    "will they take my badge",
    "is it 988 or 911",
    "im on 12 hour shifts 5 days a week",
    "my wife left me in march",
    "can the chaplain tell anyone",
    "i drink six beers a night",
    "what does the EAP write down",
    "kill myself tonight with my service weapon",
    "i feel numb and i hate my sergeant",
]


@pytest.mark.parametrize(("kind", "text", "mark"), CASES, ids=[f"{kind}: {mark}" for kind, _, mark in CASES])
def test_it_is_taken_out(redactor: Redactor, kind: str, text: str, mark: str) -> None:
    """What names somebody is gone from the text, alone and in the middle of a message about something else."""
    for whole in (text, f"i cant do this any more. {text}. what do i do"):
        assert mark.lower() not in redactor.redact(whole).lower()


@pytest.mark.parametrize("text", KEPT)
def test_words_that_matter_stay(redactor: Redactor, text: str) -> None:
    """No word of distress or intent, no line's number and no ordinary time is swallowed."""
    assert redactor.redact(text) == text
