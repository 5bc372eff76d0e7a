"""The evaluation report (评标报告) as PDF; contents by 12号令第四十二条. Members stand by seat number: their
names are secret until the award (招法第三十七条)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from documents import store
from documents.models import StoredFile
from documents.pdf import PdfDocument
from evaluation.models import Evaluation
from evaluation.queries import facts, results
from evaluation.rules.review import majority_choice
from evaluation.rules.room_moves import label
from kernel.clock import beijing
from trading.rules.evaluation_method import EXPERT_MEANS, KIND_ZH
from trading.rules.rejection_grounds import GROUNDS

FLAG_ZH = {
    "abnormal_low_mean": "低于有效报价均值的设定比例",
    "abnormal_low_second": "低于次低报价的设定比例",
    "abnormal_low_ceiling": "低于最高投标限价的设定比例",
}


def render(evaluation: Evaluation) -> StoredFile:
    """Render and keep the report; the same calculation gives the same bytes."""
    when = evaluation.calculated_at
    if when is None or evaluation.calculation is None:
        raise ValueError("a report needs a calculation")
    lot = evaluation.lot
    pdf = PdfDocument(
        "评标报告",
        number=lot.code,
        training=settings.TRAINING,
        now=when,
        proof_url=f"{settings.PUBLIC_URL}/evaluation/{lot.tender.number}/{lot.no}/result/",
    )
    _basics(pdf, evaluation)
    _committee(pdf, evaluation)
    _bids(pdf, evaluation)
    _rejections(pdf, evaluation)
    _method(pdf, evaluation)
    _scores(pdf, evaluation)
    _ranking(pdf, evaluation)
    pdf.heading("八、签署")
    pdf.paragraph(
        "评标委员会成员以数字证书对本报告的 SHA-256 摘要签名。对评标结果有不同意见的成员以书面形式说明其不同意见和理由；"
        "拒绝在报告上签字又不书面说明其不同意见和理由的，视为同意评标结果（招标投标法实施条例第五十三条）。"
    )
    pdf.note(
        "成员在本文件上签名，使用 SM2 证书的另存 GB/T 35275 签名文件。图形本身不证明任何事，请核验签名。"
    )
    seats = facts.seats_of(evaluation)
    pdf.page_break()
    pdf.heading("签章页", 2)
    pdf.signature_slots(len(seats))
    name = f"评标报告-{lot.code}.pdf"
    return store.put(pdf.build(), name=name, media_type="application/pdf", now=when)


def _basics(pdf: PdfDocument, evaluation: Evaluation) -> None:
    lot, tender = evaluation.lot, evaluation.lot.tender
    session = tender.opening_sessions.first()
    opened = beijing(session.started_at) if session and session.started_at else "—"
    pdf.heading("一、基本情况和数据表")
    pdf.facts(
        [
            ("项目名称", tender.project.name),
            ("招标编号", tender.number),
            ("标段", f"{lot.no}  {lot.name}"),
            ("招标人", tender.project.procuring_entity.name),
            ("招标代理机构", tender.project.agent.name if tender.project.agent else "无"),
            ("最高投标限价", f"{lot.ceiling_price:,.2f} 元" if lot.ceiling_price is not None else "未设"),
            ("开标时间", opened),
            ("评标开始时间", beijing(evaluation.convened_at)),
            ("汇总完成时间", beijing(evaluation.calculated_at) if evaluation.calculated_at else "—"),
        ]
    )


def _committee(pdf: PdfDocument, evaluation: Evaluation) -> None:
    pdf.heading("二、评标委员会")
    drawn = evaluation.committee.draws.exclude(seed="").order_by("round").first()
    pdf.paragraph(
        f"评标委员会由 {evaluation.committee.size} 名从专家库随机抽取的专家组成。成员名单在中标结果确定前保密"
        "（招标投标法第三十七条），本报告以席位编号表示。"
    )
    if drawn is not None:
        pdf.facts([("抽取编号", drawn.code), ("名单摘要", drawn.pool_digest), ("随机种子", drawn.seed)])
    rows = [
        [
            label(seat.no),
            "组长" if evaluation.chair_id == seat.pk else "成员",
            seat.ticket.site,
            "已声明" if evaluation.declarations.filter(seat=seat).exists() else "未声明",
        ]
        for seat in facts.seats_of(evaluation)
    ]
    pdf.table(["席位", "职责", "场地", "保密与回避声明"], rows, widths=[2, 2, 4, 3])


def _bids(pdf: PdfDocument, evaluation: Evaluation) -> None:
    pdf.heading("三、开标记录和符合要求的投标一览表")
    rows = [
        [
            row.alias,
            row.bid.bidder_name,
            f"{row.bid.price:,.2f}" if row.bid.price is not None else "未开启",
            "否决" if row.rejected else "通过",
        ]
        for row in facts.bids_of(evaluation)
    ]
    pdf.table(["代号", "投标人", "投标报价（元）", "初步评审"], rows, widths=[1, 5, 3, 2], numbers=[2])


def _rejections(pdf: PdfDocument, evaluation: Evaluation) -> None:
    pdf.heading("四、否决投标的情况说明")
    found = [row for row in facts.bids_of(evaluation) if row.rejected]
    if not found:
        pdf.paragraph("没有否决的投标。")
    seats = facts.seats_of(evaluation)
    for row in found:
        verdict = facts.verdict_of(row, seats, evaluation.committee.size, row.rejected_stage)
        ground = GROUNDS[row.ground]
        pdf.paragraph(
            f"{row.alias}（{row.bid.bidder_name}）：{ground.zh}（{ground.law}）。{row.reason}。证据见《{row.document}》"
            f"第 {row.page} 页。评标委员会 {verdict.size} 人中 {verdict.against} 人认为应当否决。"
        )
    if evaluation.competition is not None:
        votes = [b.choice for b in facts.ballots(evaluation, facts.COMPETITION)]
        found_words = majority_choice(votes, evaluation.committee.size)
        lacking = found_words == facts.NO
        pdf.paragraph(
            "有效投标不足三个，评标委员会认定" + ("明显缺乏竞争。" if lacking else "仍具有竞争性。")
        )


def _method(pdf: PdfDocument, evaluation: Evaluation) -> None:
    method = evaluation.lot.tender.evaluation_method
    found = evaluation.calculation or {}
    pdf.heading("五、评标标准、评标方法和评标因素")
    parameters = (found.get("input") or {}).get("parameters", {})
    pdf.facts(
        [
            ("评标办法", KIND_ZH.get(method.get("kind", ""), str(method.get("kind", "")))),
            ("评委分汇总", EXPERT_MEANS.get(method.get("expert_mean", "mean"), "")),
            ("价格分方法", str(method.get("price", {}).get("method", ""))),
            ("价格分参数", _words(parameters)),
            ("评标基准价", str((found.get("output") or {}).get("benchmark_price") or "—")),
        ]
    )
    rows = [
        [item.no, item.group, item.title, f"{item.max:f}", "客观" if item.objective else "主观"]
        for item in facts.items(evaluation)
    ]
    pdf.table(["序号", "类别", "评分项", "满分", "性质"], rows, widths=[1, 3, 6, 1.4, 1.4], numbers=[0, 3])


def _words(parameters: Mapping[str, Any]) -> str:
    return "；".join(f"{key} = {value}" for key, value in sorted(parameters.items()))


def _scores(pdf: PdfDocument, evaluation: Evaluation) -> None:
    pdf.heading("六、评分比较一览表")
    found = evaluation.calculation or {}
    if not found.get("output"):
        pdf.paragraph("未进入详细评审。")
        return
    bids = [row for row in facts.bids_of(evaluation) if not row.rejected]
    header = ["评分项", *[row.alias for row in bids]]
    means = found["means"]
    rows = [
        [item.title, *[means.get(str(row.bid_id), {}).get(item.id, "—") for row in bids]]
        for item in facts.items(evaluation)
    ]
    answer = {row["id"]: row for row in found["output"]["bids"]}
    for title, key in (("价格分", "price_score"), ("总分", "total")):
        rows.append([title, *[str(answer[str(row.bid_id)][key] or "—") for row in bids]])
    numbers = list(range(1, len(header)))
    pdf.table(header, rows, widths=[5, *[1.6] * len(bids)], numbers=numbers)
    for row in bids:
        flags = answer[str(row.bid_id)].get("flags", [])
        if flags:
            words = "、".join(FLAG_ZH.get(flag, flag) for flag in flags)
            pdf.paragraph(f"{row.alias} 触发异常低价审查：{words}。触发审查不等于否决。")
    pdf.note("各成员独立评分表的 SHA-256 摘要在锁定时已存证，中标结果确定后公开，任何人可以复算。")


def _ranking(pdf: PdfDocument, evaluation: Evaluation) -> None:
    pdf.heading("七、经评审的投标人排序和推荐的中标候选人")
    ranked = results.ranking(evaluation)
    if not ranked:
        pdf.paragraph("评标委员会否决全部投标，依法重新招标（招标投标法第四十二条）。")
        return
    rows = [
        [
            row["rank"],
            row["bidder"],
            f"{row['price']}",
            row["score"],
            "中标候选人" if row["rank"] <= 3 else "",
        ]
        for row in ranked
    ]
    header = ["名次", "投标人", "投标报价（元）", "总分", "推荐"]
    pdf.table(header, rows, widths=[1, 5, 3, 1.6, 2.4], numbers=[0, 2, 3])
