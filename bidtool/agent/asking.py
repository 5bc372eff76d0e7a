"""Asking the person in the terminal. What was typed before a question was shown is no answer to it."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Iterable
from typing import Protocol

import click

PATIENCE_SECONDS = 120.0


class Asking(Protocol):
    def say(self, text: str) -> None:
        """A line for the person."""

    def ask(self, lines: Iterable[str], question: str) -> bool:
        """Show the lines, ask, and wait for the answer; no answer is a no."""


class Terminal:
    """Standard input and error. One thread reads lines, because a read cannot be given up after a time."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._typed: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in sys.stdin:
            self._typed.put(line)

    def say(self, text: str) -> None:
        click.echo(text, err=True)

    def ask(self, lines: Iterable[str], question: str) -> bool:
        shown = list(lines)
        self.say("\n" + "─" * 60)
        for line in shown:
            self.say(line)
        while not self._typed.empty():
            self._typed.get_nowait()
        click.echo(f"{question} [y/N] ", err=True, nl=False)
        try:
            yes = self._typed.get(timeout=self._patience).strip().lower() in ("y", "yes", "是")
        except queue.Empty:
            self.say(f"\n{self._patience:.0f} 秒没有回答，没有同意。")
            return False
        self.say("已同意。" if yes else "没有同意。")
        return yes


class AlwaysYes:
    """For tests in an environment that says so: everything is shown, nothing is asked."""

    def say(self, text: str) -> None:
        click.echo(text, err=True)

    def ask(self, lines: Iterable[str], question: str) -> bool:
        for line in lines:
            self.say(line)
        self.say(f"{question} （测试：自动同意）")
        return True
