"""``make run``: serve the world that the demo left, for browsing, until interrupted."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from demo import houses
from demo import stage as stages
from demo.progress import Progress

#: Who to sign in as: (role, key of the cast).
LOGINS = (
    ("交易中心", "center"),
    ("行政监督部门（密钥托管人）", "authority"),
    ("招标人", "owner"),
    ("招标代理机构（中选的中介机构）", "agent"),
    ("中介机构", "agency-4"),
    ("投标人", "bidder-3"),
    ("评审专家", "expert"),
)


def serve(home: Path, port: int) -> int:
    """The platform on ``port``; the certification authorities and the issuer where the records say they are."""
    if not (home / stages.STATE).exists():
        sys.stderr.write(f"{home} 里没有演示世界。请先运行 make demo。\n")
        return 2
    stage = stages.reopen(home, Progress(1), f"http://127.0.0.1:{port}")
    try:
        stages.start_authorities(stage)
        # The world may have been lived under an earlier version.
        stage.processes.run("manage.py", "migrate", "--verbosity", "0")
        stages.start_platform(stage)
        stages.start_issuer(stage)
        houses.start(stage)
        _tell(stage)
        ends = {signal.SIGINT, signal.SIGTERM}
        # Blocked first: an unblocked SIGTERM ends this process at once, and its servers stay behind.
        signal.pthread_sigmask(signal.SIG_BLOCK, ends)
        signal.sigwait(ends)
    finally:
        stage.processes.stop()
    return 0


def _tell(stage: stages.Stage) -> None:
    stage.say(f"请打开 {stage.base}/ （演练模式，时间为演练时间）")
    stage.say("登录页的「证书文件」选这里的 PEM 文件（私钥也在里面，只在浏览器里使用）：")
    for role, key in LOGINS:
        who = stage.notes.get("cast", {}).get(key, key)
        # Agent and committee are drawn: a world that stopped before has none.
        if who in stage.clients:
            stage.say(f"{role}：{stage.clients[who].name}　{stage.person(who) / 'signing.pem'}")
    stage.say(f"登录页的「江苏政务服务网」：选法人账号「{houses.LINKED.name}」，可查看和准备")
    stage.say(
        "「电子营业执照」要先用证书登录绑定；「苏服码」的手机：" + stage.houses["urls"]["persons"] + "/phone"
    )
    if (record := stage.home / "record").exists():
        stage.say(f"公开记录：{record}　核验：python -m bidtool verify {record}")
    stage.say("按 Ctrl-C 停止")
