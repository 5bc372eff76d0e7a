"""``bidtool verify DIR``: thirteen checks of a public record, offline."""

from __future__ import annotations

import re
from pathlib import Path

import click

from bidtool.output import VERIFICATION_FAILED, Output, bar, in_words, json_option, output_of
from bidtool.record import verify as checks
from bidtool.record.reasons import BAD_PIN
from bidtool.record.record import Pins
from bidtool.record.steps import CheckResult
from kernel import tlog
from kernel.errors import Refused


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--pin-platform", default="", metavar="HEX", help="已知的平台公钥 / the platform's public key")
@click.option("--pin-vkey", default="", metavar="VKEY", help="已知的日志公钥 / the log's verifier key")
@click.option(
    "--pin-publisher", default="", metavar="HEX", help="信任列表发布者证书指纹 / trust list publisher"
)
@click.option(
    "--mirror",
    type=click.Path(path_type=Path, file_okay=False),
    help="日志镜像目录（bidtool log fetch），再查一项：有无遗漏 / your copy of the log: is anything left out?",
)
@click.option("-q", "--quiet", is_flag=True, help="只显示各项结论 / no evidence lines")
@json_option
@click.pass_context
def verify(
    ctx: click.Context,
    folder: Path,
    pin_platform: str,
    pin_vkey: str,
    pin_publisher: str,
    mirror: Path | None,
    quiet: bool,
) -> int:
    """离线核对一次招标的公开档案（13 项，有日志镜像时 14 项）。Verify a public record offline.

    退出码 exit codes: 0 全部通过 all passed · 1 有检查不通过 a check failed · 2 输入不合格 malformed.
    """
    output = output_of(ctx)
    pins = Pins(_hex(pin_platform), str(tlog.parse_vkey(pin_vkey)) if pin_vkey else "", _hex(pin_publisher))
    results: list[CheckResult] = []
    with bar(0, "摘要 digests") as progress:

        def show(what: str, done: int, total: int) -> None:
            progress.total = total
            progress.update(done - progress.n)

        for result in checks.verify(folder, pins, show, mirror):
            progress.clear()
            results.append(result)
            _say(output, result, quiet)
    failed = [r.number for r in results if r.status == "failed"]
    output.say(_verdict(results, failed))
    output.result({"ok": not failed, "failed": failed, "checks": [r.as_json() for r in results]})
    return VERIFICATION_FAILED if failed else 0


def _say(output: Output, result: CheckResult, quiet: bool) -> None:
    mark = {"passed": "✓", "failed": "✗", "skipped": "–"}[result.status]
    output.say(f"{mark} {result.number:>2} {result.zh}")
    for step in result.evidence if not quiet else ():
        output.say(f"     {step.zh}")
    if result.status == "failed":
        output.say(f"     不通过：{result.where}")
        for reason in result.reasons:
            output.say(f"     {in_words(reason)}")
    if result.status == "skipped":
        output.say("     未核对：档案本身不可读")


def _verdict(results: list[CheckResult], failed: list[int]) -> str:
    if not failed:
        return f"全部 {len(results)} 项检查通过。"
    return f"第 {'、'.join(map(str, failed))} 项检查不通过。"


def _hex(text: str) -> str:
    if text and not re.fullmatch(r"[0-9a-f]{64}", text):
        raise Refused(BAD_PIN(why="应为 64 位小写十六进制 / 64 lower-case hex digits"))
    return text
