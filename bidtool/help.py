"""Help in Chinese first: click's own words (Usage, Options, Commands …) are put in place here, for every command."""

from __future__ import annotations

from collections.abc import Iterable

import click

_HEADINGS = {"Options": "选项 Options", "Commands": "命令 Commands", "Arguments": "参数 Arguments"}
_WORDS = {"Show this message and exit.": "显示本说明 / this help"}
_MARKS = {"[default: ": "[缺省 ", "  [required]": "  [必填]"}


class Formatter(click.HelpFormatter):
    """click's layout with our words."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        words = args.replace("[OPTIONS]", "[选项]").replace("COMMAND [ARGS]...", "命令 [参数]…")
        super().write_usage(prog, words, prefix if prefix is not None else "用法：")

    def write_heading(self, heading: str) -> None:
        super().write_heading(_HEADINGS.get(heading, heading))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(name, _ours(words)) for name, words in rows], col_max, col_spacing)


class Context(click.Context):
    formatter_class = Formatter


def in_chinese(command: click.Command) -> click.Command:
    """The command, and all below it, with help in our words."""
    command.context_class = Context
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        in_chinese(inner)
    return command


def _ours(words: str) -> str:
    found = _WORDS.get(words, words)
    for theirs, ours in _MARKS.items():
        found = found.replace(theirs, ours)
    return found
