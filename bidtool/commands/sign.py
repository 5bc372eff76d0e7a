"""``bidtool sign``: sign a given statement, after showing in words what it says."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bidtool.files import read_json, write_json
from bidtool.keys import KeyOptions, key_options
from bidtool.output import json_option, output_of
from bidtool.wording import MEANING, in_words
from kernel.errors import Kind, ReasonForm, Refused
from sealing import fields, statements

UNKNOWN_PURPOSE = ReasonForm(
    "sign.unknown_purpose", zh="不认识的声明类型「{type}」；确要签名请加 --any", kind=Kind.INVALID,
    en="unknown statement type {type}; add --any to sign it all the same",
)  # fmt: skip
NOT_CONFIRMED = ReasonForm(
    "sign.not_confirmed", zh="没有签名：请核对内容后加 --yes 确认", kind=Kind.INVALID,
    en="not signed: look at what it says and confirm with --yes",
)  # fmt: skip
_file = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("statement_file", metavar="STATEMENT", type=_file, required=False)
@click.option("--statement", "inline", type=_file, help="同 STATEMENT / the same")
@click.option("-o", "--output", "target", type=_file, help="签名结果；缺省为 STATEMENT.signed.json")
@click.option("--yes", is_flag=True, help="已核对内容，不再询问 / confirmed")
@click.option("--any", "anything", is_flag=True, help="允许未知类型 / unknown types too")
@click.option(
    "--cms", "as_cms", is_flag=True, help="对任意文件签名：CMS，SM2 密钥为 GB/T 35275 / sign any file"
)
@click.option("--enclosed", is_flag=True, help="与 --cms 同用：原文放入签名文件 / the content inside")
@click.option("--tsa", default="", metavar="URL", help="与 --cms 同用：时间戳服务地址 / time-stamp authority")
@key_options
@json_option
@click.pass_context
def sign(
    ctx: click.Context, keys: KeyOptions, statement_file: Path | None, inline: Path | None, target: Path | None,
    yes: bool, anything: bool, as_cms: bool, enclosed: bool, tsa: str,
) -> None:  # fmt: skip
    """对声明签名（开标记录、评标报告等），先用文字显示所签内容。Sign a statement, shown in words first."""
    output, source = output_of(ctx), statement_file or inline
    if source is None:
        raise click.UsageError("请给出声明文件 STATEMENT")
    if as_cms:
        from bidtool.commands.signature import sign_file

        sign_file(output, keys.signer(), source, target, enclosed=enclosed, tsa=tsa)
        return
    said = read_json(source)
    said = dict(fields.mapping(said.get("statement", said), "statement"))
    fields.exact_keys(said, "statement", ("v", "type", "payload"))
    purpose = str(said["type"]).removeprefix("mingtang/")
    if purpose not in MEANING and not anything:
        raise Refused(UNKNOWN_PURPOSE(type=str(said["type"])[:80]))
    for line in in_words(purpose, said["payload"]):
        click.echo(line, err=True)
    if not yes:
        confirm()
    signed = statements.sign(said, keys.signer())
    where = target or source.with_name(source.stem + ".signed.json")
    write_json(where, signed)
    output.say(f"已签名：{where}")
    output.result(
        {"ok": True, "signed": str(where), "statement": said["type"], "meaning": MEANING.get(purpose, "")}
    )


def confirm() -> None:
    if not sys.stdin.isatty():
        raise Refused(NOT_CONFIRMED())
    if not click.confirm("以上内容属实，确认签名？", err=True):
        raise Refused(NOT_CONFIRMED())
