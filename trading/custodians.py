"""Checking custodians' encryption certificates, before ``SetCustodians`` is performed.

A custodian opens its share with the key of this certificate, so the certificate must be fit for opening,
in force, and speak for the custodian's organization (电子签名法第十三条、第十六条).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca_interop.rules.certificates import Usage, load_chain
from ca_interop.rules.validation import Purpose
from ca_interop.service import check_chain
from kernel.errors import ReasonForm, Refused
from parties import queries as parties
from parties.models import CertificateBinding, Organization
from sealing.keys import public_key_of
from sealing.recipients import alg_for, recipient_key
from sealing.suites import Suite
from trading.rules import fields

NO_CERTIFICATE = ReasonForm(
    "custodian.no_certificate",
    zh="{name} 没有登记可用于加密的证书",
    en="{name} has registered no certificate for encryption",
    law="电子签名法第十六条",
    field="custodians",
)
NO_CERTIFICATE_OF_SUITE = ReasonForm(
    "custodian.no_certificate_of_suite",
    zh="{name} 没有登记 {suite} 套件的加密证书",
    en="{name} has registered no encryption certificate of the suite {suite}",
    law="电子签名法第十六条",
    field="custodians",
)
OTHER_ORGANIZATION = ReasonForm(
    "custodian.other_organization",
    zh="证书属于「{found}」，不是「{wanted}」的",
    en="the certificate is of {found}, not of {wanted}",
    law="电子签名法第十三条",
    field="custodians",
)


def examined(rows: Any, at: datetime, suite: Suite | None = None) -> list[dict[str, Any]]:
    """``[{"organization": id or credit code, "certificates"?: [b64 DER, leaf first]}]`` → what
    ``SetCustodians`` takes. Without certificates the organization's newest registered one is used, of the
    suite's keys if one is named: bids are sealed in the suite of their custodians (sealing/SPEC.md §3)."""
    return [_one(row, at, suite) for row in fields.rows(rows, "custodians", least=2, most=32)]


def _one(row: Mapping[str, Any], at: datetime, suite: Suite | None) -> dict[str, Any]:
    organization = parties.organization(fields.text(row, "organization", limit=60))
    chain = _given(row) or _registered(organization, at, suite)
    validation = check_chain(chain, Purpose.OPEN, at, need_credit_code=True)
    if validation.facts.credit_code != organization.credit_code:
        raise Refused(OTHER_ORGANIZATION(found=validation.facts.organization, wanted=organization.name))
    return {
        "organization": str(organization.id),
        "certificate": base64.b64encode(chain[0].public_bytes(Encoding.DER)).decode(),
        "authority": validation.authority_id,
        "revocation_sha256": list(validation.revocation_sha256),
    }


def _given(row: Mapping[str, Any]) -> list[x509.Certificate]:
    texts = row.get("certificates") or []
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise fields.bad("custodians", "证书应为 base64 列表 / certificates as a list of base64 texts")
    return load_chain(texts) if texts else []


def _registered(organization: Organization, at: datetime, suite: Suite | None) -> list[x509.Certificate]:
    usable = CertificateBinding.objects.filter(
        organization=organization,
        usage__in=(Usage.ENCRYPTION, Usage.COMBINED),
        blocked_at=None,
        not_after__gt=at,
    )
    for binding in usable.order_by("-bound_at"):
        chain = load_chain([base64.b64encode(bytes(binding.der)).decode(), *binding.chain])
        if suite is None or alg_for(recipient_key(public_key_of(chain[0]))) in suite.recipient_algs:
            return chain
    if suite is None:
        raise Refused(NO_CERTIFICATE(name=organization.name))
    raise Refused(NO_CERTIFICATE_OF_SUITE(name=organization.name, suite=suite.name))
