"""Chapter: candidates, standstill, award, notices to everybody at one moment, contract."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from demo import papers
from demo.cast import LOT_DAYS, OWNER
from demo.clients import Client, Refusal
from demo.stage import Stage
from demo.story.announcing import TENDER
from kernel.clock import BEIJING, beijing, parse_iso


def award(stage: Stage) -> None:
    agent, owner = stage.clients[stage.notes["cast"]["agent"]], stage.clients[OWNER.key]
    until = []
    for lot in (1, 2):
        stage_result = _result(stage, lot)
        agent.post(f"{TENDER}/lots/{lot}/candidates", {})
        result = agent.get(f"{TENDER}/lots/{lot}/result")
        until.append(parse_iso(result["standstill_until"]))
        names = "；".join(
            f"{c['rank']} {c['name']} ¥{c['price']} {c['score']} 分" for c in result["candidates"]
        )
        stage.say(f"{lot} 标段候选人公示：{names}")
        stage.notes.setdefault("first", {})[str(lot)] = stage_result["ranking"][0]
    _too_early_is_refused(stage, owner)
    stage.advance(max(until) + timedelta(minutes=1), f"公示期满（{beijing(max(until))}）")
    for lot in (1, 2):
        first = stage.notes["first"][str(lot)]
        owner.post(f"{TENDER}/lots/{lot}/award", {"bid": first["bid"]})
        agent.post(f"{TENDER}/lots/{lot}/notification")
        stage.say(
            f"{lot} 标段定标：{first['bidder']}；中标通知书和结果通知同时发给全部投标人（招标投标法第四十五条）"
        )
    stage.advance(stage.now() + timedelta(days=9), "合同谈判与签订")
    for lot in (1, 2):
        _contract(stage, owner, lot)


def _result(stage: Stage, lot: int) -> Any:
    return stage.clients[OWNER.key].get(f"{TENDER}/lots/{lot}/result")


def _too_early_is_refused(stage: Stage, owner: Client) -> None:
    try:
        owner.post(f"{TENDER}/lots/1/award", {"bid": stage.notes["first"]["1"]["bid"]})
    except Refusal as refusal:
        reason = refusal.reasons[0]
        stage.say(f"公示期内定标被拒绝：{reason['zh']}（{reason.get('law', '')}）")
        return
    raise SystemExit("公示期内竟然定标了")


def _contract(stage: Stage, owner: Client, lot: int) -> None:
    first, now = stage.notes["first"][str(lot)], stage.now()
    signed_on = now.astimezone(BEIJING).date()
    paper = papers.contract_pdf(first["bidder"], lot, Decimal(first["price"]), LOT_DAYS[lot], signed_on, now)
    upload = owner.upload(paper, f"施工合同-{lot}标段.pdf", "application/pdf")
    number = f"{TENDER.rsplit('/', 1)[1]}-{lot:02d}-HT"
    owner.post(f"{TENDER}/lots/{lot}/contract", {
        "number": number, "price": first["price"], "signed_on": signed_on.isoformat(), "upload": upload,
    })  # fmt: skip
    stage.say(f"{lot} 标段合同 {number} 登记，¥{first['price']}")
