"""What the sealing page checks before it seals, beside what bidtool says of the same files; bids in two envelopes."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

from bidtool.contents.bills import read_bill
from sealing import Ticket, bid_summary, bundle, open_body, read_header, unwrap_as_bidder
from tests.unit.sealing.test_browser_modules import HERE_JS, LOT, TENDER, _credit_code, _said, node

ASKED = {"columns": ["项目编码", "项目名称", "工程量", "综合单价", "合价"], "quantity": "工程量",
         "unit_price": "综合单价", "amount": "合价", "total": "合计"}  # fmt: skip
HEAD = "项目编码,项目名称,工程量,综合单价（元）,合 价(元)\n"
BILLS = (
    HEAD + "1,土方,10,2.5,25.00\n合计,,,,25.00\n",
    "\ufeff标题\n\n"
    + HEAD
    + '1,"沟槽,开挖","1,000.5",3.335,"3,336.67"\n2,x,1,2,3\n3,y,5,,\n合计,,,,"¥3,339.67"\n',
    HEAD.replace("工程量", "数量") + "1,土方,10,2.5,25\n",
    HEAD + '1,"引号""里",1.005,1,1.01\r\n2,b,-1,2.50,-2.50\r\n3,科学,1e2,2E-1,20\n',
    HEAD + "合计,,,,未填\n",
    "",
    HEAD + "\n\n1,a,9999999999,9999999999,99999999980000000001\n4,c,0.333,3,1.00",
)


def _bills(folder: Path) -> list[dict[str, Any]]:
    jobs = []
    for place, text in enumerate(BILLS):
        for encoding in ("utf-8", "gb18030"):
            path = folder / f"{place}-{encoding}.csv"
            path.write_bytes(text.removeprefix("\ufeff" if encoding != "utf-8" else "").encode(encoding))
            jobs.append({"path": path, "asked": ASKED})
    jobs.append({"path": folder / "0-utf-8.csv", "asked": ASKED | {"total": ""}})
    return jobs


def test_the_page_reads_bills_as_bidtool_does(tmp_path: Path) -> None:
    jobs = _bills(tmp_path)
    said = [{"data": base64.b64encode(j["path"].read_bytes()).decode(), "asked": j["asked"]} for j in jobs]
    read = json.loads(node(str(HERE_JS / "bills.js"), said={"bills": said, "bids": []}))["read"]
    for job, got in zip(jobs, read, strict=True):
        wanted = read_bill(job["path"], job["asked"])
        wanted["wrong"] = [int(row[0]) for row in wanted["wrong"]]
        assert got == wanted, job["path"].name


def _bid(**more: Any) -> dict[str, Any]:
    tender = {"bid_rules": {"quality": "合格", "project_manager": True, "boq": ASKED},
              "requirements": [{"role": "technical", "title": "施工组织设计", "max_mb": 50}]}  # fmt: skip
    bid = {"tender": tender, "lot": {"lot": "1", "duration_days": 180}, "price": 2500, "sources": [
        {"path": "boq/清单.csv", "role": "boq", "content": BILLS[0]}],
        "values": {"duration_days": "170", "quality": "合格", "manager_name": "张三"}}  # fmt: skip
    return bid | more


def test_the_page_says_what_does_not_fit_the_rules() -> None:
    whole = _bid()
    wrong = _bid(
        price=2501,
        values={"duration_days": "181", "quality": "优良", "manager_name": ""},
        sources=[*whole["sources"], {"path": "technical/大.pdf", "role": "technical", "size": 51 * 2**20}],
    )
    lacking = _bid(sources=[{"path": "boq/清单.csv", "role": "boq", "content": BILLS[2]}])
    unread = _bid(sources=[{"path": "boq/清单.xlsx", "role": "boq", "content": "x"}])
    bids = [whole, wrong, lacking, unread]
    answers = json.loads(node(str(HERE_JS / "bills.js"), said={"bills": [], "bids": bids}))["answers"]
    assert answers[0] == {"problems": [], "notes": []}
    assert [p.split("（")[0] for p in answers[1]["problems"]] == [
        "工期 181 日历天，超过招标文件要求的 180 日历天",
        "质量标准「优良」，招标文件要求「合格」",
        "没有写明项目负责人",
        "「施工组织设计」的文件 大.pdf 为 51.0 MB，不得超过 50 MB。",
        "报价 ¥ 25.01 与工程量清单的「合计」 ¥ 25.00 不相等",
    ]
    assert answers[2]["problems"] == ["工程量清单 清单.csv 缺少列：工程量（GB 50500-2013 第6.1.4条）。"]
    assert answers[3] == {
        "problems": [], "notes": ["XLSX 和很大的工程量清单本页不读，请用 bidtool check 核对列和合计。"],
    }  # fmt: skip


def test_two_envelopes_are_one_bid_and_the_first_tells_no_price(tmp_path: Path) -> None:
    files = [{"path": f"{role}/f.txt", "content": role, "media_type": "text/plain", "role": role}
             for role in ("technical", "boq", "commercial", "guarantee")]  # fmt: skip
    values = {
        "bidder_name": "江苏恒基建设集团有限公司", "credit_code": _credit_code("91320900MA1PAGE00"),
        "price": "8123456.70", "duration_days": "120", "quality": "合格",
    }  # fmt: skip
    said = _said("bidder_p256", "client", []) | {
        "files": files, "values": values, "target": {"tender": TENDER, "lot": LOT, "currency": "CNY"},
        "requirements": [{"role": "commercial", "part": "price"}], "folder": str(tmp_path),
    }  # fmt: skip
    node(str(HERE_JS / "dual.js"), said=said)
    pseudonyms, roles = set(), {}
    for part in ("technical", "price"):
        ticket = Ticket.from_json(json.loads((tmp_path / f"{part}.ticket").read_text()))
        with (tmp_path / f"{part}.mtse").open("rb") as source:
            header, out = read_header(source), io.BytesIO()
            open_body(source, header, unwrap_as_bidder(header, ticket), out)
        got = bundle.read(out)
        summary = bid_summary.check(json.loads(got.read("bid_summary.json", 1 << 20)))
        assert ("price" in summary, summary["part"]) == (part == "price", part)
        pseudonyms.add(header.pseudonym)
        roles[part] = sorted(e.role for e in got.entries if not e.role.startswith("bid_summary"))
    assert len(pseudonyms) == 1
    assert roles == {"technical": ["guarantee", "technical"], "price": ["boq", "commercial"]}
