"""The list of licensed issuers: who may issue guarantees that are taken here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from guarantees import policy, queries
from guarantees.models import LicensedIssuer
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.errors import Kind, ReasonForm, Refused
from kernel.ids import credit_code

_LAW = "招标投标法实施条例第二十六条"

ALREADY_LISTED = ReasonForm(
    "guarantee.issuer_listed",
    zh="该开立人已在名单上",
    en="this issuer is on the list already",
    kind=Kind.CONFLICT,
)
BAD_ISSUER = ReasonForm(
    "guarantee.bad_issuer",
    zh="开立人信息不合格：{what}",
    en="the issuer's particulars are not acceptable: {what}",
    kind=Kind.MALFORMED,
)
CONSTRAINTS["issuer_licensed_once"] = ALREADY_LISTED


@dataclass(frozen=True)
class LicenseIssuer(Command):
    """Put an issuer on the list from now on. ``endpoint``: http(s) address of its interface, or empty."""

    name: str
    credit_code: str
    endpoint: str = ""

    verb = "guarantee.license_issuer"
    law = _LAW


@dataclass(frozen=True)
class EndIssuer(Command):
    """Take an issuer off the list; guarantees judged before keep their verdict."""

    credit_code: str
    reason: str

    verb = "guarantee.end_issuer"
    law = _LAW


@handler(LicenseIssuer, may=policy.may_keep_issuers)
def license_issuer(cmd: LicenseIssuer, ctx: Context, row: None) -> Done:
    name, code, endpoint = cmd.name.strip(), credit_code(cmd.credit_code), cmd.endpoint.strip()
    if not name or len(name) > 200:
        raise Refused(BAD_ISSUER(what="名称 / name", field="name"))
    address = urlsplit(endpoint)
    if endpoint and (address.scheme not in ("http", "https") or not address.hostname or len(endpoint) > 300):
        raise Refused(BAD_ISSUER(what="接口地址 / endpoint", field="endpoint"))
    made = LicensedIssuer.objects.create(name=name, credit_code=code, endpoint=endpoint, since=ctx.now)
    said = {"name": name, "credit_code": code, "endpoint": endpoint}
    return Done(f"issuer:{code}", said, {**said, "id": str(made.pk)})


def _entry(cmd: Any) -> LicensedIssuer:
    found = queries.issuer(credit_code(cmd.credit_code))
    return LicensedIssuer.objects.select_for_update().get(pk=found.pk)


@handler(EndIssuer, load=_entry, may=policy.may_keep_issuers)
def end_issuer(cmd: EndIssuer, ctx: Context, row: LicensedIssuer) -> Done:
    if not cmd.reason.strip():
        raise Refused(BAD_ISSUER(what="理由 / reason", field="reason"))
    row.until = ctx.now
    row.save(update_fields=["until"])
    said = {"name": row.name, "credit_code": row.credit_code, "reason": cmd.reason.strip()[:200]}
    return Done(f"issuer:{row.credit_code}", said, said)
