"""Everything the public page of one tender shows. Nothing that is sealed is read here: prices and names
come from bids that were read out, the ranking from published candidates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from disclosure.commands import NO_SUCH_TENDER
from disclosure.models import PublishedRecord
from disclosure.queries.notices import listed, public
from disclosure.rules.phases import Step, schedule
from kernel.bid_rules import PRICE
from kernel.errors import Refused
from trading.commands.awards import failure_zh
from trading.models import (
    Award,
    Bid,
    Candidate,
    Contract,
    Enquiry,
    EvaluationResult,
    Lot,
    OpeningSession,
    Tender,
)
from trading.rules.parts import SECOND
from trading.rules.rejection_grounds import GROUNDS
from trading.rules.statuses import BID_ZH, BidStatus, LotStatus, SessionStatus

#: Document kinds under the heading of clarifications.
_CLARIFICATIONS = ("clarification", "amendment")
_READ = (SessionStatus.READING, SessionStatus.OBJECTIONS, SessionStatus.SIGNING, SessionStatus.CLOSED)


@dataclass(frozen=True)
class LotResult:
    """What is public of one lot. ``table`` is for the ``comparison_table`` tag; ``None`` as long as
    there is nothing to show."""

    lot: Lot
    opening: dict[str, Any] | None
    ranking: dict[str, Any] | None
    candidates: list[Candidate]
    rejected: list[dict[str, Any]]
    standstill_until: datetime | None
    award: Award | None
    contract: Contract | None
    failure: str


def tender(number: str, now: datetime) -> Tender:
    """The announced tender ``number``; ``Refused(notice.not_found)``."""
    found = (
        public()
        .select_related("project__procuring_entity", "project__agent")
        .prefetch_related(
            "lots__candidates__bid",
            "lots__tendered_again_from__tender",
            "documents__file",
            "documents__lot",
            "custodians__organization",
        )
        .filter(number=number)
        .first()
    )
    if found is None:
        raise Refused(NO_SUCH_TENDER(tender=number[:40]))
    return found


def neighbours(tender: Tender, now: datetime) -> list[Tender]:
    """Other tenders of the same project."""
    return [t for t in listed_of(tender.project_id, now) if t.pk != tender.pk]


def listed_of(project: Any, now: datetime) -> list[Tender]:
    from disclosure.queries.notices import Filters

    return list(listed(Filters(), now).filter(project=project))


def documents(tender: Tender) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """``(documents, clarifications)`` for the ``document_list`` tag, oldest first. Bidding documents are
    listed for all and given to whoever signs in; letters to one organization are not listed."""
    rows: list[dict[str, Any]] = []
    clarifications: list[dict[str, Any]] = []
    for one in tender.documents.all():
        if one.published_at is None or one.recipient_id is not None:
            continue
        title = one.title
        if one.lot is not None and one.lot.name not in title:
            title = f"{title}（{one.lot.name}）"
        shown = {
            "title": title,
            "href": f"/tenders/{tender.number}/documents/{one.pk}",
            "size": one.file.size,
            "digest": one.file.sha256,
            "at": one.published_at,
            "format": _format(one.file.media_type),
        }
        (clarifications if one.kind in _CLARIFICATIONS else rows).append(shown)
    return rows, clarifications


def _format(media_type: str) -> str:
    names = {
        "application/pdf": "PDF",
        "text/csv": "CSV",
        "application/zip": "ZIP",
        "application/json": "JSON",
    }
    return names.get(media_type, "")


def answers(tender: Tender) -> list[Enquiry]:
    """Questions and objections with their answers; who asked is never told."""
    return list(tender.enquiries.filter(answered_at__isnull=False).order_by("answered_at"))


def schedule_of(tender: Tender, lots: list[LotResult], now: datetime) -> list[Step]:
    """The tender's times, past and to come, each with the article it rests on."""
    session = session_of(tender)
    steps: list[tuple[str, datetime | None, str]] = [
        ("招标公告", tender.announced_at, "招标投标法第十六条"),
        ("招标文件发售开始", tender.documents_from, "招标投标法实施条例第十六条"),
        ("招标文件发售结束", tender.documents_until, "招标投标法实施条例第十六条"),
        ("提问和异议截止", tender.enquiry_deadline, "招标投标法实施条例第二十二条"),
        ("投标截止、开标", tender.submission_deadline, "招标投标法第二十四条、第三十四条"),
        ("开标会结束", session.closed_at if session else None, "招标投标法第三十六条"),
        *_second_steps(tender),
    ]
    for result in lots:
        steps += _lot_steps(result)
    return schedule(steps, now)


def _lot_steps(result: LotResult) -> list[tuple[str, datetime | None, str]]:
    name, award, contract = result.lot.name, result.award, result.contract
    first = result.candidates[0].announced_at if result.candidates else None
    return [
        (f"{name}：中标候选人公示", first, "招标投标法实施条例第五十四条"),
        (f"{name}：公示期届满", result.standstill_until, "招标投标法实施条例第五十四条"),
        (f"{name}：定标", award.decided_at if award else None, "招标投标法实施条例第五十五条"),
        (f"{name}：中标通知书发出", award.notified_at if award else None, "招标投标法第四十五条"),
        (f"{name}：合同登记", contract.registered_at if contract else None, "招标投标法第四十六条"),
    ]


def _second_steps(tender: Tender) -> list[tuple[str, datetime | None, str]]:
    """双信封: when prices were, or are to be, opened."""
    second = tender.opening_sessions.filter(stage=SECOND).first()
    if second is None:
        return []
    return [
        ("第二信封（报价）开标", second.opens_at, "招标投标法实施条例第四十九条"),
        ("第二信封开标会结束", second.closed_at, "招标投标法第三十六条"),
    ]


def session_of(tender: Tender) -> OpeningSession | None:
    return OpeningSession.objects.filter(tender=tender).order_by("stage").first()


def results(tender: Tender) -> list[LotResult]:
    """What is public of each lot, by number."""
    session = session_of(tender)
    shown = session is not None and session.status in _READ
    # An award is public when winner and losers have been told (招标投标法第四十五条).
    told = Award.objects.filter(lot__tender=tender, notified_at__isnull=False)
    awards = {a.lot_id: a for a in told.select_related("bid")}
    contracts = {c.award_id: c for c in Contract.objects.filter(award__lot__tender=tender)}
    reports = {r.lot_id: r for r in EvaluationResult.objects.filter(lot__tender=tender)}
    out = []
    for lot in tender.lots.all():
        candidates = list(lot.candidates.all())
        award = awards.get(lot.pk)
        out.append(
            LotResult(
                lot=lot,
                opening=_opening_table(lot) if shown else None,
                ranking=_ranking_table(lot, candidates) if candidates else None,
                candidates=candidates,
                rejected=_rejected(lot, reports.get(lot.pk)) if candidates else [],
                standstill_until=max((c.standstill_until for c in candidates), default=None),
                award=award,
                contract=contracts.get(award.pk) if award else None,
                failure=_failure(lot),
            )
        )
    return out


def _opening_table(lot: Lot) -> dict[str, Any] | None:
    # A second envelope's price is shown at its first one's row, once it has been read out.
    bids = (
        lot.bids.exclude(status=BidStatus.WITHDRAWN)
        .exclude(part=PRICE)
        .filter(number__isnull=False)
        .order_by("number")
    )
    rows = [_opening_row(bid) for bid in bids if bid.read_out_at or bid.status == BidStatus.UNDECRYPTABLE]
    if not rows:
        return None
    columns = [
        {"title": "序号"},
        {"title": "投标人"},
        {"title": "投标报价（元）", "number": True},
        {"title": "工期（日历天）", "number": True},
        {"title": "开启方式"},
    ]
    return {"caption": f"{lot.name}开标情况", "columns": columns, "rows": rows}


_OPENED_BY = {"bidder": "投标人解密", "quorum": "密钥分片解密"}


def _opening_row(bid: Bid) -> dict[str, Any]:
    summary = bid.summary or {}
    if bid.status == BidStatus.UNDECRYPTABLE:
        return {"cells": [bid.number, "—", None, None, BID_ZH[BidStatus.UNDECRYPTABLE]]}
    price = f"{bid.price:,.2f}" if bid.price is not None else None
    days = summary.get("duration_days")
    return {"cells": [bid.number, bid.bidder_name, price, days, _OPENED_BY.get(bid.opened_by, "")]}


def _ranking_table(lot: Lot, candidates: list[Candidate]) -> dict[str, Any]:
    columns = [
        {"title": "名次"},
        {"title": "中标候选人"},
        {"title": "投标报价（元）", "number": True},
        {"title": "得分", "number": True},
    ]
    rows = [
        {
            "cells": [c.rank, c.bid.bidder_name, f"{c.price:,.2f}", c.score],
            "best": c.rank == 1,
        }
        for c in candidates
    ]
    return {"caption": f"{lot.name}中标候选人", "columns": columns, "rows": rows}


#: Codes with which trading itself ends a lot, beside the grounds a person may name.
def _failure(lot: Lot) -> str:
    """Why a failed lot has failed, in words; empty for a lot that has not."""
    if lot.status != LotStatus.FAILED:
        return ""
    return failure_zh(lot.failure_code)


def _rejected(lot: Lot, report: EvaluationResult | None) -> list[dict[str, Any]]:
    """Rejected bids with their grounds: known to the committee earlier, public with the candidates."""
    if report is None or LotStatus(lot.status) in (LotStatus.EVALUATING, LotStatus.REPORTED):
        return []
    return [
        {
            "bidder": r.get("bidder", ""),
            "ground": GROUNDS[r["ground"]].zh if r.get("ground") in GROUNDS else r.get("ground", ""),
            "law": r.get("law", ""),
        }
        for r in report.rejected
    ]


def published_record(tender: Tender) -> PublishedRecord | None:
    """The newest published record, or ``None``."""
    rows = PublishedRecord.objects.filter(tender=tender).select_related("file")
    return rows.order_by("-published_at", "-id").first()
