"""The chapters of the demo, in order."""

from __future__ import annotations

from pathlib import Path

from demo import stage as stages
from demo.progress import Progress
from demo.story import announcing, bidding, opening, people

CHAPTERS = (
    (
        "搭台：证书、平台、保函开立人",
        lambda stage: (
            stages.certificates(stage),
            stages.platform(stage),
            stages.start_issuer(stage),
            stage.notes.update(cast={"agent": "agency-1"}),
        ),
    ),
    ("各方用数字证书注册登录", people.register),
    ("编制招标文件，发布公告", announcing.announce),
    ("下载与答疑", bidding.ask),
    ("开立保函、加密、递交", bidding.submit),
    ("不见面开标", opening.run),
)


def run(home: Path) -> int:
    """All chapters against servers started here; 0 when every one was right."""
    progress = Progress(len(CHAPTERS))
    stage = stages.build(home, progress)
    try:
        for title, chapter in CHAPTERS:
            with progress.chapter(title):
                chapter(stage)
    finally:
        stage.processes.stop()
    return 0
