"""Chapter: the public record is exported, and checked by somebody with nothing but the directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from demo.cast import PROJECT
from demo.processes import ROOT
from demo.stage import Stage


def verify(stage: Stage) -> None:
    record = stage.home / "record"
    stage.processes.run("manage.py", "export_record", PROJECT["number"], str(record))
    files = [path for path in record.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    stage.say(f"公开记录：{len(files)} 个文件，{size // 1024:,} KB，在 {record}")
    keys = stage.clients["bidder-1"].get("/api/v1/keys")
    mirror = _mirror(stage, keys["log_vkey"])
    passed, answer = _check(
        record, "--pin-platform", keys["platform_public_key"], "--pin-vkey", keys["log_vkey"],
        "--mirror", str(mirror),
    )  # fmt: skip
    for check in answer["checks"]:
        stage.say(f"核验 {check['no']:>2} {check['zh']}")
    if not passed:
        raise SystemExit(f"公开记录核验不通过：{json.dumps(answer, ensure_ascii=False)[:3000]}")
    _signed_documents(stage, record)
    _a_flipped_byte_is_found(stage, record)
    _every_authority_works(stage)


def _every_authority_works(stage: Stage) -> None:
    """The interoperability matrix against the running authorities, then with one of them out of order."""
    for fault in (None, "wrong_nonce"):
        httpx.post(f"{stage.ca}/faults", json={"demo-ca-8": fault}, timeout=10).raise_for_status()
        only = ("--ca", "demo-ca-8") if fault else ()
        done = stage.processes.run("manage.py", "check_ca_matrix", *only, check=False)
        if done.returncode != (1 if fault else 0):
            raise SystemExit(f"互认矩阵与预期不符\n{done.stdout}\n{done.stderr}")
        broken = "（演示 CA 八的 OCSP 重放旧应答）" if fault else ""
        stage.say(f"互认矩阵{broken}：{done.stdout.strip().splitlines()[-1]}")
    httpx.post(f"{stage.ca}/faults", json={"demo-ca-8": None}, timeout=10).raise_for_status()


def _signed_documents(stage: Stage, record: Path) -> None:
    """The signed PDFs by themselves, as somebody judges them who has only the file and the trust list."""
    for path in sorted(record.glob("signatures/*.pdf")):
        where = stage.home / f"report-{path.stem[:12]}.json"
        command = [
            sys.executable,
            "-m",
            "bidtool",
            "signature",
            "verify",
            str(path),
            "--trust-list",
            str(record / "trust-list.json"),
            "--report",
            str(where),
        ]
        done = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(
                f"bidtool signature verify {path} → {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr}"
            )
        report = json.loads(done.stdout)
        authorities = sorted({one["authority"] for one in report["signatures"]})
        stage.say(
            f"签名的 PDF {path.name[:12]}…：{len(report['signatures'])} 个签名有效（{'、'.join(authorities)}），报告 {where.name}"
        )


def _mirror(stage: Stage, vkey: str) -> Path:
    """An auditor's own copy of the whole log: what the record left out would show in it."""
    folder = stage.home / "log-mirror"
    server = stage.clients["bidder-1"].base
    command = [
        sys.executable,
        "-m",
        "bidtool",
        "log",
        "fetch",
        str(folder),
        "--server",
        server,
        "--vkey",
        vkey,
    ]
    done = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bidtool log fetch → {done.returncode}\n{done.stdout}\n{done.stderr}")
    stage.say(f"日志镜像：{json.loads(done.stdout)['size']} 条，在 {folder}")
    return folder


def _check(record: Path, *pins: str) -> tuple[bool, dict[str, Any]]:
    """``bidtool verify`` in an empty environment: no database, no settings, no network. Whether it passed."""
    command = [sys.executable, "-m", "bidtool", "verify", str(record), *pins, "--json"]
    alone = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    done = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"bidtool verify → {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.returncode == 0, json.loads(done.stdout)


def _a_flipped_byte_is_found(stage: Stage, record: Path) -> None:
    target = next(record.glob("bids/*/envelope.mtse"))
    data = bytearray(target.read_bytes())
    data[len(data) // 2] ^= 1
    original = target.read_bytes()
    target.write_bytes(bytes(data))
    try:
        if _check(record)[0]:
            raise SystemExit("改动一个比特，核验却通过了")
        stage.say("把一份信封改动一个比特：核验不通过")
    finally:
        target.write_bytes(original)
