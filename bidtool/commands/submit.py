"""``bidtool submit`` and ``bidtool withdraw``."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from bidtool.bidding.clock import before_the_deadline
from bidtool.bidding.receipts import PlatformKeys, check_own, keys_of, verify_receipt
from bidtool.bidding.upload import Upload, check_envelope
from bidtool.files import read_json, write_json
from bidtool.output import Output, VerificationFailed, json_option, output_of
from bidtool.remote import Server, again, connect, server_option
from kernel.bid_rules import PART_ZH, SCHEMES
from kernel.clock import beijing, parse_iso
from kernel.errors import Kind, ReasonForm, Refused
from sealing import statements
from sealing.ticket import Ticket

RECEIPT_SUFFIX, STATE_SUFFIX, TICKET_SUFFIX = ".receipt.json", ".upload", ".ticket"
#: Written beside the receipt when a bid was taken back.
WITHDRAWN_SUFFIX = ".withdrawal.json"
NO_RECEIPT = ReasonForm(
    "submit.no_receipt", zh="没有找到回执 {path}；请用 --receipt 指定", en="there is no receipt {path}; name it with --receipt",
    kind=Kind.NOT_FOUND,
)  # fmt: skip
NO_TICKET = ReasonForm(
    "submit.no_ticket",
    zh="没有找到投标凭据 {path}；另存在别处的请用 --ticket 指定。确已丢失的，不能递交、撤回和自行解密；已经递交的投标，"
    "开标时请主持人申请由托管人分片开启",
    en="there is no ticket {path}; name it with --ticket. Without it a bid can be neither submitted, withdrawn nor "
    "opened by its bidder; at the opening ask the host to have a submitted bid opened by the custodians",
    kind=Kind.NOT_FOUND, law="电子招标投标办法第三十一条",
)  # fmt: skip
NO_STATE = ReasonForm(
    "status.not_told", zh="平台没有这份投标，或不支持查询", en="the platform has no such bid, or cannot be asked",
    kind=Kind.NOT_FOUND,
)  # fmt: skip
_file = click.Path(path_type=Path, dir_okay=False)
platform_option = click.option(
    "--platform-key", default="", metavar="HEX", help="已知的平台公钥 / known platform key"
)
vkey_option = click.option("--vkey", default="", metavar="VKEY", help="已知的日志公钥 / known log key")


def beside(envelope: Path, given: Path | None, suffix: str) -> Path:
    """The companion file of an envelope."""
    return given if given is not None else envelope.with_name(envelope.name + suffix)


@click.command()
@click.argument("envelope", metavar="ENVELOPE", type=_file)
@click.option("--ticket", type=_file, help="投标凭据；缺省为 ENVELOPE.ticket")
@click.option("--receipt", type=_file, help="回执保存处；缺省为 ENVELOPE.receipt.json")
@platform_option
@vkey_option
@server_option
@json_option
@click.pass_context
def submit(
    ctx: click.Context, envelope: Path, ticket: Path | None, receipt: Path | None, platform_key: str, vkey: str,
    server_url: str,
) -> None:  # fmt: skip
    """上传加密投标文件并递交，保存并当场核对回执。中断后重新执行即可续传。

    \b
    Upload (resumable) and submit; the receipt is saved and verified at once.
    """
    output = output_of(ctx)
    held = ticket_of(envelope, ticket)
    check_envelope(envelope, held.size, held.envelope_sha256)
    server = connect(server_url)
    if server.plain:
        output.note(f"注意：{server.host} 未使用 HTTPS / not HTTPS")
    if told := _deadline(server, held.tender):
        output.note(told)
    upload = Upload(server, envelope, held.size, held.envelope_sha256, beside(envelope, None, STATE_SUFFIX))
    answer = _submit(server, held, upload.run())
    where = beside(envelope, receipt, RECEIPT_SUFFIX)
    write_json(where, answer)
    upload.forget()
    _check(output, server, answer, held, envelope, PlatformKeys(platform_key, vkey), where)
    if held.part in SCHEMES["dual"]:
        _what_is_missing(output, server, held, str(check_own(answer, held)["bid"]))
    for other in others_in(envelope, held):
        output.note(
            f"注意：同一标段的另一份投标 {other} 已递交、没有撤回。两份不同的投标都将被否决（招标投标法实施条例第五十一条），"
            f"请在截止时间之前撤回其中一份：bidtool withdraw {other} / another bid of this lot is in: withdraw one"
        )


def _deadline(server: Server, tender: str) -> str:
    try:
        return before_the_deadline(server, server.get(f"/api/v1/tenders/{quote(tender, safe='')}"))
    except Refused:
        return ""  # what counts is said by the submission itself


def _submit(server: Server, held: Ticket, upload: str) -> dict[str, Any]:
    """The submission. Its key names the envelope, so that a repeat answers the same receipt.

    What is slow is asked beforehand, so that the last request is short: the moment it is there counts."""
    path = f"/api/v1/tenders/{quote(held.tender, safe='')}/lots/{quote(held.lot, safe='')}/bids"
    body = {"upload": upload, "submission": held.submission(), "door_identity": held.door_identity()}
    body |= again(lambda: _examined(server, f"{path}/examination", body))
    answer: dict[str, Any] = again(lambda: server.post(path, body, key=f"bid-{held.envelope_sha256}"))
    return answer


def _examined(server: Server, path: str, body: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"examined": str(server.post(path, body).get("examined", ""))}
    except Refused as refusal:
        if refusal.kind is not Kind.NOT_FOUND:
            raise
        return {}  # a platform without it; anything else that is missing is said at the submission


def _check(
    output: Output, server: Server, receipt: dict[str, Any], held: Ticket, envelope: Path, pinned: PlatformKeys,
    where: Path,
) -> None:  # fmt: skip
    try:
        said = check_own(receipt, held)
        keys = again(lambda: keys_of(server, pinned))
        steps = verify_receipt(receipt, keys, envelope)
    except Refused as refusal:
        output.note(f"回执已保存：{where}，但核对未通过，请联系平台 / saved, but it does not verify")
        if refusal.kind is Kind.BUSY:
            raise
        raise VerificationFailed(*refusal.reasons) from refusal
    output.say(f"递交成功：{beijing(parse_iso(said['received_at']), fraction=True)}，投标编号 {said['bid']}")
    for step in steps:
        output.say(f"  ✓ {step.zh}")
    output.say(f"回执：{where}")
    output.result(
        {"ok": True, "bid": said["bid"], "received_at": said["received_at"], "receipt": str(where),
         "evidence": [step.as_json() for step in steps]}
    )  # fmt: skip


@click.command()
@click.argument("envelope", metavar="ENVELOPE", type=_file)
@click.option("--ticket", type=_file, help="投标凭据；缺省为 ENVELOPE.ticket")
@click.option("--receipt", type=_file, help="回执；缺省为 ENVELOPE.receipt.json")
@server_option
@json_option
@click.pass_context
def status(
    ctx: click.Context, envelope: Path, ticket: Path | None, receipt: Path | None, server_url: str
) -> None:
    """这份投标的各部分是否都已递交、现在怎样（用一次性密钥查询，别人查不到）。What the platform has of this bid."""
    output = output_of(ctx)
    held, bid = ticket_and_bid(envelope, ticket, receipt)
    found = bid_state(connect(server_url), held, bid)
    if found is None:
        raise Refused(NO_STATE())
    for row in found["parts"]:
        reason = f"：{row['reason']}" if row.get("reason") else ""
        received = beijing(parse_iso(row["received_at"]), fraction=True)
        output.say(
            f"{PART_ZH.get(row['part'], row['part'])}：{row['status_zh']}（递交于 {received}）{reason}"
        )
    say_state(output, found)
    output.result({"ok": True, **found})


def bid_state(server: Server, held: Ticket, bid: str) -> dict[str, Any] | None:
    """Asked with the one-time key; ``None`` of a platform that knows no such question."""
    said = {"bid": bid, "envelope_sha256": held.envelope_sha256}
    signed = statements.sign(statements.statement("bid-state", said), held.pseudonym_key)
    try:
        found: dict[str, Any] = server.post(f"/api/v1/bids/{bid}/state", {"signed": signed})
    except Refused as refusal:
        if refusal.kind is Kind.NOT_FOUND:
            return None
        raise
    return found


def _what_is_missing(output: Output, server: Server, held: Ticket, bid: str) -> None:
    """After a submission: the receipt stands, whether or not this question is answered."""
    try:
        say_state(output, bid_state(server, held, bid))
    except Refused as refusal:
        output.note(f"未能查询另一个信封是否已递交（{refusal.code}），可执行 bidtool status")


def say_state(output: Output, found: dict[str, Any] | None) -> None:
    """A bid in two envelopes: whole, or what is missing and what comes of it."""
    if found is None or found.get("scheme") != "dual":
        return
    missing = found.get("missing")
    if missing:
        output.note(f"！{missing['zh']}（{missing['code']}）")
    else:
        output.say("两个信封都已递交，组成一份完整的投标。")


@click.command()
@click.argument("envelope", metavar="ENVELOPE", type=_file)
@click.option("--ticket", type=_file, help="投标凭据；缺省为 ENVELOPE.ticket")
@click.option("--receipt", type=_file, help="回执；缺省为 ENVELOPE.receipt.json")
@click.option("--revoke", is_flag=True, help="截止后撤销（可能不退还投标保证金） / after the deadline")
@server_option
@json_option
@click.pass_context
def withdraw(
    ctx: click.Context,
    envelope: Path,
    ticket: Path | None,
    receipt: Path | None,
    revoke: bool,
    server_url: str,
) -> None:
    """在投标截止前撤回（招标投标法第二十九条）；--revoke：截止后撤销。Withdraw or revoke."""
    output = output_of(ctx)
    held, bid = ticket_and_bid(envelope, ticket, receipt)
    signed = held.withdrawal(bid)
    verb, words = ("revocation", "已撤销") if revoke else ("withdrawal", "已撤回")
    answer = post_signed(connect(server_url), f"/api/v1/bids/{bid}/{verb}", signed, f"{verb}-{bid}")
    write_json(beside(envelope, None, WITHDRAWN_SUFFIX), answer)
    output.say(f"{words}投标 {bid}。" + ("" if revoke else "加密文件不会被打开，可以重新加密并递交。"))
    if held.part in SCHEMES["dual"] and not revoke:
        output.note(
            "这是双信封投标的一个信封：另一个信封单独留下不成一份投标，请一并撤回后重新加密、递交两个信封。"
        )
    output.result({"ok": True, "bid": bid, "answer": answer})


def ticket_of(envelope: Path, given: Path | None) -> Ticket:
    """The ticket of an envelope; who lost it reads what is left to do."""
    where = beside(envelope, given, TICKET_SUFFIX)
    if not where.exists():
        raise Refused(NO_TICKET(path=where))
    return Ticket.from_json(read_json(where))


def others_in(envelope: Path, held: Ticket) -> list[Path]:
    """Other envelopes in this folder whose receipts are of the same lot and which were not taken back. Only the
    bidder's own machine can know: until the opening the platform does not know whose bids these are."""
    found = []
    for receipt in sorted(envelope.resolve().parent.glob(f"*{RECEIPT_SUFFIX}")):
        other = receipt.with_name(receipt.name.removesuffix(RECEIPT_SUFFIX))
        ticket = beside(other, None, TICKET_SUFFIX)
        if (
            other.name == envelope.name
            or beside(other, None, WITHDRAWN_SUFFIX).exists()
            or not ticket.exists()
        ):
            continue
        said = Ticket.from_json(read_json(ticket))
        if (said.tender, said.lot, said.part) == (held.tender, held.lot, held.part):
            found.append(envelope.with_name(other.name))
    return found


def ticket_and_bid(envelope: Path, ticket: Path | None, receipt: Path | None) -> tuple[Ticket, str]:
    """The ticket and the id that the receipt gave its bid."""
    held = ticket_of(envelope, ticket)
    where = beside(envelope, receipt, RECEIPT_SUFFIX)
    if not where.exists():
        raise Refused(NO_RECEIPT(path=where))
    return held, str(check_own(read_json(where), held)["bid"])


def post_signed(server: Server, path: str, signed: dict[str, Any], key: str) -> dict[str, Any]:
    """Post one signed statement; repeated under the same key while the server is out of reach."""
    answer: dict[str, Any] = again(lambda: server.post(path, {"signed": signed}, key=key))
    return answer
