"""The issuer's business: issue, tell, release, pay. Time is an argument."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from cryptography import x509

from gateways.guarantors.sandbox.applications import PURPOSE, Application, read_application
from gateways.guarantors.sandbox.identity import Roots, must_be, party
from gateways.guarantors.sandbox.paper import guarantee_pdf
from gateways.guarantors.sandbox.reasons import (
    BAD_REQUEST,
    NO_GROUND,
    NOT_IN_FORCE,
    NOT_THE_SIGNER,
    TOO_MUCH,
)
from gateways.guarantors.sandbox.store import Store
from kernel.canonical_json import digest
from kernel.clock import BEIJING, iso
from kernel.errors import Refused
from kernel.guarantee_terms import GuaranteeForm, Party, amount, figure, read_form
from sealing import fields, statements
from sealing.signer import PrivateKey
from sealing.statements import SignatureEvidence

RELEASE, DEMAND, FORM = "guarantee-release", "guarantee-demand", "guarantee"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_STATUS_ZH = {"released": "已解除", "paid": "已赔付", "expired": "已到期"}


@dataclass
class Issuer:
    """``key`` and ``chain`` (leaf first) of its own certificate; ``platform_keys`` reads the public keys
    (hex) that may report a release. One lock: issuing and ending write the same files."""

    key: PrivateKey
    chain: Sequence[x509.Certificate]
    roots: Roots
    store: Store
    platform_keys: Callable[[], frozenset[str]]
    training: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def party(self) -> Party:
        return party(self.chain[0])

    def apply(self, signed: dict[str, Any], now: datetime, *, fault: str = "") -> dict[str, Any]:
        """Issue a guarantee for a signed application; the same application gives the same guarantee."""
        said = statements.verify(signed, purpose=PURPOSE)
        asked = read_application(said.payload, now)
        must_be(self.roots.signer(said.chain, now), asked.applicant)
        key = f"application:{digest(signed['statement'])}"
        with self.lock:
            earlier = self.store.answered(key, signed["statement"])
            number = earlier["number"] if earlier else self._issue(asked, now, fault)
            if earlier is None:
                self.store.remember(key, signed["statement"], {"number": number})
        record = self.store.get(number)
        pdf = base64.b64encode(self.store.pdf(number)).decode()
        return {"number": number, "status": record["status"], "form": record["form"], "pdf": pdf}

    def _issue(self, asked: Application, now: datetime, fault: str) -> str:
        number = new_number(now)
        if fault == "wrong_amount":
            asked = replace(asked, amount=max(asked.amount / 2, Decimal("0.01")).quantize(Decimal("0.01")))
        pdf = guarantee_pdf(number, self.party, asked, now, training=self.training)
        said = statements.statement(FORM, self._form(number, asked, now, pdf))
        signed = statements.sign(said, self.key, self.chain)
        if fault == "wrong_signature":
            raw = bytearray(base64.b64decode(signed["signature"]["value"]))
            raw[-1] ^= 1
            signed["signature"]["value"] = fields.b64(bytes(raw))
        self.store.put({"number": number, "status": "issued", "form": signed, "issued_at": iso(now)}, pdf)
        return number

    def _form(self, number: str, asked: Application, now: datetime, pdf: bytes) -> dict[str, Any]:
        return {
            "number": number,
            "issuer": _party_json(self.party),
            "applicant": _party_json(asked.applicant),
            "beneficiary": _party_json(asked.beneficiary),
            "tender": asked.tender,
            "lot": asked.lot,
            "amount": f"{asked.amount:.2f}",
            "currency": asked.currency,
            "valid_from": asked.valid_from.isoformat(),
            "valid_until": asked.valid_until.isoformat(),
            "irrevocable": True,
            "payable_on": list(asked.payable_on),
            "issued_at": iso(now),
            "pdf_sha256": hashlib.sha256(pdf).hexdigest(),
        }

    def tell(self, number: str, now: datetime) -> dict[str, Any]:
        """How a guarantee stands."""
        record = self.store.get(number)
        form = _form_of(record)
        out = {
            "number": number,
            "status": _status(record, form, now),
            "form": record["form"],
            "pdf_sha256": form.pdf_sha256,
        }
        return out | ({"paid": record["paid"]} if "paid" in record else {})

    def release(self, number: str, signed: dict[str, Any], now: datetime) -> dict[str, Any]:
        """End a guarantee without payment; again, it answers the same."""
        said = statements.verify(signed, purpose=RELEASE)
        got = fields.exact_keys(said.payload, "payload", ("v", "number", "ground", "at"))
        fields.text(got, "ground")
        with self.lock:
            record = self._named(number, got)
            form = _form_of(record)
            if said.public_key_hex not in self.platform_keys():
                self._beneficiary(said, form, now)
            status = _status(record, form, now)
            if status == "paid":
                raise Refused(NOT_IN_FORCE(status=_STATUS_ZH[status], verb="解除 / release"))
            if status == "issued":
                self.store.put(record | {"status": "released", "release": signed, "released_at": iso(now)})
        return {"number": number, "status": "expired" if status == "expired" else "released"}

    def demand(self, number: str, signed: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Pay on a complying demand of the beneficiary (独立保函: the documents alone count)."""
        said = statements.verify(signed, purpose=DEMAND)
        wanted = ("v", "number", "ground", "amount", "explanation", "at")
        got = fields.exact_keys(said.payload, "payload", wanted)
        fields.text(got, "explanation", limit=2000)
        claimed = amount(fields.text(got, "amount", limit=20))
        with self.lock:
            record = self._named(number, got)
            form = _form_of(record)
            self._beneficiary(said, form, now)
            status = _status(record, form, now)
            if status == "paid" and record["demand"]["statement"] == signed["statement"]:
                return {"number": number, "status": "paid", "paid": record["paid"]}
            if status != "issued":
                raise Refused(NOT_IN_FORCE(status=_STATUS_ZH[status], verb="索赔 / a demand"))
            if got["ground"] not in form.payable_on:
                raise Refused(NO_GROUND(ground=str(got["ground"])[:60]))
            if not 0 < claimed <= form.amount:
                raise Refused(TOO_MUCH(found=figure(claimed), wanted=figure(form.amount)))
            paid = f"{claimed:.2f}"
            self.store.put(record | {"status": "paid", "paid": paid, "demand": signed, "paid_at": iso(now)})
        return {"number": number, "status": "paid", "paid": paid}

    def _named(self, number: str, got: dict[str, Any]) -> dict[str, Any]:
        if got["number"] != number:
            raise Refused(BAD_REQUEST(why="number"))
        return self.store.get(number)

    def _beneficiary(self, said: SignatureEvidence, form: GuaranteeForm, now: datetime) -> None:
        if said.leaf is None:
            raise Refused(
                NOT_THE_SIGNER(
                    found=said.public_key_hex[:16],
                    found_code="—",
                    wanted=form.beneficiary.name,
                    wanted_code=form.beneficiary.credit_code,
                )
            )
        must_be(self.roots.signer(said.chain, now), form.beneficiary)


def new_number(now: datetime) -> str:
    """80 random bits: until the opening, the number is known to issuer and applicant only."""
    value = secrets.randbits(80)
    letters = "".join(_ALPHABET[value >> shift & 31] for shift in range(75, -1, -5))
    return f"DZBH{now.astimezone(BEIJING).year}-{letters[:4]}-{letters[4:10]}-{letters[10:]}"


def _party_json(one: Party) -> dict[str, str]:
    return {"name": one.name, "credit_code": one.credit_code}


def _form_of(record: dict[str, Any]) -> GuaranteeForm:
    return read_form(record["form"]["statement"]["payload"])


def _status(record: dict[str, Any], form: GuaranteeForm, now: datetime) -> str:
    if record["status"] == "issued" and now.astimezone(BEIJING).date() > form.valid_until:
        return "expired"
    return str(record["status"])
