"""``bidtool guarantee apply``: the bidder's application to an issuer of electronic guarantees."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import click

from bidtool.bidding.folder import FORM, PDF, read_folder
from bidtool.bidding.names import bidder_of
from bidtool.bidding.tender import TenderInfo, load_tender
from bidtool.files import write_json, writing
from bidtool.keys import KeyOptions, key_options
from bidtool.output import VerificationFailed, json_option, output_of
from bidtool.remote import ODD_ANSWER, Server, again, server_option
from kernel.canonical_json import digest
from kernel.clock import BEIJING, iso
from kernel.errors import Kind, ReasonForm, Refused
from kernel.guarantee_terms import GROUNDS, GuaranteeForm, figure, read_form
from sealing import fields, statements
from sealing.signer import Signer

NO_BOND = ReasonForm(
    "guarantee.no_bond",
    zh="标段 {lot} 不收投标保证金",
    en="lot {lot} asks for no bid bond",
    kind=Kind.CONFLICT,
)
DIFFERS = ReasonForm(
    "guarantee.not_as_asked", zh="开立的保函与申请不符：{what}为 {found}，应为 {wanted}",
    en="the guarantee is not what was asked for: {what} is {found}, should be {wanted}",
)  # fmt: skip
MAX_PDF = 16 * 1024 * 1024
#: Days beyond the bid validity period, so that a holiday at its end does no harm.
_MARGIN = 30


@click.group()
def guarantee() -> None:
    """电子投标保函。Electronic bid guarantees."""


@guarantee.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--issuer", required=True, metavar="URL", help="开立机构地址 / the issuer")
@click.option(
    "--tender", "tender_source", default="", metavar="NUMBER|FILE", help="缺省取 bid.toml 的 tender"
)
@click.option("--amount", default="", metavar="MONEY", help="缺省为标段的投标保证金")
@click.option("--until", default="", metavar="DATE", help="缺省为投标有效期届满后 30 日")
@key_options
@server_option
@json_option
@click.pass_context
def apply(
    ctx: click.Context, keys: KeyOptions, folder: Path, issuer: str, tender_source: str, amount: str, until: str,
    server_url: str,
) -> None:  # fmt: skip
    """向开立机构申请投标保函，核对后存入投标文件夹。Apply for a guarantee; form and PDF go into the folder."""
    output, signer, bid = output_of(ctx), keys.signer(), read_folder(folder)
    source = tender_source or str(bid.description.get("tender") or "")
    tender = load_tender(source, Server(server_url) if server_url else None)
    asked = application(tender, bid.lot, signer, amount, until)
    signed = statements.sign(statements.statement("guarantee-application", asked), signer)
    server = Server(issuer)
    headers = {"Date": format_datetime(tender.clock(), usegmt=True)}
    key = f"apply-{digest(asked)}"
    answer = again(lambda: server.post("/guarantees/apply", signed, key=key, headers=headers))
    form, pdf = _checked(answer, asked, server)
    write_json(folder / FORM, answer["form"])
    with writing(folder / PDF) as stream:
        stream.write(pdf)
    output.say(f"保函 {form.number}：{form.issuer.name}，{figure(form.amount)}，有效期至 {form.valid_until}")
    output.say(f"已存入 {folder / FORM} 和 {folder / PDF}")
    output.result(
        {"ok": True, "number": form.number, "issuer": form.issuer.name, "amount": f"{form.amount:.2f}",
         "form": str(folder / FORM), "pdf": str(folder / PDF)}
    )  # fmt: skip


def application(tender: TenderInfo, lot: str, signer: Signer, amount: str, until: str) -> dict[str, Any]:
    """The application's payload, from what the tender asks."""
    bond = amount or tender.lot(lot).get("bond_amount")
    if not isinstance(bond, str) or not bond:
        raise Refused(NO_BOND(lot=lot))
    if tender.deadline is None:
        raise fields.bad("submission_deadline", "缺失 / is missing")
    now = tender.clock()
    days = fields.integer(tender.value, "bid_validity_days", 1, 3650)
    last = (tender.deadline + timedelta(days=days + _MARGIN)).astimezone(BEIJING).date()
    return {
        "v": 1,
        "applicant": bidder_of(signer.chain[0]),
        "beneficiary": tender.beneficiary,
        "tender": tender.number,
        "lot": lot,
        "amount": bond,
        "currency": tender.value.get("currency") or "CNY",
        "valid_from": now.astimezone(BEIJING).date().isoformat(),
        "valid_until": _date(until).isoformat() if until else last.isoformat(),
        "payable_on": list(GROUNDS),
        "requested_at": iso(now),
    }


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise fields.bad("until", "应为日期 YYYY-MM-DD / must be a date") from error


def _checked(
    answer: Mapping[str, Any], asked: Mapping[str, Any], server: Server
) -> tuple[GuaranteeForm, bytes]:
    """The form is signed, says what was asked, and names this very PDF."""
    try:
        said = statements.verify(answer.get("form"), purpose="guarantee")
        pdf = fields.b64_bytes(answer, "pdf", limit=MAX_PDF)
    except Refused as refusal:
        raise Refused(ODD_ANSWER(host=server.host, why="form, pdf"), *refusal.reasons) from refusal
    form, payload = read_form(dict(said.payload)), dict(said.payload)
    wanted = {key: asked[key] for key in ("applicant", "beneficiary", "tender", "lot", "amount", "currency",
                                          "valid_from", "valid_until")}  # fmt: skip
    wanted["pdf_sha256"] = hashlib.sha256(pdf).hexdigest()
    for what, value in wanted.items():
        if payload.get(what) != value:
            raise VerificationFailed(
                DIFFERS(what=what, found=str(payload.get(what))[:100], wanted=str(value)[:100])
            )
    return form, pdf
