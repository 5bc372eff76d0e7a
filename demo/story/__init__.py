"""The chapters of the demo, in order."""

from __future__ import annotations

from pathlib import Path

from demo import houses
from demo import stage as stages
from demo.progress import Progress
from demo.story import agency, announcing, awarding, bidding, evaluating, opening, people, verifying

#: Name (for ``--until``), title, what happens.
CHAPTERS = (
    (
        "stage",
        "搭台：证书、平台、保函开立人",
        lambda stage: (
            stages.certificates(stage),
            stages.platform(stage),
            stages.start_issuer(stage),
            houses.start(stage),
        ),
    ),
    (
        "people",
        "各方用数字证书注册登录",
        lambda stage: (people.register(stage), evaluating.register_experts(stage), houses.link(stage)),
    ),
    ("agency", "中介超市选取招标代理", agency.choose),
    ("announcing", "编制招标文件，发布公告", announcing.announce),
    ("asking", "下载与答疑", bidding.ask),
    ("submitting", "开立保函、加密、递交", bidding.submit),
    ("opening", "不见面开标", opening.run),
    ("drawing", "抽取评标专家", evaluating.draw_committee),
    ("evaluating", "远程异地评标", evaluating.evaluate),
    ("awarding", "公示、定标、通知、合同", awarding.award),
    ("verifying", "导出公开记录并离线核验", verifying.verify),
)


def count(until: str) -> int:
    """How many chapters there are up to and with the one of this name or number; all of them for ``""``.

    Raises ValueError for another word.
    """
    names = [name for name, _, _ in CHAPTERS]
    if until in names:
        return names.index(until) + 1
    wanted = int(until or len(CHAPTERS))
    if not 1 <= wanted <= len(CHAPTERS):
        raise ValueError(until)
    return wanted


def run(home: Path, chapters: int = len(CHAPTERS)) -> int:
    """The first ``chapters`` against servers started here, leaving what ``serve`` needs; 0 when each was right."""
    progress = Progress(chapters)
    stage = stages.build(home, progress)
    try:
        for _, title, chapter in CHAPTERS[:chapters]:
            with progress.chapter(title):
                chapter(stage)
        stages.leave(stage)
    finally:
        stage.processes.stop()
    return 0
