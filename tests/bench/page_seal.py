"""Sealing in the page: one file from the disk, 256 MiB, or 1 GiB with ``FULL=1``, or ``SIZE_MIB``; time and memory of
the renderer. The envelope goes to the browser's private files in a profile on the disk; nothing is ever read whole."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.bench.measure import Result, result
from tests.servers import ROOT
from tests.vectors.sealing.cast import HERE

PAGES = Path(__file__).resolve().parent / "pages"
KEYS = json.loads((HERE / "keys.json").read_text())
#: What the renderer may hold more than it held before, whatever the file's size.
BOUND = 200 << 20


class Handler(BaseHTTPRequestHandler):
    """The pages' static files as the platform serves them, and one page."""

    def do_GET(self) -> None:
        parts = self.path.strip("/").split("/")
        where = PAGES / parts[-1] if parts[0] == "bench" else ROOT / parts[1] / "static" / "/".join(parts[1:]) if len(parts) > 2 else None  # fmt: skip
        if self.path == "/":
            data, kind = (
                b'<input type="file"><script type="module" src="/bench/page_seal.js"></script>',
                "text/html",
            )
        elif where is not None and where.is_file():
            data, kind = where.read_bytes(), "text/javascript"
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def _page(folder: Path) -> Iterator[Page]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = shutil.which("chromium")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(folder / "profile"), executable_path=path, headless=True,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )  # fmt: skip
        page = context.pages[0]
        page.set_default_timeout(1_800_000)
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        page.wait_for_function("window.ready")
        yield page
        context.close()
    server.shutdown()
    server.server_close()


def _renderer(folder: Path) -> Path:
    """The process in /proc that runs the page."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if b"--type=renderer" in words and str(folder).encode() in _parent(process):
            return process
    raise AssertionError("no renderer")


def _parent(process: Path) -> bytes:
    """The command lines of the process and its parents."""
    found = b""
    while process.name != "1" and (process / "cmdline").exists():
        found += (process / "cmdline").read_bytes()
        stat = (process / "stat").read_text().rsplit(")", 1)[1].split()
        process = Path("/proc") / stat[1]
        if process.name == "0":
            break
    return found


def _peak(process: Path) -> int:
    lines = (process / "status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


def _file(where: Path, mib: int) -> Path:
    block = os.urandom(1 << 20)
    with where.open("wb") as out:
        for place in range(mib):
            out.write(place.to_bytes(8, "big") + block[8:])
    return where


def _said() -> dict[str, Any]:
    pem = f"-----BEGIN PRIVATE KEY-----\n{KEYS['bidder_p256']['private_key']}\n-----END PRIVATE KEY-----\n"
    for der in KEYS["bidder_p256"]["certificates"]:
        pem += f"-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n"
    summary = {
        "v": 1, "tender": "T", "lot": "1", "part": "whole", "currency": "CNY", "price": "1.00", "price_in_words": "壹元整",
        "bidder": {"name": "甲", "credit_code": "x"}, "duration_days": 1, "quality": "合格",
    }  # fmt: skip
    custodians = [KEYS[name]["certificates"][0] for name in ("center_p256", "authority_rsa", "owner_p256")]
    return {"key": base64.b64encode(pem.encode()).decode(), "custodians": custodians, "summary": summary}


def run() -> Result:
    mib = int(os.environ.get("SIZE_MIB") or (1024 if os.environ.get("FULL") == "1" else 256))
    with tempfile.TemporaryDirectory(prefix="bench-page-", dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        with _page(folder) as page:
            page.locator("input").set_input_files(_file(folder / "plan.pdf", mib))
            bare = page.evaluate("bare()")
            before = _peak(_renderer(folder))
            made = page.evaluate("said => sealed(said)", _said())
            peak = _peak(_renderer(folder))
    assert made["onDisk"], "the envelope lay in memory"
    if peak - before > BOUND:
        raise AssertionError(f"the renderer grew by {(peak - before) >> 20} MiB, at most {BOUND >> 20}")
    return result(
        "page_seal",
        f"在 Chromium 页面里密封 {mib} MiB（读两遍、加密、解密自检），渲染进程峰值 {peak >> 20} MiB",
        "同一页面里只读一遍、SHA-256 一遍、AES-256-GCM 加密并写盘",
        [made["seconds"]],
        [bare],
        peak_bytes=peak,
        grown_bytes=peak - before,
        bytes=made["size"],
    )
