"""``bidtool submit`` and ``bidtool withdraw``."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from bidtool.bidding.receipts import PlatformKeys, check_own, keys_of, verify_receipt
from bidtool.bidding.upload import Upload, check_envelope
from bidtool.files import read_json, write_json
from bidtool.output import Output, VerificationFailed, json_option, output_of
from bidtool.remote import Server, again, connect, server_option
from kernel.clock import beijing, parse_iso
from kernel.errors import Kind, ReasonForm, Refused
from sealing.ticket import Ticket

RECEIPT_SUFFIX, STATE_SUFFIX, TICKET_SUFFIX = ".receipt.json", ".upload", ".ticket"
NO_RECEIPT = ReasonForm(
    "submit.no_receipt", zh="没有找到回执 {path}；请用 --receipt 指定", en="there is no receipt {path}; name it with --receipt",
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
    held = Ticket.from_json(read_json(beside(envelope, ticket, TICKET_SUFFIX)))
    check_envelope(envelope, held.size, held.envelope_sha256)
    server = connect(server_url)
    if server.plain:
        output.note(f"注意：{server.host} 未使用 HTTPS / not HTTPS")
    upload = Upload(server, envelope, held.size, held.envelope_sha256, beside(envelope, None, STATE_SUFFIX))
    answer = _submit(server, held, upload.run())
    where = beside(envelope, receipt, RECEIPT_SUFFIX)
    write_json(where, answer)
    upload.forget()
    _check(output, server, answer, held, envelope, PlatformKeys(platform_key, vkey), where)


def _submit(server: Server, held: Ticket, upload: str) -> dict[str, Any]:
    """The submission. Its key names the envelope, so that a repeat answers the same receipt."""
    path = f"/api/v1/tenders/{quote(held.tender, safe='')}/lots/{quote(held.lot, safe='')}/bids"
    body = {"upload": upload, "submission": held.submission(), "door_identity": held.door_identity()}
    answer: dict[str, Any] = again(lambda: server.post(path, body, key=f"bid-{held.envelope_sha256}"))
    return answer


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
    output.say(f"{words}投标 {bid}。" + ("" if revoke else "加密文件不会被打开，可以重新加密并递交。"))
    output.result({"ok": True, "bid": bid, "answer": answer})


def ticket_and_bid(envelope: Path, ticket: Path | None, receipt: Path | None) -> tuple[Ticket, str]:
    """The ticket and the id that the receipt gave its bid."""
    held = Ticket.from_json(read_json(beside(envelope, ticket, TICKET_SUFFIX)))
    where = beside(envelope, receipt, RECEIPT_SUFFIX)
    if not where.exists():
        raise Refused(NO_RECEIPT(path=where))
    return held, str(check_own(read_json(where), held)["bid"])


def post_signed(server: Server, path: str, signed: dict[str, Any], key: str) -> dict[str, Any]:
    """Post one signed statement; repeated under the same key while the server is out of reach."""
    answer: dict[str, Any] = again(lambda: server.post(path, {"signed": signed}, key=key))
    return answer
