"""One world for all journeys of a run: the demo's cast and servers, moved on chapter by chapter as tests need it.

What a test does by clicking stands in for the chapter that does it through the API; ``lived`` says so.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from demo import stage as stages
from demo import story
from demo.cast import PROJECT
from demo.progress import Progress

NUMBER = PROJECT["number"]
T = TypeVar("T")
_FOREIGN = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "MEDIA_ROOT", "SQLITE_FILE", "LOG_KEY_FILE")


class World:
    """``stage`` as in the demo. Its work runs in a thread of its own: Playwright's event loop has the main one."""

    def __init__(self, home: Path) -> None:
        before = dict(os.environ)
        for name in _FOREIGN:
            os.environ.pop(name, None)
        self.stage = stages.build(home, Progress(len(story.CHAPTERS)))
        # The demo tells its own process about the platform; this process has its own settings.
        os.environ.clear()
        os.environ.update(before)
        self._thread = ThreadPoolExecutor(1)
        self._chapters = 0
        self._broken = ""

    @property
    def base(self) -> str:
        return self.stage.base

    def do(self, work: Callable[[], T]) -> T:
        return self._thread.submit(work).result()

    def reach(self, name: str) -> None:
        """Play the chapters up to and with ``name`` that have not been played or lived yet."""
        while self._chapters < story.count(name):
            assert not self._broken, f"this world ended in chapter {self._broken}"
            self._broken, title, chapter = story.CHAPTERS[self._chapters]
            with self.stage.progress.chapter(title):
                self.do(lambda chapter=chapter: chapter(self.stage))  # type: ignore[misc]
            self._chapters, self._broken = self._chapters + 1, ""

    def lived(self, name: str) -> None:
        """A journey has done what this chapter, the next one, does."""
        assert self._chapters + 1 == story.count(name)
        self._chapters += 1

    def pem(self, key: str) -> Path:
        return self.stage.person(key) / "signing.pem"

    def stop_platform(self) -> None:
        """As if its machine were switched off."""
        server = self.stage.processes.running.pop("daphne-1")
        server.kill()
        server.wait()

    def start_platform(self) -> None:
        self.do(lambda: stages.start_platform(self.stage))

    def end(self) -> None:
        self.stage.processes.stop()
        self._thread.shutdown()
