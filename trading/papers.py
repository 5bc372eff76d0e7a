"""The written side of a tender: clarification, candidates on show, acceptance notice, letters, award notice.

Built before ``perform`` (slow), from rows as they are; the command carries the digests.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from documents import store
from documents.models import StoredFile
from documents.pdf import PdfDocument
from kernel.clock import BEIJING, beijing
from kernel.money import Money
from trading.models import Bid, EvaluationResult, Lot, Tender
from trading.rules import rejection_grounds

_HOW_TO_OBJECT = (
    "投标人或者其他利害关系人对评标结果有异议的，应当在公示期间通过本平台提出。招标人自收到异议之日起 3 日内答复；"
    "答复前暂停招标投标活动。对答复不满意的，可在 10 日内向行政监督部门投诉。"
)


def keep(data: bytes, name: str, now: datetime) -> StoredFile:
    return store.put(data, name=name, media_type="application/pdf", now=now)


def _paper(title: str, tender: Tender, number: str, now: datetime) -> PdfDocument:
    proof = f"{settings.PUBLIC_URL}/notices/{tender.number}/"
    return PdfDocument(title, number=number, training=settings.TRAINING, now=now, proof_url=proof)


def _parties(paper: PdfDocument, tender: Tender) -> None:
    project = tender.project
    paper.facts(
        [
            ("招标项目", tender.title),
            ("招标编号", tender.number),
            ("招标人", project.procuring_entity.name),
            ("招标代理机构", project.agent.name if project.agent else "—"),
        ]
    )


def _signed(paper: PdfDocument, tender: Tender, now: datetime) -> bytes:
    project = tender.project
    signers = [f"招标人：{project.procuring_entity.name}"]
    if project.agent:
        signers.append(f"招标代理机构：{project.agent.name}")
    day = now.astimezone(BEIJING).strftime("%Y 年 %m 月 %d 日")
    return paper.signature_lines(signers).paragraph(day, indent=False, align="right").build()


def _summary(bid: Bid, key: str) -> str:
    value = (bid.summary or {}).get(key, "")
    if key == "project_manager" and isinstance(value, dict):
        return f"{value.get('name', '')}（{value.get('certificate', '')}）"
    return str(value or "—")


def _price(bid: Bid) -> str:
    return Money(bid.price).display() if bid.price is not None else "—"


def clarification(tender: Tender, title: str, text: str, deadline: datetime, now: datetime) -> bytes:
    paper = _paper(title, tender, tender.number, now)
    _parties(paper, tender)
    paper.heading("澄清或者修改内容", 2).paragraph(text)
    paper.heading("投标截止时间", 2).paragraph(f"投标截止时间（开标时间）为 {beijing(deadline)}。")
    paper.paragraph("本文件为招标文件的组成部分，与此前文件不一致的，以本文件为准（招标投标法第二十三条）。")
    return _signed(paper, tender, now)


def candidate_notice(
    lot: Lot, bids: Sequence[Bid], scores: dict[str, str], until: datetime, now: datetime
) -> bytes:
    """公示 with the contents of 10号令 art. 6."""
    tender = lot.tender
    paper = _paper("中标候选人公示", tender, lot.code, now)
    _parties(paper, tender)
    paper.heading(f"一、{lot.name}中标候选人", 2)
    rows = [
        [f"第 {rank} 名", bid.bidder_name, _price(bid), scores.get(str(bid.id), "—"), _summary(bid, "quality"),
         f"{_summary(bid, 'duration_days')} 日"]
        for rank, bid in enumerate(bids, start=1)
    ]  # fmt: skip
    paper.table(
        ["排序", "投标人", "投标报价", "得分", "质量", "工期"],
        rows,
        widths=[2, 6, 4, 2, 3, 2],
        numbers=[2, 3],
    )
    paper.heading("二、项目负责人及资格能力条件", 2)
    paper.table(
        ["投标人", "项目负责人（证书编号）", "资格条件响应"],
        [
            [bid.bidder_name, _summary(bid, "project_manager"), "经评标委员会初步评审，符合招标文件要求"]
            for bid in bids
        ],
        widths=[5, 5, 5],
    )
    paper.heading("三、公示期和异议", 2)
    paper.paragraph(f"公示期自 {beijing(now)} 起至 {beijing(until)} 止。")
    paper.paragraph(_HOW_TO_OBJECT)
    return _signed(paper, tender, now)


def acceptance_notice(lot: Lot, winner: Bid, now: datetime) -> bytes:
    """中标通知书 (招法第四十五条): binding on both sides once sent."""
    tender, price = lot.tender, Money(winner.price or 0)
    paper = _paper("中标通知书", tender, lot.code, now)
    paper.paragraph(f"{winner.bidder_name}：", indent=False)
    paper.paragraph(
        f"你方递交的「{tender.title}」{lot.name}投标文件已被我方接受，被确定为中标人。主要内容如下："
    )
    paper.facts(
        [
            ("招标编号", lot.code),
            ("中标价", f"{price.display()}（{price.words()}）"),
            ("工期", f"{_summary(winner, 'duration_days')} 日"),
            ("质量", _summary(winner, "quality")),
            ("项目负责人", _summary(winner, "project_manager")),
        ]
    )
    paper.paragraph(
        "请你方自本通知书发出之日起 30 日内与我方订立书面合同；招标文件要求提交履约担保的，应在此前提交"
        "（招标投标法第四十五条、第四十六条）。"
    )
    return _signed(paper, tender, now)


def result_letter(lot: Lot, bid: Bid, winner: Bid, result: EvaluationResult, now: datetime) -> bytes:
    """The result to one loser, with its own rank, score or ground and nobody else's."""
    tender = lot.tender
    paper = _paper("中标结果通知书", tender, lot.code, now)
    paper.paragraph(f"{bid.bidder_name}：", indent=False)
    paper.paragraph(f"「{tender.title}」{lot.name}的中标人已确定，现将结果通知你方（招标投标法第四十五条）：")
    paper.facts(
        [
            ("招标编号", lot.code),
            ("中标人", winner.bidder_name),
            ("中标价", _price(winner)),
            ("你方的投标报价", _price(bid)),
        ]
    )
    paper.paragraph(_own_result(bid, result))
    paper.paragraph("感谢你方参加投标。投标担保将在合同签订后 5 日内退还（招标投标法实施条例第五十七条）。")
    return _signed(paper, tender, now)


def _own_result(bid: Bid, result: EvaluationResult) -> str:
    for row in result.rejected:
        if row["bid"] == str(bid.id):
            ground = rejection_grounds.ground(row["ground"])
            note = f"具体情况：{row['note']}" if row.get("note") else ""
            return f"你方投标被评标委员会否决。事由：{ground.zh}（{ground.law}）。{note}"
    row = next((r for r in result.ranking if r["bid"] == str(bid.id)), {})
    return f"你方投标的评审得分为 {row.get('score', '—')}，排序第 {row.get('rank', '—')}。"


def award_notice(lot: Lot, winner: Bid, now: datetime) -> bytes:
    """中标结果公告, for everybody."""
    tender = lot.tender
    paper = _paper("中标结果公告", tender, lot.code, now)
    _parties(paper, tender)
    paper.heading(f"{lot.name}中标结果", 2)
    paper.facts(
        [
            ("中标人", winner.bidder_name),
            ("统一社会信用代码", winner.bidder_credit_code),
            ("中标价", f"{_price(winner)}（{Money(winner.price or 0).words()}）"),
            ("工期", f"{_summary(winner, 'duration_days')} 日"),
            ("质量", _summary(winner, "quality")),
            ("项目负责人", _summary(winner, "project_manager")),
        ]
    )
    return _signed(paper, tender, now)
