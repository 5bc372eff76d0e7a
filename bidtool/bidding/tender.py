"""What a bidder's client needs to know of a tender: ``GET /api/v1/tenders/<number>``, or that as a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography import x509

from bidtool.files import read_json
from bidtool.remote import Server
from kernel.bid_rules import SCHEMES, BidRules, part_of_role, read_bid_rules
from kernel.clock import parse_iso
from kernel.errors import Kind, ReasonForm, Refused
from sealing import fields, statements

NO_LOT = ReasonForm(
    "tender.no_such_lot", zh="招标 {tender} 没有标段「{lot}」，有：{known}", en="tender {tender} has no lot {lot}; it has {known}",
    kind=Kind.NOT_FOUND,
)  # fmt: skip


@dataclass(frozen=True)
class Requirement:
    """One line of what a bid must hold: role of the files, words, whether it must be there, media types, largest
    size of a file (``max_mb``, 0: no limit), and the ``part`` of a bid in two envelopes."""

    role: str
    title: str
    required: bool
    media_types: tuple[str, ...]
    max_mb: int = 0
    part: str = ""


@dataclass(frozen=True)
class TenderInfo:
    """A tender as its public JSON says it. ``now`` is the platform's clock, ``None`` in an old file."""

    value: Mapping[str, Any]
    number: str
    part: str
    threshold: int
    custodians: tuple[x509.Certificate, ...]
    requirements: tuple[Requirement, ...]
    deadline: datetime | None
    now: datetime | None
    rules: BidRules = field(default_factory=BidRules)

    def scheme(self, lot: str) -> str:
        """``single`` or ``dual`` (双信封)."""
        found = str(self.lot(lot).get("scheme") or "single")
        if found not in SCHEMES:
            raise fields.bad("scheme", "不认识 / is unknown")
        return found

    def parts(self, lot: str) -> tuple[str, ...]:
        """The parts of a bid for the lot, in the order in which they are opened."""
        return SCHEMES[self.scheme(lot)]

    def part_of(self, role: str, lot: str) -> str:
        """In which part the files of a role lie."""
        wanted = next((r.part for r in self.requirements if r.role == role), "")
        return part_of_role(role, self.scheme(lot), wanted)

    def lot(self, number: str) -> Mapping[str, Any]:
        """The lot's object; ``Refused(tender.no_such_lot)``."""
        lots = [fields.mapping(row, "lots") for row in fields.items(self.value, "lots", 0, 1000)]
        for row in lots:
            if str(row.get("lot")) == number:
                return row
        known = "、".join(str(row.get("lot")) for row in lots)
        raise Refused(NO_LOT(tender=self.number, lot=number, known=known))

    @property
    def beneficiary(self) -> dict[str, str]:
        """Name and code of the procuring entity."""
        row = fields.mapping(self.value.get("procuring_entity"), "procuring_entity")
        return {"name": fields.text(row, "name"), "credit_code": fields.text(row, "credit_code")}

    def clock(self) -> datetime:
        """The platform's time (a training clock may be weeks ahead), else this machine's."""
        return self.now or datetime.now(UTC)


def read_tender(value: Mapping[str, Any]) -> TenderInfo:
    """Check the fields that sealing rests on; ``Refused`` names the wrong one."""
    rows = sorted(
        (fields.mapping(row, "custodians") for row in fields.items(value, "custodians", 2, 32)),
        key=lambda row: fields.integer(row, "index", 1, 32),
    )
    ders = [fields.b64_bytes(row, "certificate", limit=statements.MAX_CERTIFICATE) for row in rows]
    return TenderInfo(
        value=value,
        number=fields.text(value, "number"),
        part=fields.text(value, "part"),
        threshold=fields.integer(value, "threshold", 2, 32),
        custodians=tuple(statements.read_certificate(der) for der in ders),
        requirements=tuple(_requirement(row) for row in fields.items(value, "requirements", 0, 200)),
        deadline=_time(value, "submission_deadline"),
        now=_time(value, "now"),
        rules=read_bid_rules(value.get("bid_rules") or {}),
    )


def load_tender(source: str, server: Server | None) -> TenderInfo:
    """A saved JSON file when there is one of that name, else the number at the platform."""
    path = Path(source)
    if path.is_file() or server is None:
        return read_tender(read_json(path))
    return read_tender(server.get(f"/api/v1/tenders/{quote(source, safe='')}"))


def _requirement(row: Any) -> Requirement:
    got = fields.mapping(row, "requirements")
    kinds = got.get("media_types") or []
    return Requirement(
        role=fields.text(got, "role", limit=40),
        title=fields.text(got, "title"),
        required=got.get("required") is True,
        media_types=tuple(str(kind) for kind in kinds) if isinstance(kinds, list) else (),
        max_mb=fields.integer(got, "max_mb", 0, 1_000_000) if "max_mb" in got else 0,
        part=fields.text(got, "part", limit=20, empty=True) if "part" in got else "",
    )


def _time(value: Mapping[str, Any], key: str) -> datetime | None:
    if not value.get(key):
        return None
    try:
        return parse_iso(fields.text(value, key, limit=40))
    except ValueError as error:
        raise fields.bad(key, "应为 RFC 3339 时间 / must be RFC 3339") from error
