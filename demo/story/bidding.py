"""Chapter: download, ask, guarantee, seal, submit; one withdraws and submits again, one is damaged, one is late."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from demo import bill, papers
from demo.cast import BIDDERS, LOT_TARGETS, PROJECT, UNQUALIFIED, Bidder
from demo.clients import Client, Refusal
from demo.stage import Stage
from demo.story.announcing import TENDER
from kernel.clock import parse_iso
from sealing.ticket import Ticket

#: Two at a time: as many as the demo's machine has cores.
_AT_ONCE = 2
_SMALL_BOND = "120000.00"


def folder_of(stage: Stage, bidder: Bidder, lot: int, attempt: int = 1) -> Path:
    suffix = "" if attempt == 1 else f"-{attempt}"
    return stage.person(bidder.organization.key) / f"lot-{lot}{suffix}"


def envelope_of(stage: Stage, bidder: Bidder, lot: int, attempt: int = 1) -> Path:
    folder = folder_of(stage, bidder, lot, attempt)
    return folder.with_name(folder.name + ".mtse")


def ask(stage: Stage) -> None:
    """Everybody downloads; one asks; the answer goes to all, and nobody sees who asked."""
    for bidder in BIDDERS:
        client = stage.clients[bidder.organization.key]
        client.login()
        for document in client.get(TENDER)["documents"]:
            response = client.http.get(document["url"])
            response.raise_for_status()
    stage.say(f"{len(BIDDERS)} 家下载招标文件；下载人和家数在投标截止前保密")
    asker = stage.clients[BIDDERS[2].organization.key]
    question = "沟槽开挖深度超过 3 米处的拉森钢板桩，清单按“吨”计量是否含租赁费用？"
    enquiry = asker.post(f"{TENDER}/enquiries", {"text": question})["enquiry"]
    agent = stage.clients[stage.notes["cast"]["agent"]]
    answer = "含。清单项目特征已载明“打拔及租赁 30 天”，超过部分按签证计算。工程量清单不作修改。"
    agent.post(f"/api/v1/enquiries/{enquiry}/answer", {"answer": answer, "affects_bids": False})
    seen = stage.clients[BIDDERS[0].organization.key].get(f"{TENDER}/enquiries")["enquiries"]
    assert [(e["text"], e["answer"]) for e in seen] == [(question, answer)]
    stage.say(f"提问「{question[:18]}…」已向所有下载人公布答复")


def submit(stage: Stage) -> None:
    """The day before the deadline: guarantees, sealing and submission on each bidder's own machine."""
    deadline = parse_iso(stage.notes["deadline"])
    stage.advance(deadline - timedelta(hours=20), "投标截止前一天")
    work = [(bidder, lot) for bidder in BIDDERS for lot in sorted(bidder.factors)]
    for bidder, lot in work:
        prepare(stage, bidder, lot)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sealed = list(pool.map(lambda pair: _seal(stage, *pair), work))
    stage.say(f"{len(sealed)} 份投标文件在投标人自己的电脑上加密，共 {sum(sealed) // 1024:,} KB")
    for name in [b.organization.name for b in BIDDERS if b.organization.ca == "demo-ca-4"]:
        stage.say(f"{name}用国密 SM2 证书登录、申请保函、签名，与其他证书同场投标")
    on_time = [
        (b, lot) for b, lot in work if not (lot == 2 and b.twist in ("late_in_lot_2", "damaged_in_lot_2"))
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        receipts = list(pool.map(lambda pair: _submit(stage, *pair), on_time))
    stage.say(f"{len(receipts)} 份已收到，回执（摘要、时间、存证位置、包含证明）已离线核对")
    _withdraw_and_submit_again(stage, BIDDERS[0])
    _damaged_is_refused(stage, next(b for b in BIDDERS if b.twist == "damaged_in_lot_2"))


def prepare(stage: Stage, bidder: Bidder, lot: int, attempt: int = 1, cut: Decimal = Decimal(0)) -> None:
    """The bidder's folder of one lot: bill, plan, qualification, description; the guarantee comes by HTTP."""
    organization, now = bidder.organization, stage.now()
    folder = folder_of(stage, bidder, lot, attempt)
    factor = bidder.factors[lot] - cut
    priced = bill.priced(bill.lines(lot, LOT_TARGETS[lot]), f"{organization.key}-{lot}", factor)
    manager, certificate = bidder.manager
    unqualified = organization.key == UNQUALIFIED and lot == 1
    files = {
        "boq/已标价工程量清单.csv": bill.as_csv(priced),
        "technical/施工组织设计.pdf": papers.technical_pdf(bidder, lot, now),
        "qualification/资格审查资料.pdf": papers.qualification_pdf(bidder, lot, now, unqualified=unqualified),
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    said: dict[str, Any] = {
        "tender": PROJECT["number"],
        "lot": str(lot),
        "bidder": {"name": organization.name, "credit_code": organization.credit_code},
        "price": str(bill.total(priced)),
        "currency": "CNY",
        "duration_days": bidder.duration[lot],
        "quality": "合格",
        "project_manager": {"name": manager, "certificate": certificate},
    }
    (folder / "bid.json").write_text(json.dumps(said, ensure_ascii=False, indent=1))


def key_arguments(stage: Stage, key: str) -> list[str]:
    """The command line's arguments for somebody's certificates."""
    folder = stage.person(key)
    second = folder / "encryption.pem"
    return [
        "--key",
        str(folder / "signing.pem"),
        *(["--encryption-key", str(second)] if second.exists() else []),
    ]


def server(stage: Stage, key: str) -> list[str]:
    return ["--server", stage.clients[key].base]


def _seal(stage: Stage, bidder: Bidder, lot: int, attempt: int = 1) -> int:
    """Guarantee, check and envelope; the envelope's size in bytes."""
    key, folder = bidder.organization.key, folder_of(stage, bidder, lot, attempt)
    small = ["--amount", _SMALL_BOND] if bidder.twist == "guarantee_too_small" and lot == 1 else []
    stage.bidtool(key, "guarantee", "apply", str(folder), "--issuer", stage.issuer, *small,
                  *key_arguments(stage, key), *server(stage, key))  # fmt: skip
    envelope = envelope_of(stage, bidder, lot, attempt)
    own = ["--own-key", "certificate"] if bidder.organization.ca == "demo-ca-3" else []
    # A guarantee below what is asked would be found by the check; this bidder does not heed it.
    heedless = ["--despite", "guarantee.amount_too_small"] if small else []
    stage.bidtool(key, "seal", str(folder), "-o", str(envelope), *own, *heedless,
                  *key_arguments(stage, key), *server(stage, key))  # fmt: skip
    return envelope.stat().st_size


def _submit(stage: Stage, bidder: Bidder, lot: int, attempt: int = 1) -> Any:
    key, envelope = bidder.organization.key, envelope_of(stage, bidder, lot, attempt)
    said = stage.bidtool(key, "submit", str(envelope), *server(stage, key))
    keys = stage.clients[key].get("/api/v1/keys")
    stage.bidtool(key, "receipt", "verify", str(envelope) + ".receipt.json", "--envelope", str(envelope),
                  "--platform-key", keys["platform_public_key"], "--vkey", keys["log_vkey"])  # fmt: skip
    return said


def _withdraw_and_submit_again(stage: Stage, bidder: Bidder) -> None:
    key, lot = bidder.organization.key, 1
    stage.bidtool(key, "withdraw", str(envelope_of(stage, bidder, lot)), *server(stage, key))
    prepare(stage, bidder, lot, attempt=2, cut=Decimal("0.006"))
    _seal(stage, bidder, lot, attempt=2)
    _submit(stage, bidder, lot, attempt=2)
    stage.say(f"{bidder.organization.name}撤回一标段投标文件，降价后重新递交（招标投标法第二十九条）")


def _damaged_is_refused(stage: Stage, bidder: Bidder) -> None:
    """A file that lost its end on the way: the door tells from the header alone."""
    envelope = envelope_of(stage, bidder, 2)
    data = envelope.read_bytes()[:-4096]
    refusal = _knock(stage.clients[bidder.organization.key], data, envelope, 2)
    stage.say(
        f"{bidder.organization.name}的二标段文件损坏，门口拒收：{refusal.reasons[0]['zh']}（{refusal.code}）"
    )


def late_is_refused(stage: Stage) -> None:
    """Two seconds after the deadline."""
    bidder = next(b for b in BIDDERS if b.twist == "late_in_lot_2")
    envelope = envelope_of(stage, bidder, 2)
    refusal = _knock(stage.clients[bidder.organization.key], envelope.read_bytes(), envelope, 2)
    reason = refusal.reasons[0]
    assert refusal.code == "bid.late", refusal
    stage.say(f"{bidder.organization.name}的二标段文件逾期，拒收：{reason['zh']}")


def _knock(client: Client, data: bytes, envelope: Path, lot: int) -> Refusal:
    """Submit these bytes with the envelope's ticket; the refusal."""
    ticket = Ticket.from_json(json.loads(Path(f"{envelope}.ticket").read_bytes()))
    upload = client.upload(data, envelope.name, "application/octet-stream")
    body = {"upload": upload, "submission": ticket.submission(), "door_identity": ticket.door_identity()}
    try:
        client.post(f"{TENDER}/lots/{lot}/bids", body)
    except Refusal as refusal:
        return refusal
    raise SystemExit(f"应当拒收的投标文件被接收了：{envelope}")
