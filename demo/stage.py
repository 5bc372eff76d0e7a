"""The stage: servers running, everybody with a certificate, files in one directory."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from demo import houses
from demo.cast import AGENCIES, AUTHORITY, BIDDERS, CENTER, EXPERTS, ISSUER, OWNER, Organization
from demo.clients import Client
from demo.processes import Processes, free_port
from demo.progress import Progress
from kernel.clock import iso, parse_iso

STATE = "stage.json"


@dataclass
class Stage:
    """``nodes`` are the base URLs of the platform's Daphne nodes; ``home`` holds everything."""

    home: Path
    progress: Progress
    processes: Processes = field(init=False)
    nodes: list[str] = field(default_factory=list)
    ca: str = ""
    issuer: str = ""
    #: Identity, licences, person codes: addresses and the secret they share with the platform.
    houses: dict[str, Any] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    #: facts that later chapters need: numbers, ids, files
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return self.nodes[0]

    def now(self) -> datetime:
        """The platform's time."""
        return parse_iso(httpx.get(f"{self.base}/api/time", timeout=10).json()["now"])

    def advance(self, to: datetime, why: str) -> None:
        """Move the training clock to ``to``; a journalled act of the center."""
        self.clients["center"].post("/api/v1/training/clock", {"to": iso(to)})
        self.progress.line(f"演练时钟推进到 {to.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z：{why}")

    def say(self, words: str) -> None:
        self.progress.line(words)

    def person(self, key: str) -> Path:
        """The directory of one person's own machine."""
        path = self.home / "people" / key
        path.mkdir(parents=True, exist_ok=True)
        return path

    def bidtool(self, key: str, *arguments: str, check: bool = True) -> Any:
        """Run ``bidtool --json`` on somebody's machine; the answer, or the finished process when not ``check``."""
        done = self.processes.run("-m", "bidtool", *arguments, "--json", check=check)
        return json.loads(done.stdout) if check else done


def build(home: Path, progress: Progress) -> Stage:
    """An empty stage in a fresh directory."""
    if home.exists():
        shutil.rmtree(home)
    home.mkdir(parents=True)
    stage = Stage(home, progress)
    port = free_port()
    stage.nodes = [f"http://127.0.0.1:{port}"]
    if os.environ.get("DATABASE_URL"):
        stage.nodes.append(f"http://127.0.0.1:{free_port()}")
    stage.ca, stage.issuer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    stage.houses = houses.addresses()
    stage.processes = Processes(home / "logs", environment(home, stage))
    # The press that prints the demo's papers reads the platform's name from the settings; no ORM here.
    os.environ.update(stage.processes.environment)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    return stage


def reopen(home: Path, progress: Progress, base: str) -> Stage:
    """The stage that an earlier run left, to be served at ``base``."""
    kept = json.loads((home / STATE).read_text())
    stage = Stage(home, progress, nodes=[base], ca=kept["ca"], issuer=kept["issuer"], notes=kept["notes"])
    stage.houses = kept.get("houses") or houses.addresses()
    stage.processes = Processes(
        home / "logs", environment(home, stage) | kept["environment"] | {"PUBLIC_URL": base}
    )
    for who in everybody():
        seat(stage, who)
    return stage


def leave(stage: Stage) -> None:
    """Write down what :func:`reopen` needs."""
    told = {k: stage.processes.environment[k] for k in ("TRUST_LIST_PUBLISHERS",)}
    state = {"ca": stage.ca, "issuer": stage.issuer, "environment": told, "notes": stage.notes}
    state["houses"] = stage.houses
    (stage.home / STATE).write_text(json.dumps(state, ensure_ascii=False, indent=1))


def environment(home: Path, stage: Stage) -> dict[str, str]:
    """What the platform's processes are told; DATABASE_URL and REDIS_URL pass through when they are set."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if k not in ("SQLITE_FILE", "MEDIA_ROOT", "DJANGO_SETTINGS_MODULE")
    }
    return kept | {
        "MINGTANG_VAR": str(home / "platform"),
        "TRAINING": "1",
        "PUBLIC_URL": stage.base,
        "GUARANTORS_URL": stage.issuer,
        **houses.environment(stage.houses),
        "CA_SANDBOX_URL": stage.ca,
        "PYTHONUNBUFFERED": "1",
        "PLATFORM_NAME": "明堂公共资源交易平台（演练）",
        "OPENING_GRACE_SECONDS": "1",
    }


def certificates(stage: Stage) -> None:
    """Start the certification authorities and have everybody's certificates issued."""
    start_authorities(stage)
    for who in everybody():
        _issue(stage, who)
    count = len(everybody()) - len(EXPERTS)
    used = {who.ca for who in everybody()}
    stage.say(
        f"{len(used)} 家演示 CA 签发 {count} 家单位和 {len(EXPERTS)} 位专家的证书（RSA、P-256、SM2、双证）"
    )


def start_authorities(stage: Stage) -> None:
    port = stage.ca.rsplit(":", 1)[1]
    stage.processes.start(
        "ca", "-m", "ca_interop.demo_ca", "--store", str(stage.home / "ca"), "--port", port,
        ready=f"{stage.ca}/trust-list",
    )  # fmt: skip


def everybody() -> list[Organization]:
    """All who get a certificate; an expert's is a personal one."""
    organizations = [CENTER, AUTHORITY, OWNER, ISSUER, *AGENCIES, *(b.organization for b in BIDDERS)]
    experts = [Organization(f"expert-{no}", "", "", e.name, e.ca) for no, e in enumerate(EXPERTS, start=1)]
    return organizations + experts


def _issue(stage: Stage, who: Organization) -> None:
    body = {"organization": who.name, "credit_code": who.credit_code, "person": who.person}
    answer = httpx.post(f"{stage.ca}/ca/{who.ca}/issue", json=body, timeout=60).raise_for_status().json()
    folder = stage.person(who.key)
    _private(folder / "signing.pem", answer["signing"]["pem"])
    if answer["dual"]:
        _private(folder / "encryption.pem", answer["encryption"]["pem"])
    seat(stage, who)


def seat(stage: Stage, who: Organization) -> None:
    """Give somebody a client; nodes take turns."""
    folder = stage.person(who.key)
    second = folder / "encryption.pem"
    node = stage.nodes[len(stage.clients) % len(stage.nodes)]
    stage.clients[who.key] = Client(
        node, who.person, folder / "signing.pem", second if second.exists() else None
    )


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def platform(stage: Stage) -> None:
    """Database, trust list, first person of the center, then the platform's servers."""
    run, environment = stage.processes.run, stage.processes.environment
    publisher = httpx.get(f"{stage.ca}/trust-list/publisher", timeout=10).json()["fingerprint"]
    environment["TRUST_LIST_PUBLISHERS"] = publisher
    run("manage.py", "migrate", "--verbosity", "0")
    run("manage.py", "import_trust_list", f"{stage.ca}/trust-list", "--publisher", publisher)
    run("manage.py", "bootstrap_center", "--certificate", str(stage.person("center") / "signing.pem"))
    start_platform(stage)
    stage.say(f"平台在 {'、'.join(stage.nodes)}（演练模式）")


def start_platform(stage: Stage) -> None:
    """Without an access log, which would tie addresses to bids; two nodes write one, to show that both serve."""
    quiet = () if len(stage.nodes) > 1 else ("--verbosity", "0")
    for number, node in enumerate(stage.nodes, start=1):
        stage.processes.start(
            f"daphne-{number}", "-m", "daphne", "-b", "127.0.0.1", "-p", node.rsplit(":", 1)[1],
            *quiet, "config.asgi:application", ready=f"{node}/api/time",
        )  # fmt: skip
    if stage.processes.environment.get("REDIS_URL"):
        start_workers(stage)


def start_issuer(stage: Stage) -> None:
    """The guarantor: a company of its own, with its own process, certificate and books."""
    folder = stage.person(ISSUER.key)
    roots = []
    for ca in sorted({who.ca for who in everybody()}):
        chain = httpx.get(f"{stage.ca}/ca/{ca}/chain", timeout=10).text
        roots.append("-----BEGIN CERTIFICATE-----" + chain.rsplit("-----BEGIN CERTIFICATE-----", 1)[1])
    (folder / "trusted.pem").write_text("".join(roots))
    keys = httpx.get(f"{stage.base}/api/v1/keys", timeout=10).json()
    (folder / "platform-keys.txt").write_text(keys["platform_public_key"] + "\n")
    stage.processes.start(
        "issuer", "-m", "gateways.guarantors.sandbox", "--store", str(stage.home / "issuer"),
        "--port", stage.issuer.rsplit(":", 1)[1], "--certificate", str(folder / "signing.pem"),
        "--trusted", str(folder / "trusted.pem"), "--platform-keys", str(folder / "platform-keys.txt"),
        "--training", ready=f"{stage.issuer}/issuer",
    )  # fmt: skip


def start_workers(stage: Stage) -> None:
    """A Celery worker and the beat: only in a scaled-out deployment."""
    pid = stage.home / "beat"
    for name, command in {
        "worker": ("worker", "--concurrency", "2", "--loglevel", "WARNING"),
        "beat": ("beat", "--loglevel", "WARNING", "--schedule", str(pid), "--pidfile", ""),
    }.items():
        stage.processes.start(name, "-m", "celery", "-A", "config", *command, ready=f"{stage.base}/api/time")
