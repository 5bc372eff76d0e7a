"""Signatures of members, checked before ``perform``: certificates may need another machine's answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from ca_interop import signing_doors
from ca_interop.document_signing import Who
from ca_interop.service import check_signed
from evaluation.models import Evaluation, Seat
from evaluation.policy import NOT_A_MEMBER
from evaluation.rules import statements
from evaluation.rules.room_moves import WAITING_FOR, label
from evaluation.rules.statuses import RoomStatus
from journal import clock
from kernel.errors import Kind, ReasonForm, Refused
from parties.queries import binding
from parties.signing import signed_from
from sealing.statements import statement

OTHER_CERTIFICATE = ReasonForm(
    "evaluation.other_certificate",
    zh="签名所用的证书不是您本人登记的证书",
    en="the certificate of this signature is not registered as yours",
    kind=Kind.FORBIDDEN,
    law="电子签名法第十三条",
    field="signed",
)
NOT_THE_STATEMENT = ReasonForm(
    "evaluation.other_statement",
    zh="签名的内容与当前要签的内容不一致，请重新打开本页再签",
    en="another statement was signed than the present one",
    kind=Kind.CONFLICT,
    field="signed",
)


@dataclass(frozen=True)
class SignedBy:
    """A checked signature: the statement as signed, the leaf's fingerprint, the revocation evidence."""

    signed: dict[str, Any]
    fingerprint: str
    revocation: tuple[str, ...]


def checked(fields: Mapping[str, Any], expected: Mapping[str, Any]) -> SignedBy:
    """The signature in a body or frame over ``expected``; ``Refused`` statement.*, certificate.*, …"""
    signed = signed_from(fields, expected)
    purpose = str(expected["type"]).removeprefix("mingtang/")
    found = check_signed(signed, purpose=purpose, at=clock.now())
    leaf = found.evidence.chain[0].public_bytes(Encoding.DER)
    return SignedBy(signed, hashlib.sha256(leaf).hexdigest(), tuple(found.revocation_sha256))


def on_report(
    fields: Mapping[str, Any], evaluation: Evaluation, seat: Seat | None, certificate: str
) -> dict[str, Any] | None:
    """The member's signature on the report's PDF, if one came with the statement."""
    if evaluation.report is None or seat is None:
        return None
    return signing_doors.finished(fields, evaluation.report, certificate, label(seat.no))


def prepare_report(body: Mapping[str, Any], evaluation: Evaluation, seat: Seat | None) -> dict[str, Any]:
    """The report's next revision with this member's seal in it. The seal names the seat, as the report does; the
    certificate inside names the person, so the signed file is for the room until the award is decided."""
    if seat is None:
        raise Refused(NOT_A_MEMBER())
    if evaluation.report is None or evaluation.status != RoomStatus.SIGNING:
        raise Refused(WAITING_FOR(seats="系统", what="评标报告"))
    name = label(seat.no)
    who = Who(name, ("评标委员会成员", f"席位：{name}"), seal=False, reason=f"签署评标报告（{name}）")
    return signing_doors.prepared(body, evaluation.report, who, clock.now())


def must_be_of(seat: Seat, fingerprint: str) -> None:
    """The certificate is the seated person's own, and not reported lost."""
    row = binding(fingerprint)
    if row.person_id != seat.ticket.expert.person_id or row.blocked_at is not None:
        raise Refused(OTHER_CERTIFICATE())


def declaration_for(evaluation: Evaluation, seat: Seat | None) -> dict[str, Any]:
    """What this seat has to sign first."""
    if seat is None:
        raise Refused(NOT_A_MEMBER())
    bidders = [
        {"name": row.bid.bidder_name, "credit_code": row.bid.bidder_credit_code}
        for row in evaluation.bids.select_related("bid")
    ]
    return statements.declaration(evaluation.lot.tender.number, evaluation.lot.no, seat.no, bidders)


def report_for(evaluation: Evaluation) -> dict[str, Any]:
    """What everybody signs at the end; ``Refused`` while there is no report."""
    if evaluation.report_payload is None:
        raise Refused(WAITING_FOR(seats="系统", what="评标报告"))
    return statement(statements.REPORT, evaluation.report_payload)
