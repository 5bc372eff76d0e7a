"""``bidtool``: the tree of commands, and the one place where a failure becomes words and an exit code.

Commands are loaded when they are called, so that ``bidtool log batch`` needs no HTTP client.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, NoReturn

import click

from bidtool.help import Context, in_chinese
from bidtool.output import BROKEN_PIPE, INTERRUPTED, MALFORMED, Output, json_option, misuse
from kernel.errors import Refused

#: Command → where it lives (module:attribute), in the order of a bidder's work.
COMMANDS = {
    "login": "bidtool.commands.session:login",
    "guarantee": "bidtool.commands.guarantee:guarantee",
    "check": "bidtool.commands.bundle:check",
    "seal": "bidtool.commands.bundle:seal",
    "submit": "bidtool.commands.submit:submit",
    "status": "bidtool.commands.submit:status",
    "receipt": "bidtool.commands.receipt:receipt",
    "withdraw": "bidtool.commands.submit:withdraw",
    "open": "bidtool.commands.opening:open_bid",
    "key-lost": "bidtool.commands.opening:key_lost",
    "share": "bidtool.commands.opening:share",
    "sign": "bidtool.commands.sign:sign",
    "sign-record": "bidtool.commands.sign_record:sign_record",
    "agent": "bidtool.commands.agent:agent",
    "verify": "bidtool.commands.verify:verify",
    "signature": "bidtool.commands.signature:signature",
    "cms": "bidtool.commands.signature:signature",
    "log": "bidtool.log.commands:log",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed."""

    context_class = Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        where = COMMANDS.get(cmd_name)
        if where is None:
            return None
        module, _, name = where.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return in_chinese(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"没有命令 {args[0]} / no such command", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@json_option
def cli() -> None:
    """明堂投标人与审计人命令行：签名、加密、递交、解密、核对。

    \b
    Mingtang's command line for bidders, custodians and auditors.
    退出码 exit codes: 0 成功 ok · 1 核对不通过 verification failed · 2 输入不合格 malformed ·
    3 未登录 · 4 无权 · 5 未找到 · 6 冲突或逾期 · 7 不合规 · 75 暂时无法完成，可重试 busy, try again
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run and exit. Refusals are printed in Chinese (both languages with ``--json``)."""
    output = Output()
    sys.exit(run(cli, arguments, output))


def run(command: click.Command, arguments: list[str] | None, output: Output) -> int:
    """The exit code of one run."""
    try:
        answer: Any = command.main(args=arguments, prog_name="bidtool", obj=output, standalone_mode=False)
        return answer if isinstance(answer, int) else 0
    except Refused as refusal:
        return output.refused(refusal)
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            error.show()
            return MALFORMED
        return output.refused(misuse(error))
    except BrokenPipeError:
        # Nobody reads our answers any more; closing standard error too keeps the interpreter quiet.
        sys.stderr.close()
        return BROKEN_PIPE
