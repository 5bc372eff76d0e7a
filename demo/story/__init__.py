"""The chapters of the demo, in order."""

from __future__ import annotations

from pathlib import Path

from demo import stage as stages
from demo.progress import Progress
from demo.story import agency, announcing, awarding, bidding, evaluating, opening, people, verifying

CHAPTERS = (
    (
        "搭台：证书、平台、保函开立人",
        lambda stage: (
            stages.certificates(stage),
            stages.platform(stage),
            stages.start_issuer(stage),
        ),
    ),
    ("各方用数字证书注册登录", lambda stage: (people.register(stage), evaluating.register_experts(stage))),
    ("中介超市选取招标代理", agency.choose),
    ("编制招标文件，发布公告", announcing.announce),
    ("下载与答疑", bidding.ask),
    ("开立保函、加密、递交", bidding.submit),
    ("不见面开标", opening.run),
    ("抽取评标专家", evaluating.draw_committee),
    ("远程异地评标", evaluating.evaluate),
    ("公示、定标、通知、合同", awarding.award),
    ("导出公开记录并离线核验", verifying.verify),
)


def run(home: Path) -> int:
    """All chapters against servers started here; 0 when every one was right."""
    progress = Progress(len(CHAPTERS))
    stage = stages.build(home, progress)
    try:
        for title, chapter in CHAPTERS:
            with progress.chapter(title):
                chapter(stage)
        stages.leave(stage)
    finally:
        stage.processes.stop()
    return 0
