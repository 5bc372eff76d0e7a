"""``bidtool check`` and ``bidtool seal``: from a folder to a sealed envelope and its ticket."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import click

from bidtool.bidding.checking import Report, check_anonymity, check_bid
from bidtool.bidding.folder import BidFolder, read_folder, sources_of, summary_of
from bidtool.bidding.names import bidder_of
from bidtool.bidding.tender import TenderInfo, load_tender
from bidtool.files import write_json, writing
from bidtool.keys import KeyOptions, key_options
from bidtool.output import Measured, Output, bar, in_words, json_option, output_of
from bidtool.remote import Server, server_option
from kernel.bid_rules import PART_ZH
from kernel.errors import Kind, ReasonForm, Refused
from sealing import bundle
from sealing import seal as seal_stream
from sealing.keys import PseudonymKey
from sealing.keyshares import check_custodians
from sealing.signer import Signer

TICKET_SUFFIX = ".ticket"
EXISTS = ReasonForm(
    "seal.target_exists", zh="文件 {path} 已存在；投标凭据丢失将无法撤回和解密，不予覆盖", kind=Kind.CONFLICT,
    en="{path} exists; a lost ticket can neither withdraw nor open a bid, so it is not overwritten",
)  # fmt: skip
NOT_ANONYMOUS = ReasonForm(
    "check.not_anonymous", zh="招标 {tender} 没有暗标要求", en="tender {tender} asks for no anonymous part",
    kind=Kind.CONFLICT,
)  # fmt: skip
_file = click.Path(path_type=Path, dir_okay=False)
_tender = click.option(
    "--tender", "tender_source", default="", metavar="NUMBER|FILE",
    help="招标编号（向平台查询）或已保存的招标 JSON；缺省取 bid.toml 的 tender",
)  # fmt: skip


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@_tender
@click.option("--anonymous", is_flag=True, help="只检查暗标 / the anonymous part only")
@key_options
@server_option
@json_option
@click.pass_context
def check(
    ctx: click.Context, keys: KeyOptions, folder: Path, tender_source: str, anonymous: bool, server_url: str
) -> None:
    """按招标文件的要求检查投标文件夹：文件、清单、报价、保函、暗标。Check a bid folder against the tender."""
    output = output_of(ctx)
    bid = read_folder(folder)
    tender = _tender_of(bid, tender_source, server_url)
    summary = _summary(bid, tender, keys.signer() if keys.given else None)
    if anonymous:
        if tender.rules.anonymous is None:
            raise Refused(NOT_ANONYMOUS(tender=tender.number))
        report = Report()
        check_anonymity(report, bid, tender, summary)
    else:
        report = check_bid(bid, tender, summary)
    _say(output, report, bid)
    if report.reasons:
        raise Refused(*report.reasons)
    output.say("检查通过，可以加密：bidtool seal")
    notes = [reason.as_json() for reason in report.notes]
    output.result({"ok": True, "lines": [words for _, words in report.lines], "notes": notes})


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@_tender
@click.option(
    "-o",
    "--output",
    "target",
    type=_file,
    help="加密投标文件；缺省为 FOLDER.mtse（双信封：FOLDER.technical.mtse 和 FOLDER.price.mtse）",
)
@click.option("--own-key", type=click.Choice(["client", "certificate"]), default="client", show_default=True,
              help="解密密钥：本机生成（存于凭据），或加密证书 / who can open it again")  # fmt: skip
@click.option("--despite", multiple=True, metavar="CODE",
              help="明知这一项不合格也加密，可重复；all 为全部 / seal although this finding stands")  # fmt: skip
@key_options
@server_option
@json_option
@click.pass_context
def seal(
    ctx: click.Context, keys: KeyOptions, folder: Path, tender_source: str, target: Path | None, own_key: str,
    despite: tuple[str, ...], server_url: str,
) -> None:  # fmt: skip
    """把投标文件夹做成加密投标文件和投标凭据；双信封做成两份。Seal a folder into an envelope and its ticket."""
    output = output_of(ctx)
    bid, signer = read_folder(folder), keys.signer()
    tender = _tender_of(bid, tender_source, server_url)
    report = check_bid(bid, tender, _summary(bid, tender, signer))
    _say(output, report, bid)
    if left := report.left(despite):
        raise Refused(*left)
    for reason in report.reasons:
        output.note(in_words(reason))
    own = cast(Literal["client", "certificate"], own_key)
    job = Sealing(bid, tender, signer, own, target or folder.with_name(folder.resolve().name + ".mtse"))
    for path in job.targets():
        if path.exists():
            raise Refused(EXISTS(path=path))
    made = job.run()
    for one in made:
        output.say(f"{PART_ZH[one['part']]}：{one['envelope']}（{one['size']} 字节）")
        output.say(f"SHA-256：{one['envelope_sha256']}")
        output.say(f"投标凭据：{one['ticket']}——请妥善保管并另存一份，丢失后不能自行撤回和解密。")
    if len(made) > 1:
        output.say("两个信封组成一份投标：截止之前都要递交，缺一个的，截止时视为撤回。")
    output.result({"ok": True, **made[-1], "parts": made})


@dataclass(frozen=True)
class Sealing:
    """One bid to be sealed: into ``target``, or, in two envelopes, beside it."""

    bid: BidFolder
    tender: TenderInfo
    signer: Signer
    own_key: Literal["client", "certificate"]
    target: Path

    def envelope(self, part: str) -> Path:
        if len(self.tender.parts(self.bid.lot)) == 1:
            return self.target
        return self.target.with_name(f"{self.target.name.removesuffix('.mtse')}.{part}.mtse")

    def targets(self) -> list[Path]:
        found = [self.envelope(part) for part in self.tender.parts(self.bid.lot)]
        return [*found, *(path.with_name(path.name + TICKET_SUFFIX) for path in found)]

    def run(self) -> list[dict[str, Any]]:
        """Every part, under one pseudonym: that is what makes them one bid."""
        pseudonym = check_custodians(self.tender.custodians, self.tender.threshold).pseudonym(os.urandom)
        return [self._part(part, pseudonym) for part in self.tender.parts(self.bid.lot)]

    def _part(self, part: str, pseudonym: PseudonymKey) -> dict[str, Any]:
        """Bundle to a temporary file beside the envelope, then seal it. The ticket is on the disk first:
        an envelope without its ticket would be of no use."""
        envelope, tender = self.envelope(part), self.tender
        ticket = envelope.with_name(envelope.name + TICKET_SUFFIX)
        summary = summary_of(self.bid, tender, bidder_of(self.signer.chain[0]), part)
        with tempfile.TemporaryFile(dir=envelope.parent) as plain, writing(envelope) as out:
            bundle.build(sources_of(self.bid, tender, summary, self.signer), cast(Any, plain))
            size = plain.seek(0, 2)
            plain.seek(0)
            with bar(size, "加密 sealing") as progress:
                made = seal_stream(
                    cast(Any, Measured(plain, progress)), out, size=size, tender=tender.number, lot=self.bid.lot,
                    part=part, bidder=self.signer, own_key=self.own_key, custodians=tender.custodians,
                    threshold=tender.threshold, pseudonym=pseudonym,
                )  # fmt: skip
            write_json(ticket, made.as_json(), secret=True)
        return {
            "part": part, "envelope": str(envelope), "ticket": str(ticket), "summary": summary,
            "envelope_sha256": made.envelope_sha256, "size": made.size, "pseudonym": made.pseudonym,
        }  # fmt: skip


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
    for reason in report.notes:
        output.note(in_words(reason).replace("✗", "！", 1))
    for path in bid.skipped:
        output.note(f"略过系统文件 / left out: {path}")
