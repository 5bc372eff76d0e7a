"""Taking the documents, asking, answering. Who takes and who asks is sealed (20号令第二十一条)."""

from __future__ import annotations

from dataclasses import dataclass

from journal.door import Command, Context, Done, handler
from kernel.calendar import CHINA
from kernel.errors import Kind, ReasonForm, Refused, refuse_if
from trading.commands.announcing import move_deadline
from trading.commands.loading import enquiry_for_update, tender_for_update
from trading.models import DocumentDownload, Enquiry, Tender
from trading.policy import tenders as policy
from trading.rules import announcement as law
from trading.rules import fields
from trading.rules import rulebook as books
from trading.rules.statuses import TenderStatus
from trading.rules.tender_machine import TENDER

ANSWERED = ReasonForm(
    "enquiry.answered_already",
    zh="这项提问已经答复，不能再改",
    en="this enquiry is answered already",
    kind=Kind.CONFLICT,
)
NOT_TAKEN = ReasonForm(
    "document.not_taken",
    zh="贵单位没有获取过本次招标的招标文件",
    en="your organization has not taken the documents of this tender",
    kind=Kind.CONFLICT,
)
NOT_ANNOUNCED = ReasonForm(
    "tender.not_open_for_bids",
    zh="本次招标现在不接受此操作（状态：{status}）",
    en="the tender does not take this now (status: {status})",
    kind=Kind.CONFLICT,
)
KINDS = {"enquiry": "提问", "objection": "异议"}


@dataclass(frozen=True)
class DownloadDocuments(Command):
    """获取招标文件: recorded once for each organization; free, and without any sign-up (20号令第二十条)."""

    tender: str

    verb = "documents.take"
    sealed = True
    prepares = True
    law = "招标投标法实施条例第十六条；电子招标投标办法第二十条"


@handler(DownloadDocuments, load=lambda cmd: tender_for_update(cmd.tender), may=policy.may_download)
def download_documents(cmd: DownloadDocuments, ctx: Context, tender: Tender) -> Done:
    taken = DocumentDownload.objects.filter(tender=tender, organization_id=ctx.actor.organization)
    if not taken.exists():
        _announced(tender)
        assert tender.documents_from is not None
        assert tender.documents_until is not None
        refuse_if([law.may_take(ctx.now, tender.documents_from, tender.documents_until)])
        DocumentDownload.objects.create(tender=tender, organization_id=ctx.actor.organization, at=ctx.now)
    return Done(f"tender:{tender.number}", {}, {"tender": tender.number})


def _announced(tender: Tender) -> None:
    if tender.status != TenderStatus.ANNOUNCED:
        raise Refused(NOT_ANNOUNCED(status=tender.get_status_display()))


@dataclass(frozen=True)
class ConfirmClarifications(Command):
    """确认收到 all clarifications and answers so far."""

    tender: str

    verb = "clarification.confirm"
    sealed = True
    law = "招标投标法第二十三条"


@handler(ConfirmClarifications, load=lambda cmd: tender_for_update(cmd.tender), may=policy.may_confirm)
def confirm_clarifications(cmd: ConfirmClarifications, ctx: Context, tender: Tender) -> Done:
    taken = DocumentDownload.objects.filter(tender=tender, organization_id=ctx.actor.organization)
    if not taken.update(confirmed_at=ctx.now):
        raise Refused(NOT_TAKEN())
    return Done(f"tender:{tender.number}", {}, {"tender": tender.number})


@dataclass(frozen=True)
class AskEnquiry(Command):
    """A question (``enquiry``) or an objection to the documents (``objection``, 异议)."""

    tender: str
    text: str
    kind: str = "enquiry"

    verb = "enquiry.ask"
    sealed = True
    prepares = True
    law = "招标投标法实施条例第二十二条；电子招标投标办法第二十一条"


@handler(AskEnquiry, load=lambda cmd: tender_for_update(cmd.tender), may=policy.may_ask)
def ask_enquiry(cmd: AskEnquiry, ctx: Context, tender: Tender) -> Done:
    said = cmd.as_json()
    if cmd.kind not in KINDS:
        raise fields.bad("kind", "应为 enquiry 或 objection / enquiry or objection")
    _announced(tender)
    assert tender.enquiry_deadline is not None
    assert tender.submission_deadline is not None
    book = books.rulebook(tender.rulebook)
    refuse_if([law.may_ask(cmd.kind, ctx.now, tender.enquiry_deadline, tender.submission_deadline, book)])
    enquiry = Enquiry.objects.create(
        tender=tender,
        kind=cmd.kind,
        text=fields.text(said, "text", limit=4000),
        asked_by_id=ctx.actor.organization,
        asked_at=ctx.now,
    )
    return Done(
        f"tender:{tender.number}",
        {"enquiry": str(enquiry.id), "kind": cmd.kind, "text": enquiry.text},
        {"enquiry": str(enquiry.id)},
    )


@dataclass(frozen=True)
class AnswerEnquiry(Command):
    """The answer, to everybody, without saying who asked. It obeys the rules of a clarification:
    ``affects_bids`` less than 15 days before the deadline needs a later ``submission_deadline``."""

    enquiry: str
    answer: str
    affects_bids: bool = False
    submission_deadline: str = ""

    verb = "enquiry.answer"
    law = "招标投标法第二十三条；招标投标法实施条例第二十二条"


@handler(AnswerEnquiry, load=lambda cmd: enquiry_for_update(cmd.enquiry), may=policy.may_host_enquiry)
def answer_enquiry(cmd: AnswerEnquiry, ctx: Context, enquiry: Enquiry) -> Done:
    tender = enquiry.tender
    TENDER.after("answer", TenderStatus(tender.status), tender.facts(ctx.now))
    if enquiry.answered_at is not None:
        raise Refused(ANSWERED())
    said = cmd.as_json()
    moved = move_deadline(tender, ctx.now, said)
    enquiry.answer, enquiry.answered_at = fields.text(said, "answer", limit=10000), ctx.now
    enquiry.save(update_fields=["answer", "answered_at"])
    limit = CHINA.end_of_period(enquiry.asked_at, books.rulebook(tender.rulebook).answer_days.days)
    payload = {
        "enquiry": str(enquiry.id),
        "kind": enquiry.kind,
        "text": enquiry.text,
        "answer": enquiry.answer,
        # Objections are answered within three days (招例第二十二条); a late answer is recorded as late.
        "late": enquiry.kind == "objection" and ctx.now >= limit,
        **moved,
    }
    return Done(f"tender:{tender.number}", payload, {"enquiry": str(enquiry.id), **moved})
