"""
The officer's side of a referral: who could call back, what they would get, yes or no, and later what came of it.

What the officer types to be called back goes to no log, no database of ours and not to the assistant: it is sealed to
the provider's key at once, and from then on nobody here can read it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.errors import CryptoError, DataError, SidedoorError, StoreError
from bot.logs import get_logger
from bot.privacy.pseudonyms import Pseudonym
from bot.wording import Button, Reply, Wording

if TYPE_CHECKING:
    from bot.referral.partners import Partner, Partners
    from bot.referral.receipts import Receipts

log = get_logger(__name__)

CONTACT_LIMIT = 600
CHOICES = re.compile(r"/(referral(?:_\w+)?)(?::([a-z0-9_]+))?")


@dataclass(slots=True)
class Draft:
    """Where one officer stands, in memory only. ``sealed`` opens with the provider's private key alone."""

    stage: str = ""  # details, check, code
    partner: Partner | None = None
    reference: str = ""
    sealed: bytes = field(default=b"", repr=False)
    receipt: str = field(default="", repr=False)
    receipt_partner: str = ""


class ReferralSide:
    """One per edge. None of its methods raises; whatever breaks, the officer reads that nothing was sent."""

    def __init__(
        self,
        partners: Partners,
        receipts: Callable[[], Receipts],
        wording: Wording,
        *,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._partners = partners
        self._store = receipts
        self._wording = wording
        self._told = told
        self._drafts: dict[Pseudonym, Draft] = {}

    def expects(self, who: Pseudonym) -> bool:
        """Whether the officer's next words are for a provider, or a receipt code: they go nowhere else then."""
        draft = self._drafts.get(who)
        return draft is not None and draft.stage in ("details", "code")

    def forget(self, who: Pseudonym) -> int:
        """Drops what is not sent yet."""
        return int(self._drafts.pop(who, None) is not None)

    def held(self, who: Pseudonym) -> tuple[str, ...]:
        """What is there of this officer: details not sent yet, a receipt looked up; and whether letters may lie."""
        draft = self._drafts.get(who, Draft())
        found = {"letter": bool(draft.sealed), "receipt": bool(draft.receipt), "sent": bool(self._partners.every)}
        return tuple(kind for kind, there in found.items() if there)

    async def begin(self, channel: str) -> tuple[Reply, ...]:
        """Who could call back."""
        partners = self._partners.taking
        if not partners:
            return (self._say("utter_referral_none", channel),)
        first = self._say("utter_referral_begin", channel)
        seen = await self._seen()
        lines = [self._line(partner, seen, channel) for partner in partners]
        buttons = tuple(Button(p.name[:40], f"/referral_to:{p.id}") for p in partners)
        return (Reply("\n".join([first.text, *lines]), (*buttons, *first.buttons)),)

    async def choose(self, who: Pseudonym, choice: str, channel: str) -> tuple[Reply, ...] | None:
        """The answer to a choice that begins with ``/referral``; ``None`` for any other."""
        match = CHOICES.fullmatch(choice)
        if match is None:
            return None
        name, value = match[1], match[2] or ""
        try:
            return await self._act(who, name, value, channel)
        except SidedoorError as error:
            log.error("referral.failed", error=type(error))
            return (self._say("utter_referral_broken", channel),)

    async def hear(self, who: Pseudonym, text: str, channel: str) -> tuple[Reply, ...]:
        """Takes the words that were asked for."""
        draft = self._drafts[who]
        try:
            if draft.stage == "code":
                return await self._look_up(draft, text, channel)
            return self._take(draft, text.strip(), channel)
        except SidedoorError as error:
            log.error("referral.failed", error=type(error))
            return (self._say("utter_referral_broken", channel),)

    # -- one step each

    async def _act(self, who: Pseudonym, name: str, value: str, channel: str) -> tuple[Reply, ...]:
        draft = self._drafts.setdefault(who, Draft())
        if name == "referral":
            return await self.begin(channel)
        if name == "referral_to":
            return await self._consent(draft, value, channel)
        if name == "referral_receipt":
            self._drafts[who] = Draft("code")
            return (self._say("utter_referral_code", channel),)
        if name == "referral_stop":
            self.forget(who)
            return (self._say("utter_referral_stopped", channel),)
        if name in ("referral_go", "referral_change") and draft.partner:
            draft.stage, draft.sealed = "details", b""
            return (self._say("utter_referral_details", channel, **_about(draft.partner)),)
        if name == "referral_send" and draft.partner and draft.sealed:
            return await self._send(who, draft, draft.partner, channel)
        if name in ("referral_said", "referral_withdraw") and draft.receipt:
            return await self._afterwards(draft, name, value, channel)
        return await self.begin(channel)

    async def _consent(self, draft: Draft, partner_id: str, channel: str) -> tuple[Reply, ...]:
        partner = self._partners.find(partner_id)
        if partner is None or partner not in self._partners.taking:
            return await self.begin(channel)
        draft.partner, draft.stage, draft.sealed = partner, "", b""
        return (self._say("utter_referral_consent", channel, **_about(partner)),)

    def _take(self, draft: Draft, text: str, channel: str) -> tuple[Reply, ...]:
        """Sealed at once; shown back once, from the message itself, and not kept."""
        from bot.referral import sealed

        if draft.partner is None or not text:
            return (self._say("utter_referral_stopped", channel),)
        about = _about(draft.partner)
        if len(text) > CONTACT_LIMIT:
            return (self._say("utter_referral_too_long", channel, **about),)
        draft.reference = sealed.new_reference()
        draft.sealed = sealed.seal(draft.partner.public_key, draft.reference, text)
        draft.stage = "check"
        return (self._say("utter_referral_check", channel, **about, details=text),)

    async def _send(self, who: Pseudonym, draft: Draft, partner: Partner, channel: str) -> tuple[Reply, ...]:
        store = self._store()
        reference, sealed = draft.reference, draft.sealed
        code = await store.ask(lambda _: store.send(partner, reference, sealed))
        self.forget(who)
        self._told()
        log.info("referral.sent")
        return (self._say("utter_referral_sent", channel, **_about(partner), code=code),)

    async def _look_up(self, draft: Draft, text: str, channel: str) -> tuple[Reply, ...]:
        store = self._store()
        found = await store.ask(lambda _: store.find(text[:80]))
        if found is None:
            return (self._say("utter_referral_no_such_code", channel),)
        partner = self._partners.find(found.partner)
        draft.stage, draft.receipt, draft.receipt_partner = "", found.id, found.partner
        name = partner.name if partner else found.partner
        return (self._say(f"utter_referral_state_{found.state.value}", channel, provider=name, day=found.day),)

    async def _afterwards(self, draft: Draft, name: str, value: str, channel: str) -> tuple[Reply, ...]:
        from bot.referral.receipts import Said

        store, receipt = self._store(), draft.receipt
        if name == "referral_withdraw":
            partner = self._partners.find(draft.receipt_partner)
            endpoint = partner.endpoint.name if partner else ""
            was = await store.ask(lambda _: store.withdraw(receipt, endpoint))
            self._told()
            told = "utter_referral_withdrawn_told" if was == "delivered" else "utter_referral_withdrawn"
            return (self._say(told, channel),)
        if value not in set(Said):
            return (self._say("utter_referral_code", channel),)
        await store.ask(lambda _: store.say(receipt, Said(value)))
        return (self._say("utter_referral_thanks", channel),)

    # -- words

    async def _seen(self) -> dict[str, dict[str, int]]:
        try:
            store = self._store()
            return await store.ask(lambda _: store.public_counts())
        except (StoreError, CryptoError):
            return {}

    def _line(self, partner: Partner, seen: dict[str, dict[str, int]], channel: str) -> str:
        words = seen.get(partner.entry, {})
        told = [self._say(f"utter_referral_count_{word}", channel, count=str(n)).text for word, n in words.items()]
        return " ".join([f"- {partner.name}: {partner.answers_within}.", *sorted(told)])

    def _say(self, name: str, channel: str, **values: str) -> Reply:
        try:
            return self._wording.say(name, channel=channel, **values)
        except DataError as error:
            log.error("referral.wording_missing", error=type(error))
            return self._wording.say("utter_referral_broken", channel=channel)


def _about(partner: Partner) -> dict[str, str]:
    return {"provider": partner.name, "asks_for": partner.asks_for, "within": partner.answers_within}
