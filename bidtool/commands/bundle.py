"""``bidtool check`` and ``bidtool seal``: from a folder to a sealed envelope and its ticket."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal, cast

import click

from bidtool.bidding.checking import Report, check_bid
from bidtool.bidding.folder import BidFolder, read_folder, sources_of, summary_of
from bidtool.bidding.names import bidder_of
from bidtool.bidding.tender import TenderInfo, load_tender
from bidtool.files import write_json, writing
from bidtool.keys import KeyOptions, key_options
from bidtool.output import Measured, Output, bar, in_words, json_option, output_of
from bidtool.remote import Server, server_option
from kernel.errors import Kind, ReasonForm, Refused
from sealing import bundle
from sealing import seal as seal_stream
from sealing.signer import Signer

TICKET_SUFFIX = ".ticket"
EXISTS = ReasonForm(
    "seal.target_exists", zh="文件 {path} 已存在；投标凭据丢失将无法撤回和解密，不予覆盖", kind=Kind.CONFLICT,
    en="{path} exists; a lost ticket can neither withdraw nor open a bid, so it is not overwritten",
)  # fmt: skip
_file = click.Path(path_type=Path, dir_okay=False)
_tender = click.option(
    "--tender", "tender_source", default="", metavar="NUMBER|FILE",
    help="招标编号（向平台查询）或已保存的招标 JSON；缺省取 bid.toml 的 tender",
)  # fmt: skip


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@_tender
@key_options
@server_option
@json_option
@click.pass_context
def check(ctx: click.Context, keys: KeyOptions, folder: Path, tender_source: str, server_url: str) -> None:
    """按招标文件的要求检查投标文件夹。Check a bid folder against the tender."""
    output = output_of(ctx)
    bid = read_folder(folder)
    tender = _tender_of(bid, tender_source, server_url)
    signer = keys.signer() if keys.given else None
    report = check_bid(bid, tender, _summary(bid, tender, signer))
    _say(output, report, bid)
    if report.reasons:
        raise Refused(*report.reasons)
    output.say("检查通过，可以加密：bidtool seal")
    output.result({"ok": True, "lines": [words for _, words in report.lines]})


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@_tender
@click.option("-o", "--output", "target", type=_file, help="加密投标文件；缺省为 FOLDER.mtse")
@click.option("--own-key", type=click.Choice(["client", "certificate"]), default="client", show_default=True,
              help="解密密钥：本机生成（存于凭据），或加密证书 / who can open it again")  # fmt: skip
@click.option("--incomplete", is_flag=True, help="检查不通过也加密 / seal although the check fails")
@key_options
@server_option
@json_option
@click.pass_context
def seal(
    ctx: click.Context, keys: KeyOptions, folder: Path, tender_source: str, target: Path | None, own_key: str,
    incomplete: bool, server_url: str,
) -> None:  # fmt: skip
    """把投标文件夹做成加密投标文件和投标凭据。Seal a folder into an envelope and its ticket."""
    output = output_of(ctx)
    bid, signer = read_folder(folder), keys.signer()
    tender = _tender_of(bid, tender_source, server_url)
    summary = _summary(bid, tender, signer)
    report = check_bid(bid, tender, summary)
    _say(output, report, bid)
    if report.reasons and not incomplete:
        raise Refused(*report.reasons)
    for reason in report.reasons:
        output.note(in_words(reason))
    envelope = target or folder.with_name(folder.resolve().name + ".mtse")
    ticket = envelope.with_name(envelope.name + TICKET_SUFFIX)
    for path in (envelope, ticket):
        if path.exists():
            raise Refused(EXISTS(path=path))
    made = _write(bid, tender, summary, signer, envelope, ticket, own_key)
    output.say(f"加密投标文件：{envelope}（{made['size']} 字节）")
    output.say(f"SHA-256：{made['envelope_sha256']}")
    output.say(f"投标凭据：{ticket}——请妥善保管并另存一份，丢失后不能自行撤回和解密。")
    output.result({"ok": True, "envelope": str(envelope), "ticket": str(ticket), "summary": summary, **made})


def _write(
    bid: BidFolder, tender: TenderInfo, summary: dict[str, Any], signer: Signer, envelope: Path, ticket: Path,
    own_key: str,
) -> dict[str, Any]:  # fmt: skip
    """Bundle to a temporary file beside the envelope, then seal it. The ticket is on the disk first:
    an envelope without its ticket would be of no use."""
    with tempfile.TemporaryFile(dir=envelope.parent) as plain, writing(envelope) as out:
        bundle.build(sources_of(bid, summary, signer), cast(Any, plain))
        size = plain.seek(0, 2)
        plain.seek(0)
        with bar(size, "加密 sealing") as progress:
            made = seal_stream(
                cast(Any, Measured(plain, progress)), out, size=size, tender=tender.number, lot=bid.lot,
                part=tender.part, bidder=signer, own_key=cast(Literal["client", "certificate"], own_key),
                custodians=tender.custodians, threshold=tender.threshold,
            )  # fmt: skip
        write_json(ticket, made.as_json(), secret=True)
    return {"envelope_sha256": made.envelope_sha256, "size": made.size, "pseudonym": made.pseudonym}


def _tender_of(bid: BidFolder, source: str, server_url: str) -> TenderInfo:
    wanted = source or str(bid.description.get("tender") or "")
    server = Server(server_url) if server_url else None
    return load_tender(wanted, server)


def _summary(bid: BidFolder, tender: TenderInfo, signer: Signer | None) -> dict[str, Any]:
    holder = bidder_of(signer.chain[0]) if signer is not None else {"name": "", "credit_code": ""}
    return summary_of(bid, tender, holder)


def _say(output: Output, report: Report, bid: BidFolder) -> None:
    for good, words in report.lines:
        output.say(f"{'✓' if good else '✗'} {words}")
    for path in bid.skipped:
        output.note(f"略过系统文件 / left out: {path}")
