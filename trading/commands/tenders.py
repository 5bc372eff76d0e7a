"""Preparing a tender: create, edit, custodians, documents. Nothing here is public yet."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509

from ca_interop.rules.certificates import load_certificate
from documents import store
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.errors import Kind, ReasonForm, Refused
from parties import queries as parties
from parties.models import Organization
from sealing.keyshares import check_custodians
from sealing.signer import fingerprint
from trading.commands.loading import project_for_update, tender_for_update
from trading.models import Custodian, Lot, Project, Tender, TenderDocument
from trading.policy import tenders as policy
from trading.queries.tenders import NO_DOCUMENT, NO_LOT
from trading.rules import fields
from trading.rules.draft import LotPlan, read_changes, read_number
from trading.rules.statuses import TenderStatus
from trading.rules.tender_machine import TENDER

NUMBER_TAKEN = ReasonForm(
    "tender.number_taken",
    zh="招标编号已被使用",
    en="the tender number is taken",
    kind=Kind.CONFLICT,
    field="number",
)
CUSTODIAN_TWICE = ReasonForm(
    "custodian.organization_twice",
    zh="{name} 不能托管两份密钥分片",
    en="{name} cannot hold two key shares",
    law="电子招标投标办法第二十七条",
    field="custodians",
)
TOO_FEW_CUSTODIANS = ReasonForm(
    "custodian.too_few",
    zh="托管单位 {found} 家，少于还原密钥所需的 {needed} 家",
    en="{found} custodians, fewer than the {needed} needed to restore a key",
    law="电子招标投标办法第二十七条、第三十一条",
    field="custodians",
)
KIND_UNKNOWN = ReasonForm(
    "document.kind_unknown",
    zh="公告前不能添加「{kind}」类文件",
    en="a document of kind {kind} cannot be added before the announcement",
    field="kind",
)
#: kind → (word, free for everybody). Bidding documents are given to signed-in bidders (20号令第二十条).
DRAFT_KINDS = {
    "notice": ("招标公告", True),
    "bidding_documents": ("招标文件", False),
    "boq": ("工程量清单", False),
    "other": ("其他附件", True),
}
CONSTRAINTS["trading_tender_number_key"] = NUMBER_TAKEN


@dataclass(frozen=True)
class CreateTender(Command):
    """``sections``: any of ``rules.draft.SECTIONS`` (lots, schedule, terms, evaluation_method, requirements,
    bid_rules, notice_text); the rest is edited later."""

    project: str
    number: str
    title: str
    sections: dict[str, Any] = field(default_factory=dict)

    verb = "tender.create"
    sealed = True
    prepares = True
    law = "招标投标法第九条、第十九条"


@handler(CreateTender, load=lambda cmd: project_for_update(cmd.project), may=policy.may_prepare)
def create_tender(cmd: CreateTender, ctx: Context, project: Project) -> Done:
    said = {"number": cmd.number, "title": cmd.title}
    tender = Tender.objects.create(
        number=read_number(said),
        project=project,
        title=fields.text(said, "title"),
        status=TENDER.initial,
        created_at=ctx.now,
    )
    _apply(tender, read_changes(cmd.sections))
    return Done(f"tender:{tender.number}", {**said, "project": project.number, "sections": sorted(cmd.sections)},
                {"tender": tender.number})  # fmt: skip


@dataclass(frozen=True)
class EditTender(Command):
    """Replace whole sections of a draft; see :class:`CreateTender`."""

    tender: str
    sections: dict[str, Any]

    verb = "tender.edit"
    sealed = True
    prepares = True
    law = "招标投标法第十九条"


@handler(EditTender, load=lambda cmd: tender_for_update(cmd.tender), may=policy.may_host)
def edit_tender(cmd: EditTender, ctx: Context, tender: Tender) -> Done:
    TENDER.after("edit", TenderStatus(tender.status), tender.facts(ctx.now))
    _apply(tender, read_changes(cmd.sections))
    return Done(f"tender:{tender.number}", {"sections": sorted(cmd.sections)}, {"tender": tender.number})


def _apply(tender: Tender, changes: dict[str, Any]) -> None:
    for name in ("title", "notice_text", "evaluation_method", "requirements", "bid_rules"):
        if name in changes:
            setattr(tender, name, changes[name])
    for section in ("schedule", "terms"):
        for name, value in changes.get(section, {}).items():
            setattr(tender, name, value)
    tender.save()
    if "lots" in changes:
        _replace_lots(tender, changes["lots"])


def _replace_lots(tender: Tender, plans: tuple[LotPlan, ...]) -> None:
    """Lots keep their rows where their numbers stay, so documents of a lot keep theirs."""
    for no, plan in enumerate(plans, start=1):
        Lot.objects.update_or_create(tender=tender, no=no, defaults=plan.__dict__)
    surplus = tender.lots.filter(no__gt=len(plans))
    tender.documents.filter(lot__in=surplus).delete()
    surplus.delete()


@dataclass(frozen=True)
class SetCustodians(Command):
    """Who holds the key shares: ``[{"organization", "certificate" (b64 DER), "authority", …}]`` in order, as
    ``trading.custodians.examined`` answers them after it has checked the certificates."""

    tender: str
    threshold: int
    custodians: list[dict[str, Any]]

    verb = "tender.set_custodians"
    sealed = True
    prepares = True
    law = "电子招标投标办法第二十七条、第三十一条"


@handler(SetCustodians, load=lambda cmd: tender_for_update(cmd.tender), may=policy.may_host)
def set_custodians(cmd: SetCustodians, ctx: Context, tender: Tender) -> Done:
    TENDER.after("edit", TenderStatus(tender.status), tender.facts(ctx.now))
    rows = fields.rows(cmd.custodians, "custodians", least=2, most=32)
    threshold = fields.integer(cmd.as_json(), "threshold", 2, 32)
    chosen = [(parties.organization(str(row.get("organization", ""))), _certificate(row)) for row in rows]
    _check(chosen, threshold)
    tender.custodians.all().delete()
    for index, (organization, certificate) in enumerate(chosen, start=1):
        Custodian.objects.create(
            tender=tender,
            index=index,
            organization=organization,
            certificate=base64.b64decode(rows[index - 1]["certificate"]),
            fingerprint=fingerprint(certificate),
        )
    tender.share_threshold = threshold
    tender.save(update_fields=["share_threshold"])
    holders = [
        {
            "organization": organization.credit_code,
            "fingerprint": fingerprint(certificate),
            "authority": str(row.get("authority", "")),
            "revocation_sha256": list(row.get("revocation_sha256", [])),
        }
        for row, (organization, certificate) in zip(rows, chosen, strict=True)
    ]
    return Done(
        f"tender:{tender.number}", {"threshold": threshold, "custodians": holders}, {"tender": tender.number}
    )


def _certificate(row: Any) -> x509.Certificate:
    try:
        return load_certificate(base64.b64decode(str(row.get("certificate", "")), validate=True))
    except (binascii.Error, ValueError) as error:
        raise fields.bad("custodians", "证书应为 base64 DER / a certificate as base64 DER") from error


def _check(chosen: list[tuple[Organization, x509.Certificate]], threshold: int) -> None:
    seen: set[Any] = set()
    for organization, _ in chosen:
        if organization.id in seen:
            raise Refused(CUSTODIAN_TWICE(name=organization.name))
        seen.add(organization.id)
    if len(chosen) < threshold:
        raise Refused(TOO_FEW_CUSTODIANS(found=len(chosen), needed=threshold))
    check_custodians([certificate for _, certificate in chosen], threshold)


@dataclass(frozen=True)
class AddDocument(Command):
    """Attach a stored file (SHA-256) to the draft; ``lot`` its number, or empty for the whole tender."""

    tender: str
    kind: str
    title: str
    file: str
    lot: str = ""

    verb = "tender.add_document"
    sealed = True
    prepares = True
    law = "招标投标法第十九条"


@handler(AddDocument, load=lambda cmd: tender_for_update(cmd.tender), may=policy.may_host)
def add_document(cmd: AddDocument, ctx: Context, tender: Tender) -> Done:
    TENDER.after("edit", TenderStatus(tender.status), tender.facts(ctx.now))
    if cmd.kind not in DRAFT_KINDS:
        raise Refused(KIND_UNKNOWN(kind=cmd.kind[:40]))
    lot = None
    if cmd.lot:
        known = cmd.lot.isascii() and cmd.lot.isdigit() and len(cmd.lot) < 5
        lot = tender.lots.filter(no=int(cmd.lot)).first() if known else None
        if lot is None:
            raise Refused(NO_LOT(number=tender.number, lot=cmd.lot[:20]))
    document = TenderDocument.objects.create(
        tender=tender,
        lot=lot,
        kind=cmd.kind,
        title=fields.text({"title": cmd.title}, "title"),
        file=store.get(cmd.file),
        public=DRAFT_KINDS[cmd.kind][1],
    )
    said = {"document": str(document.id), "kind": cmd.kind, "title": document.title, "sha256": cmd.file}
    return Done(f"tender:{tender.number}", said, {"document": str(document.id)})


@dataclass(frozen=True)
class RemoveDocument(Command):
    """Take a file out of a draft."""

    tender: str
    document: str

    verb = "tender.remove_document"
    sealed = True
    prepares = True
    law = "招标投标法第十九条"


@handler(RemoveDocument, load=lambda cmd: tender_for_update(cmd.tender), may=policy.may_host)
def remove_document(cmd: RemoveDocument, ctx: Context, tender: Tender) -> Done:
    TENDER.after("edit", TenderStatus(tender.status), tender.facts(ctx.now))
    found = [d for d in tender.documents.all() if str(d.id) == cmd.document]
    if not found:
        raise Refused(NO_DOCUMENT())
    found[0].delete()
    return Done(f"tender:{tender.number}", {"document": cmd.document}, {})
