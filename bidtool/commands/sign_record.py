"""``bidtool sign-record``: sign an opening record or an evaluation report, the statement and the PDF together."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bidtool.commands.sign import confirm
from bidtool.document_signing import signed_document
from bidtool.files import read_bytes
from bidtool.keys import KeyOptions, key_options
from bidtool.output import json_option, output_of
from bidtool.remote import Server, connect, server_option, session_option
from bidtool.wording import in_words
from kernel.errors import Kind, ReasonForm, Refused
from sealing import fields, statements
from sealing.signer import Signer

NOTHING_TO_SIGN = ReasonForm(
    "sign.nothing_to_sign",
    zh="现在没有需要您签名的{what}",
    en="there is no {what} for you to sign now",
    kind=Kind.CONFLICT,
)
STALE = "pdf.stale"
ATTEMPTS = 12
_file = click.Path(path_type=Path, dir_okay=False)


@click.command("sign-record")
@click.argument("tender")
@click.option(
    "--lot", type=int, help="签评标报告：标段号；不给则签开标记录 / an evaluation report, of this lot"
)
@click.option("--dissent", type=_file, help="评标报告的书面不同意见（文本文件） / a written dissent")
@click.option("--yes", is_flag=True, help="已核对内容，不再询问 / confirmed")
@key_options
@server_option
@session_option
@json_option
@click.pass_context
def sign_record(
    ctx: click.Context, keys: KeyOptions, tender: str, lot: int | None, dissent: Path | None, yes: bool,
    server_url: str, session: Path | None,
) -> None:  # fmt: skip
    """签署开标记录或评标报告：数据声明和 PDF 本身一起签。

    \b
    Sign an opening record or an evaluation report: the statement, and the PDF itself.
    先核对平台给出的待签 PDF 就是那份文件、只增加了签名，再用私钥；别人先签了就在新版本上重签。
    """
    output, server, signer = output_of(ctx), connect(server_url, session), keys.signer()
    base = f"/api/v1/tenders/{tender}/opening" if lot is None else f"/api/v1/evaluation/{tender}/{lot}"
    said, original, sha256 = _to_sign(server, base, tender, lot)
    for line in in_words(str(said["type"]).removeprefix("mingtang/"), said["payload"]):
        click.echo(line, err=True)
    if not yes:
        confirm()
    words = {"dissent": read_bytes(dissent, 65536).decode("utf-8", "replace")} if dissent else {}
    verb = f"{base}/sign_record" if lot is None else f"{base}/sign"
    answer = _until_current(lambda: _signed(server, signer, base, verb, said, original, sha256, words))
    beside = "message" in answer["pdf"]
    output.say(f"已签名：声明和{'PDF 的 GB/T 35275 签名文件' if beside else 'PDF 本身'}（文件摘要 {sha256}）")
    output.result({"ok": True, "document_sha256": sha256, "pdf": "beside" if beside else "inside", **words})


def _to_sign(server: Server, base: str, tender: str, lot: int | None) -> tuple[dict[str, Any], str, str]:
    """The statement, the path of the document as it was made, and its digest as the statement says it."""
    view = server.get(base)
    if lot is None:
        said = (view.get("record") or {}).get("statement")
        path, name, what = f"/halls/{tender}/record.pdf", "record_sha256", "开标记录"
    else:
        said, path, name, what = (
            view.get("sign"),
            f"/evaluation/{tender}/{lot}/report.pdf",
            "report_sha256",
            "评标报告",
        )
    wanted = "mingtang/opening-record" if lot is None else "mingtang/evaluation-report"
    if not isinstance(said, dict) or said.get("type") != wanted:
        raise Refused(NOTHING_TO_SIGN(what=what))
    fields.exact_keys(said, "statement", ("v", "type", "payload"))
    payload = fields.mapping(said["payload"], "payload")
    return said, f"{path}?revision=original", fields.text(dict(payload), name, limit=64)


def _signed(
    server: Server, signer: Signer, base: str, verb: str, said: dict[str, Any], original: str, sha256: str,
    words: dict[str, str],
) -> dict[str, Any]:  # fmt: skip
    pdf = signed_document(server, signer, f"{base}/prepare-signature", original, sha256)
    body = {"signed": statements.sign(said, signer), "pdf": pdf, **words}
    return {**server.post(verb, body, key=str(uuid.uuid4())), "pdf": pdf}


def _until_current(attempt: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Signers of one PDF go one after the other: who was overtaken prepares over the new revision."""
    for _ in range(ATTEMPTS - 1):
        try:
            return attempt()
        except Refused as refusal:
            if refusal.code != STALE:
                raise
            time.sleep(secrets.randbelow(1500) / 1000)  # not all at the same moment again
    return attempt()
