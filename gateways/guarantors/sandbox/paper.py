"""The guarantee as people read it: a Chinese PDF whose digest stands in the signed form."""

from __future__ import annotations

from datetime import datetime

from documents.pdf import PdfDocument
from gateways.guarantors.sandbox.applications import Application
from kernel.clock import beijing
from kernel.guarantee_terms import GROUNDS, Party, figure
from kernel.money import Money


def guarantee_pdf(number: str, issuer: Party, asked: Application, now: datetime, *, training: bool) -> bytes:
    """The letter of guarantee; equal input gives equal bytes."""
    paper = PdfDocument("投标保函", number=number, training=training, now=now)
    paper.paragraph(f"致：{asked.beneficiary.name}", indent=False)
    paper.paragraph(
        f"鉴于{asked.applicant.name}（下称投标人）参加贵方“{asked.tender}”第 {asked.lot} 标段的投标，"
        f"我方{issuer.name}受投标人委托，在此不可撤销地向贵方开立本保函。"
    )
    in_words = Money(asked.amount).words() if asked.currency == "CNY" else ""
    paper.facts(
        [
            ("保函编号", number),
            ("开立人", f"{issuer.name}（{issuer.credit_code}）"),
            ("申请人（投标人）", f"{asked.applicant.name}（{asked.applicant.credit_code}）"),
            ("受益人（招标人）", f"{asked.beneficiary.name}（{asked.beneficiary.credit_code}）"),
            ("招标编号、标段", f"{asked.tender}，标段 {asked.lot}"),
            ("保函金额", f"{figure(asked.amount, asked.currency)}　{in_words}".strip("　")),
            (
                "有效期",
                f"{asked.valid_from.isoformat()} 至 {asked.valid_until.isoformat()}（含当日，北京时间）",
            ),
            ("开立时间", beijing(now)),
        ]
    )
    paper.heading("付款事由", 2)
    paper.paragraph("投标人有下列情形之一的，我方凭贵方在有效期内提交的书面索赔声明，无条件付款：")
    for place, ground in enumerate(asked.payable_on, start=1):
        paper.paragraph(f"（{place}）{GROUNDS[ground]}。")
    paper.heading("其他", 2)
    paper.paragraph(
        "本保函为独立保函，适用《最高人民法院关于审理独立保函纠纷案件若干问题的规定》（法释〔2016〕24号）。"
        "本保函的电子表单载有本文件的 SHA-256 摘要，由开立人的数字证书签名；两者不一致的，以签名表单为准。"
    )
    paper.signature_lines([("开立人", f"{issuer.name}（电子签名）")])
    return paper.build()
