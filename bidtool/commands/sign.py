"""``bidtool sign``: sign a given statement, after showing in words what it says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from bidtool.files import read_json, write_json
from bidtool.keys import KeyOptions, key_options
from bidtool.output import json_option, output_of
from kernel.errors import Kind, ReasonForm, Refused
from sealing import fields, statements

#: What a signature of each purpose means, for the one who gives it.
MEANING = {
    "login": "登录平台",
    "opening-record": "确认开标记录",
    "evaluation-report": "签署评标报告",
    "evaluation-declaration": "签署评委保密与回避声明",
    "bid-summary": "签署开标一览表",
    "bid-identity": "表明投标人身份",
    "bid-withdrawal": "撤回投标",
    "key-lost": "报失投标密钥",
    "share-release": "提交密钥分片",
    "guarantee-application": "申请投标保函",
    "guarantee-release": "解除保函",
    "guarantee-demand": "向保函开立人索赔",
}
WORDS = {
    "tender": "招标编号", "title": "名称", "lot": "标段", "bid": "投标编号", "bidder": "投标人", "name": "名称",
    "credit_code": "统一社会信用代码", "price": "报价", "price_in_words": "报价大写", "bids": "投标", "lots": "标段",
    "ranking": "排名", "rank": "名次", "score": "得分", "objections": "异议", "text": "内容", "answer": "答复",
    "platform": "平台", "at": "时间", "challenge": "挑战", "amount": "金额", "number": "编号", "status": "状态",
    "duration_days": "工期（天）", "quality": "质量", "envelope_sha256": "信封摘要", "report_sha256": "报告摘要",
    "record_sha256": "记录摘要", "pdf_sha256": "PDF 摘要", "started_at": "开始时间", "organization": "单位",
}  # fmt: skip
UNKNOWN_PURPOSE = ReasonForm(
    "sign.unknown_purpose", zh="不认识的声明类型「{type}」；确要签名请加 --any", kind=Kind.INVALID,
    en="unknown statement type {type}; add --any to sign it all the same",
)  # fmt: skip
NOT_CONFIRMED = ReasonForm(
    "sign.not_confirmed", zh="没有签名：请核对内容后加 --yes 确认", kind=Kind.INVALID,
    en="not signed: look at what it says and confirm with --yes",
)  # fmt: skip
_file = click.Path(path_type=Path, dir_okay=False)
MOST_LINES = 2000


@click.command()
@click.argument("statement_file", metavar="STATEMENT", type=_file, required=False)
@click.option("--statement", "inline", type=_file, help="同 STATEMENT / the same")
@click.option("-o", "--output", "target", type=_file, help="签名结果；缺省为 STATEMENT.signed.json")
@click.option("--yes", is_flag=True, help="已核对内容，不再询问 / confirmed")
@click.option("--any", "anything", is_flag=True, help="允许未知类型 / unknown types too")
@key_options
@json_option
@click.pass_context
def sign(
    ctx: click.Context, keys: KeyOptions, statement_file: Path | None, inline: Path | None, target: Path | None,
    yes: bool, anything: bool,
) -> None:  # fmt: skip
    """对声明签名（开标记录、评标报告等），先用文字显示所签内容。Sign a statement, shown in words first."""
    output, source = output_of(ctx), statement_file or inline
    if source is None:
        raise click.UsageError("请给出声明文件 STATEMENT")
    said = read_json(source)
    said = dict(fields.mapping(said.get("statement", said), "statement"))
    fields.exact_keys(said, "statement", ("v", "type", "payload"))
    purpose = str(said["type"]).removeprefix("mingtang/")
    if purpose not in MEANING and not anything:
        raise Refused(UNKNOWN_PURPOSE(type=str(said["type"])[:80]))
    for line in in_words(purpose, said["payload"]):
        click.echo(line, err=True)
    if not yes:
        _confirm()
    signed = statements.sign(said, keys.signer())
    where = target or source.with_name(source.stem + ".signed.json")
    write_json(where, signed)
    output.say(f"已签名：{where}")
    output.result(
        {"ok": True, "signed": str(where), "statement": said["type"], "meaning": MEANING.get(purpose, "")}
    )


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise Refused(NOT_CONFIRMED())
    if not click.confirm("以上内容属实，确认签名？", err=True):
        raise Refused(NOT_CONFIRMED())


def in_words(purpose: str, payload: Any) -> Iterator[str]:
    """Lines that say what is signed; long ones are cut, and say so."""
    yield f"您将签署：{MEANING.get(purpose, purpose)}（mingtang/{purpose}）"
    for number, line in enumerate(_lines(payload, 1)):
        if number == MOST_LINES:
            yield f"  ……以上为前 {MOST_LINES} 行，其余内容请在签名前查看文件 / more in the file"
            return
        yield line


def _lines(value: Any, depth: int) -> Iterator[str]:
    pad = "  " * min(depth, 8)
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value, start=1)
        if isinstance(value, list)
        else ()
    )
    for key, item in pairs:
        name = WORDS.get(str(key), str(key))
        if isinstance(item, dict | list):
            yield f"{pad}{name}："
            yield from _lines(item, depth + 1)
        else:
            yield f"{pad}{name}：{_plain(item)}"


def _plain(value: Any) -> str:
    """One line without control characters, so that no text can paint over what is shown."""
    text = "".join(c if c.isprintable() else "·" for c in str(value))
    return text if len(text) <= 200 else f"{text[:200]}……（共 {len(text)} 字）"
