"""What a command says: words for people, one JSON document for machines, exit codes for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, TypeVar

import click
from tqdm import tqdm  # type: ignore[import-untyped]

from kernel.errors import Kind, Reason, ReasonForm, Refused

VERIFICATION_FAILED, MALFORMED, BUSY = 1, 2, 75
INTERRUPTED, BROKEN_PIPE = 130, 141
EXIT_CODE = {
    Kind.MALFORMED: MALFORMED,
    Kind.UNAUTHENTICATED: 3,
    Kind.FORBIDDEN: 4,
    Kind.NOT_FOUND: 5,
    Kind.CONFLICT: 6,
    Kind.INVALID: 7,
    Kind.BUSY: BUSY,
}
MISUSED = ReasonForm(
    "command.misused",
    zh="命令写法不对：{what}；用法见 {help}",
    en="misused: {what}; see {help}",
    kind=Kind.MALFORMED,
)
F = TypeVar("F", bound=Callable[..., Any])


class VerificationFailed(Refused):
    """A verifier's no: exit code 1, whatever kind its reasons are."""


@dataclass
class Output:
    """``json``: machine output was asked for; then standard output holds one JSON document and no more."""

    json: bool = False

    def say(self, text: str) -> None:
        """A line for people; silent under ``--json``."""
        if not self.json:
            click.echo(text)

    def note(self, text: str) -> None:
        """A line on standard error: warnings and progress."""
        click.echo(text, err=True)

    def result(self, value: Mapping[str, Any]) -> None:
        """The machine's answer; silent without ``--json``."""
        if self.json:
            click.echo(json.dumps(value, ensure_ascii=False, indent=2))

    def refused(self, refusal: Refused) -> int:
        """Print every reason; the exit code of the house plan."""
        failed = isinstance(refusal, VerificationFailed)
        code = VERIFICATION_FAILED if failed else EXIT_CODE[refusal.kind]
        if self.json:
            reasons = [reason.as_json() for reason in refusal.reasons]
            self.result({"ok": False, "code": refusal.code, "exit": code, "reasons": reasons})
        else:
            for reason in refusal.reasons:
                self.note(in_words(reason))
        return code


def misuse(error: click.ClickException) -> Refused:
    """What click says of a command line, in both languages."""
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    what = error.format_message().rstrip(".")
    match error:
        case click.NoSuchOption():
            what = f"没有选项 {error.option_name} / {what}"
        case click.MissingParameter() if error.param is not None:
            what = f"缺少 {error.param.name} / {what}"
        case click.BadParameter() if error.param is not None:
            what = f"参数 {error.param.name} 的值不合格 / {what}"
        case click.BadOptionUsage():
            what = f"选项 {error.option_name} 的用法不对 / {what}"
    return Refused(MISUSED(what=what, help=f"{ctx.command_path if ctx else 'bidtool'} --help"))


def in_words(reason: Reason) -> str:
    """``✗ 已过投标截止时间……（bid.late；招标投标法第二十八条）``."""
    tail = "；".join(part for part in (reason.code, reason.law) if part)
    return f"✗ {reason.zh}（{tail}）"


def output_of(ctx: click.Context) -> Output:
    found = ctx.find_object(Output)
    return found if found is not None else Output()


def _turn_on(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Output).json = True


def json_option(command: F) -> F:
    """``--json`` for a command; its output is found by :func:`output_of`."""
    return click.option(
        "--json", is_flag=True, expose_value=False, is_eager=True, callback=_turn_on,
        help="机器可读输出 / machine output",
    )(command)  # fmt: skip


def bar(total: int, what: str, unit: str = "B") -> Any:
    """A progress bar on standard error when that is a terminal; else nothing is shown."""
    return tqdm(total=total, desc=what, unit=unit, unit_scale=unit == "B", file=sys.stderr, disable=None,
                leave=False)  # fmt: skip


def counted(items: Iterable[Any], total: int, what: str, unit: str) -> Iterator[Any]:
    """The items, with a progress bar."""
    return iter(tqdm(items, total=total, desc=what, unit=unit, file=sys.stderr, disable=None, leave=False))


class Measured:
    """A binary stream that moves a progress bar as it is read."""

    def __init__(self, source: IO[bytes], progress: Any) -> None:
        self._source = source
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._progress.update(len(data))
        return data
