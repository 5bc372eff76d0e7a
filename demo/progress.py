"""What the person in front of ``make demo`` sees: chapters, lines, times."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Chapters numbered as they come; each line says what has just been proven or done."""

    def __init__(self, chapters: int) -> None:
        self.chapters, self.no, self.started = chapters, 0, time.monotonic()
        self.times: list[tuple[str, float]] = []

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        self.no += 1
        begun = time.monotonic()
        self._write(f"\n[{self.no}/{self.chapters}] {title}")
        yield
        took = time.monotonic() - begun
        self.times.append((title, took))
        self._write(
            f"      {'█' * self.no}{'░' * (self.chapters - self.no)}  {took:.1f} 秒，共 {self.elapsed:.1f} 秒"
        )

    def line(self, words: str) -> None:
        self._write(f"    · {words}")

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.started

    def _write(self, words: str) -> None:
        sys.stdout.write(words + "\n")
        sys.stdout.flush()
