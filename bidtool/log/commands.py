"""``bidtool log``: the doors of batch, verify-mirror and witness."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bidtool.log import batch as batches
from bidtool.log import fetch as fetching
from bidtool.log import mirror
from bidtool.log.witness import Witness, WitnessServer
from bidtool.log.witness_store import Store
from bidtool.output import VerificationFailed, bar, json_option, output_of
from bidtool.remote import Server, connect, server_option
from kernel import tlog
from kernel.errors import Kind, ReasonForm, Refused

KEY_BAD = ReasonForm(
    "witness.key_bad", zh="见证密钥文件 {path} 不可用：{why}", en="the witness key file {path} is not usable: {why}",
    kind=Kind.MALFORMED,
)  # fmt: skip
LISTEN_BAD = ReasonForm(
    "witness.listen_bad",
    zh="不能在 {where} 上监听：{why}",
    en="cannot listen on {where}: {why}",
    kind=Kind.MALFORMED,
)


@click.group()
def log() -> None:
    """存证日志：批量核对、镜像核对、见证。Transparency log: batch, mirrors, witness."""


@log.command()
def batch() -> None:
    """标准输入每行一个 JSON 请求，标准输出每行一个答复。One JSON object a line."""
    batches.serve(sys.stdin.buffer, sys.stdout.buffer)


@log.command("verify-mirror")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--vkey", "vkeys", multiple=True, required=True, help="日志公钥 / the log's verifier key")
@json_option
@click.pass_context
def verify_mirror(ctx: click.Context, folder: Path, vkeys: tuple[str, ...]) -> None:
    """重新计算日志镜像中的每一条并与签名检查点比较。Re-hash a mirror. Exit 0 valid, 1 not."""
    output = output_of(ctx)
    try:
        with bar(0, "条目 entries", unit=" 条") as progress:
            found = mirror.verify(folder, vkeys, progress.update)
    except Refused as refusal:
        raise VerificationFailed(*refusal.reasons) from refusal
    for path in found.beyond:
        output.note(f"未被检查点覆盖，未核对 / not covered by the checkpoint: {path}")
    root = tlog.encode64(found.root)
    output.say(f"✓ 镜像完整：{found.origin}，{found.size} 条，根 {root}，核对 {found.tiles} 个分片")
    output.result(
        {"ok": True, "origin": found.origin, "size": found.size, "root": root, "tiles": found.tiles,
         "signers": list(found.signers), "beyond": list(found.beyond)}
    )  # fmt: skip


@log.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@server_option
@click.option("--vkey", "vkeys", multiple=True, required=True, help="日志公钥 / the log's verifier key")
@json_option
@click.pass_context
def fetch(ctx: click.Context, folder: Path, server_url: str, vkeys: tuple[str, ...]) -> None:
    """取得或续取平台日志的镜像并核对。Copy the platform's log, or carry a copy on, and check it.

    先前取得的镜像不是新日志的前缀时拒绝（平台给出过两本日志），旧镜像不动。
    退出码 exit codes: 0 已核对 checked · 1 核对不通过 not the same log.
    """
    output = output_of(ctx)
    server = Server(server_url) if server_url else connect("")
    with bar(0, "分片 tiles", unit=" 个") as progress:
        try:
            found = fetching.fetch(server, folder, vkeys, progress.update)
        except Refused as refusal:
            if refusal.reasons[0].code.startswith("mirror."):
                raise VerificationFailed(*refusal.reasons) from refusal
            raise
    output.say(f"✓ 镜像在 {folder}：{found.origin}，{found.size} 条，根 {tlog.encode64(found.root)}")
    output.result({"ok": True, "origin": found.origin, "size": found.size, "root": tlog.encode64(found.root)})


@log.command()
@click.option("--listen", default="127.0.0.1:8702", show_default=True, metavar="HOST:PORT")
@click.option("--store", required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--log-vkey", "log_vkeys", multiple=True, required=True, help="被见证日志的公钥，可多个")
@click.option("--key", "key_file", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="见证密钥（PRIVATE+KEY+… 或 Ed25519 PEM）；不存在则新建")  # fmt: skip
@click.option("--name", default="", help="见证名称，用于新建或 PEM 密钥 / the witness's name")
@click.argument("more_vkeys", nargs=-1, metavar="[VKEY]...")
def witness(
    listen: str,
    store: Path,
    log_vkeys: tuple[str, ...],
    key_file: Path,
    name: str,
    more_vkeys: tuple[str, ...],
) -> None:
    """见证服务：POST /add-checkpoint（C2SP tlog-witness）。"""
    host, port = _address(listen)
    key = _key(key_file, name or f"{host}:{port}")
    held = Store(store)
    witness = Witness(key, [*log_vkeys, *more_vkeys], held)
    try:
        server = WitnessServer((host, port), witness)
    except (OSError, OverflowError) as error:
        raise Refused(LISTEN_BAD(where=listen, why=str(error))) from error
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"listening http://{shown}:{server.server_address[1]}/")
    click.echo(f"vkey {witness.key.verifier}")
    sys.stdout.flush()
    _serve(server)
    held.close()


def _serve(server: WitnessServer) -> None:
    """Until SIGTERM or SIGINT; a request that is being answered is finished."""

    def stop(*_: Any) -> None:
        Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


def _address(listen: str) -> tuple[str, int]:
    host, colon, port = listen.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise Refused(LISTEN_BAD(where=listen, why="HOST:PORT"))
    return host.strip("[]") or "127.0.0.1", int(port)


def _key(path: Path, name: str) -> tlog.SigningKey:
    """The witness's key; made with mode 0600 when there is none."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return _new_key(path, name)
    except OSError as error:
        raise Refused(KEY_BAD(path=path.name, why=str(error.strerror))) from error
    if data.lstrip().startswith(b"-----BEGIN"):
        try:
            key = load_pem_private_key(data, None)
        except (ValueError, TypeError) as error:
            raise Refused(KEY_BAD(path=path.name, why="PEM")) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise Refused(KEY_BAD(path=path.name, why="not Ed25519"))
        return tlog.SigningKey(tlog.check_name(name), key, tlog.COSIGNATURE)
    return tlog.parse_signing_key(tlog.text_of(data))


def _new_key(path: Path, name: str) -> tlog.SigningKey:
    fresh = tlog.SigningKey(tlog.check_name(name), Ed25519PrivateKey.generate(), tlog.COSIGNATURE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "x", opener=lambda where, flags: os.open(where, flags, 0o600)) as stream:
        stream.write(fresh.secret_text() + "\n")
    return fresh
