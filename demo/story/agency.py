"""Chapter 0 of the story: the construction unit chooses its procurement agent on the agency marketplace."""

from __future__ import annotations

import os
from datetime import timedelta

from demo import papers
from demo.cast import AGENCIES, CENTER, OWNER, PROJECT
from demo.stage import Stage
from kernel import draw
from kernel.clock import iso, parse_iso

BASE = "/api/v1/agencies"
ITEM = "ZJ-01"
_BARRED = "agency-4"
_FEE = "60000.00"


def choose(stage: Stage) -> None:
    center, owner = stage.clients[CENTER.key], stage.clients[OWNER.key]
    center.post(f"{BASE}/items", {
        "code": ITEM, "name": "招标代理", "basis": "招标投标法第十二条、第十三条；优化营商环境条例第四十三条",
    })  # fmt: skip
    for agency in AGENCIES:
        _admit(stage, agency.key)
    closing = stage.now() + timedelta(days=3, minutes=10)
    number = owner.post(f"{BASE}/assignments", {
        "item": ITEM, "title": f"{PROJECT['name']}施工招标代理", "project": PROJECT["name"], "budget": _FEE,
        "need": "编制招标公告和招标文件，组织开标，协助定标与合同签订；10 个工作日内完成招标文件。",
        "closing_at": iso(closing), "head": OWNER.person,
    })["number"]  # fmt: skip
    for agency in AGENCIES:
        client = stage.clients[agency.key]
        statement = client.post(f"{BASE}/assignments/{number}/applications/statement")["statement"]
        client.post(f"{BASE}/assignments/{number}/applications", {"signed": client.sign(statement)})
    stage.say(f"委托项目 {number}：{len(AGENCIES)} 家已入驻的中介机构签承诺书报名，截止前互不可见")
    stage.advance(closing + timedelta(seconds=1), "报名截止")
    _draw(stage, number)


def _admit(stage: Stage, key: str) -> None:
    """Admission with a signed commitment; agency-4 says, as it must, that the owner controls it."""
    client, center = stage.clients[key], stage.clients[CENTER.key]
    said = {
        "item": ITEM,
        "head": f"{client.name}",
        "controllers": [OWNER.credit_code] if key == _BARRED else [],
    }
    statement = client.post(f"{BASE}/admissions/statement", said)["statement"]
    body = {
        **said,
        "qualification": "招标代理从业人员 12 名，其中招标采购专业人员 5 名",
        "signed": client.sign(statement),
    }
    admission = client.post(f"{BASE}/admissions", body)["admission"]
    center.post(f"{BASE}/admissions/{admission}/admit", {"note": "材料齐全"})


def _draw(stage: Stage, number: str) -> None:
    owner, center = stage.clients[OWNER.key], stage.clients[CENTER.key]
    path = f"{BASE}/assignments/{number}"
    if owner.get(path)["status"] == "open":
        owner.post(f"{path}/close")
    closed = owner.get(path)
    stage.say(f"回避：{'；'.join(reason['zh'] for one in closed['barred'] for reason in one['reasons'])}")
    parties = {"client": owner, "trading_center": center}
    nonces = {who: os.urandom(32) for who in parties}
    for who, client in parties.items():
        client.post(
            f"{path}/commitments", {"digest": draw.commitment(nonces[who], who, closed["draw"]["draw"])}
        )
    for who, client in parties.items():
        client.post(f"{path}/reveals", {"nonce": nonces[who].hex()})
    record = owner.get(path)
    agency = next(a for a in AGENCIES if a.credit_code == record["selected"]["credit_code"])
    mine = draw.order(bytes.fromhex(record["draw"]["seed"]), [one["credit_code"] for one in record["pool"]])
    assert mine[0] == agency.credit_code, "按种子重算的抽取结果不一致"
    stage.say(f"招标人与中心承诺—揭示抽取，{agency.name}中选；按公开的种子和名单重算，结果一致")
    stage.advance(parse_iso(record["selected"]["notice_until"]) + timedelta(seconds=1), "中选公示期满")
    upload = owner.upload(
        papers.commission_pdf(agency, stage.now()), "招标代理委托合同.pdf", "application/pdf"
    )
    owner.post(f"{path}/contract", {"upload": upload, "amount": _FEE})
    stage.notes["cast"] = {"agent": agency.key}
    stage.say("中选公告发布，委托合同备案")
