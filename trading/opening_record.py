"""The opening record: the JSON that everybody signs and the PDF that people read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from documents.pdf import PdfDocument
from kernel.clock import beijing, iso, parse_iso
from trading.commands import hall
from trading.models import Bid, OpeningSession
from trading.policy.openings import CAPACITY_ZH
from trading.rules.parts import FIRST
from trading.rules.statuses import BID_ZH, LOT_ZH, BidStatus, CauseOfFailure, LotStatus

_OPENED_BY_ZH = {"bidder": "投标人密钥", "quorum": "监管方分片", "": "—"}


def payload_of(session: OpeningSession, now: datetime) -> dict[str, Any]:
    """The record as JSON, without the digest of its PDF."""
    tender = session.tender
    return {
        "v": 1,
        "tender": tender.number,
        "title": tender.title,
        "stage": session.stage,
        "procuring_entity": tender.project.procuring_entity.name,
        "agent": tender.project.agent.name if tender.project.agent else "",
        "host": session.host.name if session.host else "",
        "submission_deadline": iso(tender.submission_deadline) if tender.submission_deadline else "",
        "started_at": iso(session.started_at) if session.started_at else "",
        "decryption_until": iso(session.decryption_until) if session.decryption_until else "",
        "recorded_at": iso(now),
        "training": settings.TRAINING,
        "attendance": [
            {"organization": s.organization.name, "capacity": s.capacity, "at": iso(s.at)}
            for s in session.sign_ins.select_related("organization")
        ],
        "lots": [
            {
                "lot": str(lot.no),
                "name": lot.name,
                "status": str(lot.status),
                "ceiling_price": str(lot.ceiling_price) if lot.ceiling_price is not None else "",
            }
            for lot in tender.lots.order_by("no")
            if session.stage == FIRST or lot.scheme == "dual"
        ],
        "bids": [_row(bid) for bid in hall.opened_lots_bids(session)],
        "objections": [
            {
                "organization": o.organization.name,
                "text": o.text,
                "raised_at": iso(o.raised_at),
                "answer": o.answer,
                "answered_at": iso(o.answered_at) if o.answered_at else "",
            }
            for o in session.objections.select_related("organization")
        ],
    }


def _row(bid: Bid) -> dict[str, Any]:
    """One bid as read out; of one that is not open only what the envelope itself tells."""
    row: dict[str, Any] = {
        "bid": str(bid.pk),
        "lot": str(bid.lot.no),
        "no": bid.number,
        "part": bid.part,
        "status": str(bid.status),
        "received_at": iso(bid.received_at),
        "envelope_sha256": bid.envelope_sha256,
    }
    if bid.status == BidStatus.UNDECRYPTABLE and bid.failure is not None:
        row |= {"failure": bid.failure["zh"], "cause": bid.failure_cause}
    if bid.summary is None:
        return row
    manager = bid.summary.get("project_manager") or {}
    guarantee = bid.summary.get("guarantee") or {}
    return row | {
        "bidder": bid.bidder_name,
        "credit_code": bid.bidder_credit_code,
        "opened_by": bid.opened_by,
        **{key: bid.summary[key] for key in ("price", "price_in_words") if key in bid.summary},
        "duration_days": bid.summary["duration_days"],
        "quality": bid.summary["quality"],
        "project_manager": manager.get("name", ""),
        "guarantee": guarantee.get("number", ""),
        "bundle_sha256": bid.bundle.sha256 if bid.bundle else "",
    }


def pdf_of(payload: dict[str, Any], now: datetime) -> bytes:
    """开标记录, Chinese."""
    doc = PdfDocument(
        "开标记录" if payload["stage"] == FIRST else "开标记录（第二信封）",
        number=payload["tender"],
        training=payload["training"],
        now=now,
        proof_url=f"{settings.PUBLIC_URL}/halls/{payload['tender']}/",
    )
    doc.facts(
        [
            ("招标项目", payload["title"]),
            ("招标编号", payload["tender"]),
            ("招标人", payload["procuring_entity"]),
            ("招标代理机构", payload["agent"] or "—"),
            ("主持人", payload["host"] or "—"),
            ("投标截止时间", _time(payload["submission_deadline"])),
            ("开标时间", _time(payload["started_at"])),
            ("解密截止时间", _time(payload["decryption_until"])),
        ]
    )
    doc.paragraph("依据《招标投标法》第三十四条至第三十六条、《招标投标法实施条例》第四十四条、"
                  "《电子招标投标办法》第二十九条至第三十二条，公开开标，记录如下。")  # fmt: skip
    doc.heading("一、签到", 2)
    rows = [[a["organization"], CAPACITY_ZH[a["capacity"]], _time(a["at"])] for a in payload["attendance"]]
    doc.table(["单位", "身份", "签到时间"], rows or [["无", "", ""]])
    doc.heading("二、开标一览表", 2)
    for lot in payload["lots"]:
        _lot(doc, lot, [b for b in payload["bids"] if b["lot"] == lot["lot"]])
    doc.heading("三、异议与答复", 2)
    if not payload["objections"]:
        doc.paragraph("无异议。")
    for number, said in enumerate(payload["objections"], start=1):
        doc.paragraph(f"{number}. {said['organization']}，{_time(said['raised_at'])}：{said['text']}")
        doc.paragraph(f"答复，{_time(said['answered_at'])}：{said['answer']}")
    doc.heading("四、签名", 2)
    doc.paragraph(
        "各方以数字证书对本记录的数据内容（含本文件摘要）签名，并在本文件上签名；签名随公开档案保存，可自行核验。"
        "使用 SM2 证书的，另存 GB/T 35275 签名文件。图形本身不证明任何事，请核验签名。"
    )
    doc.page_break()
    doc.heading("签章页", 2)
    doc.signature_slots(len(payload["attendance"]) + 2)
    return bytes(doc.build())


def _lot(doc: PdfDocument, lot: dict[str, Any], bids: list[dict[str, Any]]) -> None:
    doc.heading(lot["name"], 3)
    if lot["status"] == LotStatus.FAILED:
        doc.paragraph(f"{LOT_ZH[LotStatus.FAILED]}：投标人少于 3 个，不开标，投标文件保持密封。")
        return
    ceiling = (
        f"最高投标限价 ¥ {grouped(lot['ceiling_price'])}" if lot["ceiling_price"] else "未设最高投标限价"
    )
    doc.paragraph(ceiling)
    rows = [_cells(bid) for bid in bids]
    doc.table(
        ["序号", "投标人", "投标报价（元）", "工期（日历天）", "质量", "项目负责人", "投标担保", "开启方式"],
        rows,
        numbers=(0, 2, 3),
    )
    for bid in bids:
        if "price_in_words" in bid:
            words = bid["price_in_words"].removeprefix("人民币")
            doc.paragraph(
                f"{bid['no']}. {bid['bidder']}：人民币{words}；密封文件摘要 {bid['envelope_sha256']}"
            )
        elif "failure" in bid:
            cause = {CauseOfFailure.BIDDER: "投标人原因", CauseOfFailure.PLATFORM: "投标人之外的原因"}
            doc.paragraph(f"{bid['no']}. {bid['failure']}（{cause.get(bid['cause'], '原因待查')}）")


def _cells(bid: dict[str, Any]) -> list[str]:
    if "bidder" not in bid:
        return [str(bid["no"]), BID_ZH[BidStatus(bid["status"])], "—", "—", "—", "—", "—", "—"]
    return [
        str(bid["no"]),
        bid["bidder"],
        grouped(bid["price"]) if "price" in bid else "在第二信封",
        str(bid["duration_days"]),
        bid["quality"],
        bid["project_manager"] or "—",
        bid["guarantee"] or "—",
        _OPENED_BY_ZH[bid["opened_by"]],
    ]


def grouped(text: str) -> str:
    """``8,750,000.00`` of decimal text."""
    whole, _, cents = text.partition(".")
    return f"{int(whole):,}.{(cents + '00')[:2]}"


def _time(text: str) -> str:
    return beijing(parse_iso(text)) if text else "—"
