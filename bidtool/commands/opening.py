"""At the opening: ``open`` (the bidder's key), ``key-lost`` (ask the custodians), ``share`` (a custodian's)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from bidtool.commands.submit import post_signed, ticket_and_bid
from bidtool.files import open_file
from bidtool.keys import KeyOptions, key_options
from bidtool.output import Output, json_option, output_of
from bidtool.remote import ODD_ANSWER, Server, connect, server_option, session_option
from kernel.errors import Kind, ReasonForm, Refused
from sealing import envelope as envelopes
from sealing import fields, statements
from sealing.header import MAX_HEADER, Header, read_header
from sealing.signer import Signer
from sealing.ticket import Ticket

NOTHING_ASKED = ReasonForm(
    "share.nothing_asked", zh="招标 {tender} 没有等待分片开启的投标", kind=Kind.CONFLICT,
    en="no bid of tender {tender} waits for the custodians",
)  # fmt: skip
_file = click.Path(path_type=Path, dir_okay=False)


@click.command("open")
@click.argument("envelope", metavar="ENVELOPE", type=_file)
@click.option("--ticket", type=_file, help="投标凭据；缺省为 ENVELOPE.ticket")
@click.option("--receipt", type=_file, help="回执；缺省为 ENVELOPE.receipt.json")
@key_options
@server_option
@json_option
@click.pass_context
def open_bid(
    ctx: click.Context,
    keys: KeyOptions,
    envelope: Path,
    ticket: Path | None,
    receipt: Path | None,
    server_url: str,
) -> None:
    """开标时提交本投标的解密密钥（用凭据，或 --key 的加密证书）。Release the key at the opening."""
    output = output_of(ctx)
    held, bid = ticket_and_bid(envelope, ticket, receipt)
    holder: Signer | Ticket = held if held.client_key is not None else keys.signer()
    with open_file(envelope) as source:
        key = envelopes.unwrap_as_bidder(read_header(source), holder)
    signed = held.key_release(bid, key.value)
    answer = post_signed(connect(server_url), f"/api/v1/bids/{bid}/key-release", signed, f"open-{bid}")
    output.say(f"已提交投标 {bid} 的解密密钥，平台正在开启。")
    output.result({"ok": True, "bid": bid, "answer": answer})


@click.command("key-lost")
@click.argument("envelope", metavar="ENVELOPE", type=_file)
@click.option("--ticket", type=_file, help="投标凭据；缺省为 ENVELOPE.ticket")
@click.option("--receipt", type=_file, help="回执；缺省为 ENVELOPE.receipt.json")
@click.option("--reason", default="投标人报失密钥", show_default=True, help="原因，记入开标记录")
@server_option
@json_option
@click.pass_context
def key_lost(
    ctx: click.Context,
    envelope: Path,
    ticket: Path | None,
    receipt: Path | None,
    reason: str,
    server_url: str,
) -> None:
    """报失解密密钥，申请由托管人分片开启。Ask the custodians to open (电子招标投标办法第三十一条)."""
    output = output_of(ctx)
    held, bid = ticket_and_bid(envelope, ticket, receipt)
    said = {"bid": bid, "envelope_sha256": held.envelope_sha256, "reason": reason}
    signed = statements.sign(statements.statement("key-lost", said), held.pseudonym_key)
    answer = post_signed(connect(server_url), f"/api/v1/bids/{bid}/key-lost", signed, f"lost-{bid}")
    output.say(f"已报失投标 {bid} 的密钥，等待托管人分片开启。")
    output.result({"ok": True, "bid": bid, "answer": answer})


@click.command()
@click.argument("tender", metavar="TENDER")
@click.option("--bid", "only", default="", metavar="ID", help="只处理这一份投标 / this bid only")
@key_options
@server_option
@session_option
@json_option
@click.pass_context
def share(
    ctx: click.Context, keys: KeyOptions, tender: str, only: str, server_url: str, session: Path | None
) -> None:
    """托管人：为申请分片开启的投标，在本机解开自己的密钥分片并签名提交。Release a custodian's shares."""
    output, signer = output_of(ctx), keys.signer()
    server = connect(server_url, session)
    wanted = _waiting(server, tender, only)
    if not wanted:
        raise Refused(NOTHING_ASKED(tender=tender))
    done = [_release(output, server, signer, one) for one in wanted]
    output.result({"ok": True, "tender": tender, "shares": [row for row in done if row is not None]})


@dataclass(frozen=True)
class Waiting:
    """A bid that waits for the custodians; ``released``: indexes of the shares that are there."""

    bid: str
    envelope_sha256: str
    released: tuple[int, ...]


def _waiting(server: Server, tender: str, only: str) -> list[Waiting]:
    found = server.get(f"/api/v1/tenders/{quote(tender, safe='')}/opening")
    waiting = []
    for row in fields.items(found, "bids", 0, 100_000):
        bid = fields.mapping(row, "bids")
        name = fields.text(bid, "bid", limit=36)
        if name == only or (not only and bid.get("quorum_requested_at") and bid.get("status") == "submitted"):
            shares = bid.get("shares")
            released = tuple(s for s in shares if type(s) is int) if isinstance(shares, list) else ()
            waiting.append(Waiting(name, fields.hex_bytes(bid, "envelope_sha256", 32).hex(), released))
    return waiting


def _release(output: Output, server: Server, signer: Signer, one: Waiting) -> dict[str, Any] | None:
    """Open the own share here, sign and post it; ``None`` when it is there already."""
    header = _header(server, one.bid)
    opened = envelopes.open_share(header, signer)
    if opened.index in one.released:
        output.say(f"投标 {one.bid}：第 {opened.index} 号分片已经提交过")
        return None
    output.say(
        f"投标 {one.bid}（招标 {header.tender} 标段 {header.lot}）：第 {opened.index} 号分片已在本机解开，签名提交"
    )
    said = {
        "bid": one.bid,
        "envelope_sha256": one.envelope_sha256,
        "index": opened.index,
        "share": fields.b64(opened.value),
    }
    signed = statements.sign(statements.statement("share-release", said), signer)
    key = f"share-{one.bid}-{opened.index}"
    return {"bid": one.bid, "index": opened.index,
            "answer": post_signed(server, f"/api/v1/bids/{one.bid}/shares", signed, key)}  # fmt: skip


def _header(server: Server, bid: str) -> Header:
    """The envelope's head, its pseudonym's signature checked here."""
    data = server.download(f"/api/v1/bids/{quote(bid, safe='')}/header", MAX_HEADER + 1024)
    source = io.BytesIO(data)
    header = read_header(source)
    if source.read(1):
        raise Refused(ODD_ANSWER(host=server.host, why="header"))
    return header
