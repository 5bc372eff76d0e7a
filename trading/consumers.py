"""The opening hall's socket. Anybody may watch; who may act is each command's policy."""

from __future__ import annotations

from typing import Any, ClassVar

from journal.door import perform
from kernel.actor import PUBLIC, pseudonym
from kernel.errors import Kind, Refused
from parties.login import actor_of_scope
from portal.consumers import Entry, RoomConsumer
from trading.commands.decryption import ReleaseKey
from trading.frames import VERBS, Build
from trading.queries.bids import bid
from trading.queries.tenders import seen


class HallConsumer(RoomConsumer):
    verbs: ClassVar[dict[str, Build]] = VERBS

    def enter(self, scope: dict[str, Any]) -> Entry:
        try:
            actor = actor_of_scope(scope)
        except Refused as refusal:
            if refusal.kind is not Kind.UNAUTHENTICATED:
                raise
            actor = PUBLIC
        tender = seen(actor, scope["url_route"]["kwargs"]["number"])
        return Entry(f"hall:{tender.number}", actor)

    def _do(self, frame: dict[str, Any], frame_id: str) -> dict[str, Any]:
        """A released key speaks for its bid's pseudonym; everything else for the person signed in."""
        args = frame.get("args")
        if frame.get("verb") != "release_key" or not isinstance(args, dict):
            return super()._do(frame, frame_id)
        command = VERBS["release_key"](args, self.entry, self.scope["url_route"]["kwargs"])
        assert isinstance(command, ReleaseKey)
        holder = pseudonym(bid(command.bid).pseudonym)
        return perform(command, holder, via="ws", key=frame_id).result
