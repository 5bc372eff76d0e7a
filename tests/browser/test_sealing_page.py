"""A bidder seals and submits in the page; bidtool accepts the receipt and Python opens the envelope."""

from __future__ import annotations

import base64
import io
import json
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import expect

from demo.cast import BIDDERS, CENTER, Bidder
from demo.story import bidding
from kernel.clock import parse_iso
from sealing import Ticket, bundle, combine, fields, open_body, open_share, read_header, sm2, unwrap_as_bidder
from sealing.signer import from_pem
from tests.browser.conftest import Look, Visit
from tests.browser.keys import PASSWORD, agent, p12_of, softhsm, token_of
from tests.browser.visitors import Visitor
from tests.browser.world import NUMBER, World
from tests.vectors.sealing.cast import HERE, player

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world of its own: the journeys' tender may be past its deadline."""
    made = World(tmp_path_factory.mktemp("sealing") / "demo")
    yield made
    made.end()


SIZE = (200 if os.environ.get("FULL") else 20) * 1024 * 1024
LOT = 1


def _large_pdf(path: Path) -> Path:
    """A PDF by its first and last bytes, of random ones between."""
    with path.open("wb") as out:
        out.write(b"%PDF-1.7\n")
        for _ in range(SIZE >> 20):
            out.write(os.urandom(1 << 20))
        out.write(b"\n%%EOF\n")
    return path


def _choose(visitor: Visitor, folder: Path, plan: Path) -> None:
    page = visitor.page
    files = {
        role: sorted(str(path) for path in (folder / role).iterdir())
        for role in ("boq", "guarantee", "qualification")
    }
    for role, paths in (files | {"technical": [str(plan)]}).items():
        page.locator(f"[data-role={role}]").set_input_files(paths)


def _fill_in(page: Any, said: dict[str, Any]) -> None:
    """The bid summary, as the tender's rules ask."""
    manager = said["project_manager"]
    for label, value in (
        ("投标报价（元）", said["price"]), ("工期（日历天）", str(said["duration_days"])), ("质量目标", "合格"),
        ("项目负责人姓名", manager["name"]), ("项目负责人证书编号", manager["certificate"]),
    ):  # fmt: skip
        page.get_by_label(label).fill(value)


def _download(visitor: Visitor, words: str, folder: Path) -> Path:
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("link", name=words, exact=True).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_a_bid_is_sealed_and_submitted_in_the_page(
    world: World, visit: Visit, look: Look, tmp_path: Path
) -> None:
    world.reach("asking")
    bidder = BIDDERS[1]
    key = bidder.organization.key
    folder = bidding.folder_of(world.stage, bidder, LOT, 9)
    world.do(lambda: _prepare(world.stage, bidder))
    said = json.loads((folder / "bid.json").read_text())
    visitor = visit()
    page = visitor.at(f"/tenders/{NUMBER}/bid/")
    page.get_by_label("投标报价（元）").fill(said["price"])
    page.get_by_role("button", name="检查并加密").click()
    visitor.sees("还不能加密", "缺少「施工组织设计」")
    look(page, "bid-incomplete", widths=(1440, 360))
    _fill_in(page, said)
    _choose(visitor, folder, _large_pdf(tmp_path / "施工组织设计.pdf"))
    page.get_by_label("证书文件").set_input_files(p12_of(world.pem(key), tmp_path / "单位证书.p12"))
    page.get_by_role("button", name="检查并加密").click()
    visitor.sees("这个文件有口令保护")
    page.get_by_role("textbox", name="口令").fill("not it")
    page.get_by_role("button", name="检查并加密").click()
    visitor.sees("口令不对")
    page.get_by_role("textbox", name="口令").fill(PASSWORD)
    page.get_by_role("textbox", name="口令").blur()
    expect(page.get_by_label("投标人名称")).to_have_value(bidder.organization.name)
    page.get_by_role("button", name="检查并加密").click()
    page.get_by_role("heading", name="四、保存凭据").wait_for(timeout=90_000)
    page.get_by_role("button", name="上传并递交").click()
    visitor.sees("请先下载凭据")
    ticket, envelope = (
        _download(visitor, "下载凭据", tmp_path),
        _download(visitor, "下载加密投标文件", tmp_path),
    )
    page.get_by_label("投标凭据").set_input_files(ticket)
    page.get_by_role("button", name="打开看看").click()
    visitor.sees("加密投标文件完好", "technical/施工组织设计.pdf", "凭据里的密钥", bidder.organization.name)
    _upload_and_die(page, ticket)
    # The page is gone; what was sealed is still in the browser, and what has arrived is on the platform.
    visitor = Visitor(page.context.new_page(), world.base)
    page = visitor.at(f"/tenders/{NUMBER}/bid/")
    visitor.sees("还没有递交完", "以服务器时间为准")
    assert page.locator("[data-countdown] [data-offset]").inner_text() == "按演练时钟"
    look(page, "bid-interrupted", widths=(1440, 360))
    visitor.accessible()
    page.get_by_role("link", name="接着上传").click()
    page.get_by_label("投标凭据").set_input_files(ticket)
    _throttle(page, SIZE / 6)
    page.get_by_role("button", name="上传并递交").click()
    first = page.get_by_text("已上传 ").first
    first.wait_for()
    assert int(re.findall(r"已上传 (\d+)%", first.inner_text())[0]) > 0
    _drop_the_line(visitor)
    page.locator("[data-receipt][data-checked=proven]").wait_for(timeout=180_000)
    look(page, "bid-receipt", widths=(1440, 360))
    receipt = _download(visitor, "下载回执", tmp_path)
    keys = world.stage.clients[key].get("/api/v1/keys")
    world.do(lambda: world.stage.bidtool(
        key, "receipt", "verify", str(receipt), "--envelope", str(envelope), "--platform-key",
        keys["platform_public_key"], "--vkey", keys["log_vkey"],
    ))  # fmt: skip
    held, out = Ticket.from_json(json.loads(ticket.read_text())), io.BytesIO()
    with envelope.open("rb") as source:
        header = read_header(source)
        open_body(source, header, unwrap_as_bidder(header, held), out)
    got = bundle.read(out)
    got.verify()
    assert max(entry.size for entry in got.entries) > SIZE
    _replace(world, visitor, bidder, ticket, json.loads(receipt.read_text()), tmp_path)
    assert visitor.faults == []


def _replace(
    world: World, visitor: Visitor, bidder: Bidder, first: Path, receipt: dict[str, Any], tmp_path: Path
) -> None:
    """A second bid for the same lot; the page says that the first one must go. The story goes on without both."""
    page, folder = visitor.page, bidding.folder_of(world.stage, bidder, LOT, 9)
    said = json.loads((folder / "bid.json").read_text())
    _fill_in(page, said)
    plan = tmp_path / "新施工组织设计.pdf"
    plan.write_bytes(b"%PDF-1.7\n" + os.urandom(100_000) + b"\n%%EOF\n")
    _choose(visitor, folder, plan)
    page.get_by_label("证书文件").set_input_files(tmp_path / "单位证书.p12")
    page.get_by_role("textbox", name="口令").fill(PASSWORD)
    page.get_by_role("textbox", name="口令").blur()
    expect(page.get_by_label("投标人名称")).to_have_value(bidder.organization.name)
    page.get_by_role("button", name="检查并加密").click()
    page.get_by_role("heading", name="四、保存凭据").wait_for(timeout=60_000)
    (tmp_path / "second").mkdir()
    second = _download(visitor, "下载凭据", tmp_path / "second")
    page.get_by_label("投标凭据").set_input_files(second)
    page.get_by_role("button", name="上传并递交").click()
    visitor.sees(f"另一份投标 {receipt['statement']['payload']['bid']} 已经递交")
    page.get_by_role("link", name="撤回", exact=True).click()
    for ticket in (first, second):
        _withdraw(page, ticket)
    rows = page.evaluate("JSON.parse(localStorage.getItem('mingtang-bids')).map((row) => row.withdrawn)")
    assert rows == [True, True]


def _withdraw(page: Any, ticket: Path) -> None:
    """Thought better of once, then done."""
    page.get_by_label("要撤回的投标的凭据").set_input_files(ticket)
    page.get_by_role("button", name="撤回（截止后撤销）").click()
    page.get_by_role("dialog").get_by_role("button", name="返回").click()
    say = page.locator("[data-withdraw-say]")
    expect(say).to_have_text("没有撤回。", timeout=30_000)
    page.get_by_role("button", name="撤回（截止后撤销）").click()
    page.get_by_role("dialog").get_by_role("button", name="撤回", exact=True).click()
    expect(say).to_contain_text("已撤回投标", timeout=30_000)


def _throttle(page: Any, rate: float) -> Any:
    """Uploads of so many bytes a second, that somebody can do something in the middle of them."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    shape = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": rate}
    line.send("Network.emulateNetworkConditions", shape)
    return line


def _upload_and_die(page: Any, ticket: Path) -> None:
    """The browser's tab is killed while the envelope is on its way."""
    _throttle(page, SIZE / 8)
    page.get_by_label("投标凭据").set_input_files(ticket)
    page.get_by_role("button", name="上传并递交").click()
    expect(page.locator("[data-submit-say]")).to_have_text(re.compile(r"已上传 [1-9]\d*%"), timeout=60_000)
    page.close()


def _drop_the_line(visitor: Visitor) -> None:
    visitor.expects("ERR_INTERNET_DISCONNECTED", "Failed to load resource")
    visitor.page.context.set_offline(True)
    visitor.page.wait_for_timeout(1500)
    visitor.page.context.set_offline(False)


def _prepare(stage: Any, bidder: Any) -> None:
    """The bidder's folder with a guarantee, as bidtool would take it."""
    key, folder = bidder.organization.key, bidding.folder_of(stage, bidder, LOT, 9)
    bidding.prepare(stage, bidder, LOT, 9)
    stage.bidtool(key, "guarantee", "apply", str(folder), "--issuer", stage.issuer,
                  *bidding.key_arguments(stage, key), *bidding.server(stage, key))  # fmt: skip


def test_bids_are_opened_in_the_hall(world: World, visit: Visit) -> None:
    """By the ticket's own key, and by the key of the certificate that the content key was wrapped to."""
    world.reach("submitting")
    deadline = parse_iso(world.stage.notes["deadline"])
    world.do(lambda: world.stage.advance(deadline - timedelta(minutes=30), "开标前半小时"))
    host = visit(CENTER.key, f"/halls/{NUMBER}/")
    host.press("签到")
    world.do(lambda: world.stage.advance(deadline + timedelta(seconds=2), "投标截止"))
    host.at(f"/halls/{NUMBER}/")
    host.press("开标")
    by_certificate = [b for b in BIDDERS if b.organization.ca == "demo-ca-3" and LOT in b.factors]
    by_ticket = [b for b in BIDDERS if b.organization.ca != "demo-ca-3" and LOT in b.factors]
    for bidder, wrapped in ((by_ticket[1], False), (by_certificate[0], True)):
        _open_in_the_hall(world, visit, bidder, wrapped)


def _open_in_the_hall(world: World, visit: Visit, bidder: Bidder, wrapped: bool) -> None:
    key = bidder.organization.key
    visitor = visit(key, f"/halls/{NUMBER}/")
    ticket = Path(f"{bidding.envelope_of(world.stage, bidder, LOT)}.ticket")
    form = visitor.form("解密")
    form.get_by_label("投标凭据").set_input_files(ticket)
    if wrapped:
        form.get_by_role("button", name="解密", exact=True).click()
        visitor.sees("请再选择该证书")
        folder = world.stage.person(key)
        form.get_by_text("加密时选了用证书解密的").click()
        form.get_by_label("解密证书", exact=True).set_input_files(folder / "encryption.pem")
    form.get_by_role("button", name="解密", exact=True).click()
    visitor.sees("密钥已提交")
    digest = json.loads(ticket.read_text())["envelope_sha256"]
    opening = f"/api/v1/tenders/{NUMBER}/opening"
    for _ in range(60):
        rows = world.stage.clients[key].get(opening)["bids"]
        mine = next(row for row in rows if row["envelope_sha256"] == digest)
        if mine["status"] != "submitted":
            break
        visitor.page.wait_for_timeout(500)
    assert mine["status"] == "opened"


def test_a_token_signs_in_and_seals_through_the_agent(
    world: World, browser: Any, visit: Visit, look: Look, tmp_path: Path
) -> None:
    """The key is in a SoftHSM2 token that it never leaves; each use is shown in a terminal and agreed to there."""
    world.reach("asking")
    bidder = next(b for b in BIDDERS if b.organization.ca == "demo-ca-2")
    key = bidder.organization.key
    environment = token_of(world.pem(key), tmp_path / "token")
    token = ("--pkcs11", str(softhsm()), "--token", "bidder")
    with agent(world.base, *token, environment=environment) as running:
        visitor = visit()
        page = visitor.at("/login/?next=/desk/")
        form = visitor.form("登录")
        form.get_by_label("U 盾、密码钥匙").check()
        form.get_by_role("button", name="登录").click()
        visitor.sees("请填写终端里 bidtool agent 显示的连接码")
        visitor.expects("401 (Unauthorized)")
        form.get_by_label("连接码").fill(running.code()[:-4] + "ZZZZ")
        form.get_by_role("button", name="登录").click()
        visitor.sees("连接码不对")
        look(page, "login-agent")
        visitor.accessible()
        form.get_by_label("连接码").fill(running.code())
        form.get_by_role("button", name="登录").click()
        shown = running.agree()
        assert "登录平台（mingtang/login）" in shown
        assert f"平台：{world.base}" in shown
        page.wait_for_url("**/desk/")
        _seal_by_agent(world, visitor, bidder, running, tmp_path)


def _seal_by_agent(world: World, visitor: Visitor, bidder: Bidder, running: Any, tmp_path: Path) -> None:
    folder = bidding.folder_of(world.stage, bidder, LOT, 9)
    world.do(lambda: _prepare(world.stage, bidder))
    said = json.loads((folder / "bid.json").read_text())
    page = visitor.at(f"/tenders/{NUMBER}/bid/")
    _fill_in(page, said)
    plan = tmp_path / "施工组织设计.pdf"
    plan.write_bytes(b"%PDF-1.7\n" + os.urandom(100_000) + b"\n%%EOF\n")
    _choose(visitor, folder, plan)
    page.get_by_label("投标人名称").fill(bidder.organization.name)
    page.get_by_label("统一社会信用代码").fill(bidder.organization.credit_code)
    page.get_by_label("U 盾、密码钥匙").check()
    visitor.sees("已连接本机密钥代理")
    page.get_by_label("上面所选的证书").check()
    page.get_by_role("button", name="检查并加密").click()
    shown = running.agree()
    assert "签署开标一览表" in shown
    assert f"招标编号：{NUMBER}" in shown
    assert f"报价：{said['price']}" in shown
    assert "表明投标人身份" in running.agree()
    assert "解开这份投标的内容密钥" in running.agree()
    page.get_by_role("heading", name="四、保存凭据").wait_for(timeout=60_000)
    ticket, envelope = (
        _download(visitor, "下载凭据", tmp_path),
        _download(visitor, "下载加密投标文件", tmp_path),
    )
    held, out = Ticket.from_json(json.loads(ticket.read_text())), io.BytesIO()
    assert held.client_key is None
    with envelope.open("rb") as source:
        header = read_header(source)
        signer = from_pem(world.pem(bidder.organization.key).read_bytes())
        open_body(source, header, unwrap_as_bidder(header, signer), out)
    bundle.read(out).verify()


#: What sealing.js does in its Worker, on players of the vectors; answers envelope (base64) and ticket.
_SEAL = """async ({certificate, key, custodians, size}) => {
  const { seal } = await import("/static/trading/js/sealing/envelope.js");
  const { signerFrom } = await import("/static/portal/js/keys/keys.js");
  const { b64, concat, unb64 } = await import("/static/portal/js/keys/bytes.js");
  const parts = [];
  async function* payload() { yield new Uint8Array(size).fill(7); }
  const ticket = await seal(payload(), (bytes) => parts.push(bytes), {
    size, tender: "T", lot: "1", part: "whole", threshold: 2, custodians: custodians.map(unb64),
    signer: await signerFrom(certificate, key),
  });
  return { ticket, envelope: b64(concat(...parts)) };
}"""


@pytest.mark.skipif(not sm2.available(), reason="no libcrypto 3 with SM2")
def test_sm2_signs_in_and_seals_in_a_real_browser(world: World, visit: Visit, tmp_path: Path) -> None:
    """A PKCS#12 file with an SM2 key signs in; suite 2 works under the pages' own security policy."""
    world.reach("people")
    bidder = next(b for b in BIDDERS if b.organization.ca == "demo-ca-4")
    held = from_pem(world.pem(bidder.organization.key).read_bytes())
    file = tmp_path / "国密证书.p12"
    file.write_bytes(sm2.dump_pkcs12(cast(Any, held)._key, held.chain, PASSWORD.encode()))
    visitor = visit()
    page = visitor.at("/login/?next=/desk/")
    form = visitor.form("登录")
    form.get_by_label("证书文件").set_input_files(file)
    form.get_by_role("textbox", name="口令").fill(PASSWORD)
    form.get_by_role("button", name="登录").click()
    page.wait_for_url("**/desk/")
    visitor.sees(bidder.organization.name)
    players = [player(name) for name in ("center_sm2", "authority_sm2", "owner_sm2")]
    row = json.loads((HERE / "keys.json").read_text())["bidder_sm2"]
    made = page.evaluate(_SEAL, {
        "certificate": _pem("CERTIFICATE", *row["certificates"]), "key": _pem("PRIVATE KEY", row["private_key"]),
        "custodians": [fields.b64(p.chain[0].public_bytes(Encoding.DER)) for p in players], "size": 3 << 20,
    })  # fmt: skip
    source, out = io.BytesIO(base64.b64decode(made["envelope"])), io.BytesIO()
    header = read_header(source)
    key = combine(header, [open_share(header, p) for p in players[:2]])
    assert key == unwrap_as_bidder(header, Ticket.from_json(made["ticket"]))
    assert open_body(source, header, key, out) == 3 << 20
    assert out.getvalue() == b"\7" * (3 << 20)
    assert visitor.faults == []


def _pem(label: str, *bodies: str) -> str:
    return "".join(f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n" for body in bodies)
