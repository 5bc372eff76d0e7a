"""A record as the checks see it: the folder, its parts read once, what check 5 found inside the envelopes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bidtool.record.acts import Acts
from bidtool.record.directory import Folder
from bidtool.record.reasons import DEPENDS, DIFFERS
from bidtool.record.rows import Row
from ca_interop.rules.revocation import RevocationEvidence
from ca_interop.rules.trust_list import TrustList
from kernel.errors import Refused
from sealing.statements import SignatureEvidence

OPENED = "opened"
#: Parts of a bid in two envelopes (双信封); the technical one stands for the bid.
TECHNICAL, PRICE = "technical", "price"


@dataclass(frozen=True)
class Pins:
    """What the auditor knows from elsewhere; empty texts pin nothing."""

    platform: str = ""
    vkey: str = ""
    publisher: str = ""


@dataclass(frozen=True)
class Presented:
    """The guarantee as it lay in the bundle: ``form`` as JSON or ``None``, the PDF's digest (empty without
    one), and the codes of why it could not be read."""

    form: Any = None
    pdf_sha256: str = ""
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inside:
    """What an envelope held; ``sha256`` of the whole bundle."""

    sha256: str
    summary: Mapping[str, Any]
    identity: SignatureEvidence
    summary_signature: SignatureEvidence
    guarantee: Presented


@dataclass
class Record:
    """``payload`` is record.json's. ``inside`` fills as check 5 opens the envelopes."""

    folder: Folder
    payload: Row
    pins: Pins
    acts: Acts
    inside: dict[str, Inside] = field(default_factory=dict)
    trust: TrustList | None = None
    evidence: RevocationEvidence | None = None

    @functools.cached_property
    def tender(self) -> Row:
        row = self.folder.json("tender.json")
        same("招标编号 tender", row.where, row.text("number"), self.payload.text("tender"))
        return row

    @functools.cached_property
    def deadline(self) -> datetime:
        return self.tender.time("submission_deadline")

    @functools.cached_property
    def lots(self) -> dict[str, Row]:
        return {row.text("lot"): row for row in self.tender.rows("lots")}

    @functools.cached_property
    def bids(self) -> dict[str, Row]:
        """bid.json of every bid, by id."""
        names = sorted({p.split("/")[1] for p in self.payload.row("files").value if p.startswith("bids/")})
        found = {}
        for name in names:
            row = self.folder.json(f"bids/{name}/bid.json")
            same("投标编号 bid", row.where, row.uuid("bid"), name)
            if row.text("lot") not in self.lots:
                raise row.bad("lot", "招标中没有此标段 / no such lot")
            found[name] = row
        return found

    @functools.cached_property
    def openings(self) -> dict[str, Row]:
        """opening.json of every bid that was opened, by id; also of one that was revoked afterwards."""
        listed = self.payload.row("files").value
        return {
            name: self.folder.json(f"bids/{name}/opening.json")
            for name, row in self.bids.items()
            if row.text("status") == OPENED or f"bids/{name}/opening.json" in listed
        }

    def opening(self, bid: str) -> Row:
        """opening.json of a bid that later material names; ``Refused(record.depends)`` if it is not open."""
        if bid not in self.openings:
            raise Refused(DEPENDS(bid=bid))
        return self.openings[bid]

    def is_dual(self, lot: str) -> bool:
        """The lot's bids lie in two envelopes."""
        return self.lots[lot].value.get("scheme") == "dual"

    def openings_at(self, stage: int) -> dict[str, Row]:
        """What was opened at the first session, or at the second (prices)."""
        return {
            name: row
            for name, row in self.openings.items()
            if (self.bids[name].text("part") == PRICE) == (stage == 2)
        }

    def priced(self, bid: str) -> Row | None:
        """The opening that tells a bid's price: its own, or that of its second envelope; ``None``: not opened."""
        row = self.bids[bid]
        if row.text("part") != TECHNICAL:
            return self.opening(bid)
        for name, opening in self.openings_at(2).items():
            if self.bids[name].text("pseudonym") == row.text("pseudonym"):
                return opening
        return None

    def opened_of(self, lot: str) -> list[str]:
        """Ids of the lot's opened bids that were not revoked, each by the envelope that stands for it."""
        opened = [name for name in self.openings_at(1) if self.bids[name].text("status") == OPENED]
        return [name for name in opened if self.bids[name].text("lot") == lot]

    def inside_of(self, bid: str) -> Inside:
        """What check 5 found; ``Refused(record.depends)`` when it failed."""
        if bid not in self.inside:
            raise Refused(DEPENDS(bid=bid))
        return self.inside[bid]

    def optional(self, path: str) -> Row | None:
        """A JSON file that need not be there yet."""
        return self.folder.json(path) if path in self.payload.row("files").value else None


def same(what: str, where: str, found: Any, wanted: Any) -> None:
    """``Refused(record.differs)`` unless the two are equal."""
    if found != wanted:
        raise Refused(DIFFERS(what=what, where=where, found=shown(found), wanted=shown(wanted)))


def shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 200 else text[:200] + "…"
