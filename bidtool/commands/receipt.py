"""``bidtool receipt verify``: offline, with the keys that the reader trusts."""

from __future__ import annotations

from pathlib import Path

import click

from bidtool.bidding.receipts import PlatformKeys, verify_receipt
from bidtool.files import read_json
from bidtool.output import VerificationFailed, json_option, output_of
from kernel.clock import beijing, parse_iso
from kernel.errors import Refused
from sealing import receipts

_file = click.Path(path_type=Path, dir_okay=False)


@click.group()
def receipt() -> None:
    """投标回执。Receipts."""


@receipt.command("verify")
@click.argument("receipt_file", metavar="RECEIPT", type=_file)
@click.option("--envelope", type=_file, help="加密投标文件 / the envelope")
@click.option("--platform-key", required=True, metavar="HEX", help="平台公钥 / the platform's public key")
@click.option("--vkey", required=True, metavar="VKEY", help="日志公钥 / the log's verifier key")
@json_option
@click.pass_context
def verify(
    ctx: click.Context, receipt_file: Path, envelope: Path | None, platform_key: str, vkey: str
) -> None:
    """离线核对回执：平台签名、行为记录、日志证明、信封。Exit 0 valid, 1 not."""
    output, value = output_of(ctx), read_json(receipt_file)
    keys = PlatformKeys(platform_key, vkey)
    keys.public_key()
    if envelope is not None and not envelope.is_file():
        raise click.BadParameter(f"{envelope}", param_hint="--envelope")
    try:
        steps = verify_receipt(value, keys, envelope)
    except Refused as refusal:
        raise VerificationFailed(*refusal.reasons) from refusal
    said = receipts.read(value)
    received = beijing(parse_iso(said["received_at"]), fraction=True)
    output.say(f"回执有效：招标 {said['tender']} 标段 {said['lot']}，投标 {said['bid']}，收到于 {received}")
    for step in steps:
        output.say(f"  {step.step} ✓ {step.zh}")
    output.result({"ok": True, "bid": said["bid"], "evidence": [step.as_json() for step in steps]})
