"""Chapter: the agent prepares the tender; too short a period is refused with its article; the notice is out."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from demo import bill, method, notice, papers
from demo.cast import (
    AGENCIES,
    AUTHORITY,
    CENTER,
    LOT_DAYS,
    LOT_NAMES,
    LOT_TARGETS,
    OWNER,
    PROJECT,
    TENDER_TITLE,
)
from demo.clients import Refusal
from demo.stage import Stage
from kernel.clock import BEIJING, beijing, iso

TENDER = f"/api/v1/tenders/{PROJECT['number']}"
#: Bonds: asked in the documents, under 2 % of each lot's estimate (招例第二十六条).
BONDS = {1: Decimal("160000.00"), 2: Decimal("110000.00")}


def amounts() -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    """Estimates, and ceilings a little below them, of both lots, from the bills."""
    estimates = {lot: bill.total(bill.lines(lot, target)) for lot, target in LOT_TARGETS.items()}
    ceilings = {lot: (value * Decimal("0.99")).quantize(Decimal("1.00")) for lot, value in estimates.items()}
    return estimates, ceilings


def schedule(now: datetime, days: int) -> dict[str, datetime]:
    """Documents for 7 days from now, enquiries until 11 days before the deadline, deadline at 9:30."""
    today = now.astimezone(BEIJING)
    deadline = (today + timedelta(days=days)).replace(hour=9, minute=30, second=0, microsecond=0)
    return {
        "documents_from": now,
        "documents_until": (today + timedelta(days=7)).replace(hour=17, minute=30, second=0, microsecond=0),
        "enquiry_deadline": (deadline - timedelta(days=11)).replace(hour=17, minute=30),
        "submission_deadline": deadline,
    }


def announce(stage: Stage) -> None:
    owner, agent = stage.clients[OWNER.key], stage.clients[stage.notes["cast"]["agent"]]
    agency = next(a for a in AGENCIES if a.key == stage.notes["cast"]["agent"])
    now = stage.now()
    estimates, ceilings = amounts()
    owner.post("/api/v1/projects", {
        **PROJECT, "category": "works", "state_funded": True, "estimate": str(sum(estimates.values())),
    })  # fmt: skip
    commission = owner.upload(papers.commission_pdf(agency, now), "招标代理委托合同.pdf", "application/pdf")
    owner.post(
        f"/api/v1/projects/{PROJECT['number']}/agent", {"agent": agency.credit_code, "upload": commission}
    )
    stage.say(f"招标人立项并书面委托{agency.name}")
    _draft(stage, agent, schedule(now, 12), estimates, ceilings)
    _documents(stage, agent, agency, estimates, ceilings)
    _too_short_is_refused(stage, agent)
    times = schedule(stage.now(), 26)
    agent.post(f"{TENDER}/edit", {"sections": {"schedule": {k: iso(v) for k, v in times.items()}}})
    agent.post(f"{TENDER}/announcement")
    stage.notes["deadline"] = iso(times["submission_deadline"])
    stage.notes["enquiry_deadline"] = iso(times["enquiry_deadline"])
    stage.say(f"招标公告发布，投标截止 {beijing(times['submission_deadline'])}")


def _draft(
    stage: Stage,
    agent: Any,
    times: dict[str, datetime],
    estimates: dict[int, Decimal],
    ceilings: dict[int, Decimal],
) -> None:
    lots = [
        {
            "name": LOT_NAMES[lot],
            "estimate": str(estimates[lot]),
            "ceiling_price": str(ceilings[lot]),
            "bond_amount": str(BONDS[lot]),
            "duration_days": LOT_DAYS[lot],
        }
        for lot in sorted(LOT_NAMES)
    ]
    agency = next(a for a in AGENCIES if a.key == stage.notes["cast"]["agent"])
    parts = notice.sections(agency, estimates, ceilings, BONDS, _for_notice(schedule(stage.now(), 26)))
    agent.post("/api/v1/tenders", {
        "project": PROJECT["number"], "number": PROJECT["number"], "title": TENDER_TITLE,
        "sections": {
            "lots": lots,
            "schedule": {name: iso(at) for name, at in times.items()},
            "terms": {"bid_validity_days": 90, "decryption_minutes": 60},
            "evaluation_method": method.evaluation_method(),
            "requirements": method.REQUIREMENTS,
            "bid_rules": method.BID_RULES,
            "notice_text": notice.text(parts),
        },
    })  # fmt: skip
    agent.post(f"{TENDER}/custodians", {
        "threshold": 2, "custodians": [{"organization": o.credit_code} for o in (CENTER, AUTHORITY, OWNER)],
    })  # fmt: skip
    stage.say("两个标段、综合评估法 12 个评分项、密钥托管 3 取 2：交易中心、住建局、招标人")


def _for_notice(times: dict[str, datetime]) -> dict[str, datetime]:
    return times | {"deadline": times["submission_deadline"]}


def _documents(stage: Stage, agent: Any, agency: Any, estimates: Any, ceilings: Any) -> None:
    now = stage.now()
    parts = notice.sections(agency, estimates, ceilings, BONDS, _for_notice(schedule(now, 26)))
    bills = {lot: bill.lines(lot, target) for lot, target in LOT_TARGETS.items()}
    pdf = "application/pdf"
    files = [
        ("notice", "招标公告", "", "招标公告.pdf", pdf, papers.notice_pdf(parts, now)),
        ("bidding_documents", "招标文件", "", "招标文件.pdf", pdf, papers.bidding_documents_pdf(parts, bills, ceilings, now)),
        *(
            ("boq", f"{lot} 标段工程量清单", str(lot), f"工程量清单-{lot}.csv", "text/csv", bill.as_csv(lines, with_prices=False))
            for lot, lines in bills.items()
        ),
    ]  # fmt: skip
    for kind, title, lot, name, media_type, data in files:
        upload = agent.upload(data, name, media_type)
        agent.post(f"{TENDER}/documents", {"kind": kind, "title": title, "lot": lot, "upload": upload})
    stage.say("、".join(f"{name}（{len(data) // 1024} KB）" for *_, name, _, data in files))


def _too_short_is_refused(stage: Stage, agent: Any) -> None:
    try:
        agent.post(f"{TENDER}/announcement")
    except Refusal as refusal:
        for reason in refusal.reasons:
            stage.say(f"被拒绝：{reason['zh']}（{reason.get('law', '')}）")
        return
    raise SystemExit("投标时间只有 12 天，公告却发布了")
