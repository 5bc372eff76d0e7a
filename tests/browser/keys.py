"""Keys as people have them: a PKCS#12 file, a SoftHSM2 token, and the agent at a terminal that a test types into."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import PrivateFormat, load_pem_private_key, pkcs12

from tests.conftest import missing
from tests.servers import ROOT

PIN, PASSWORD = "24680975", "口令Abc1"
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
OLD = pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC


def p12_of(pem: Path, target: Path) -> Path:
    """The PEM file's key and chain as a CA of the old kind hands them out: 3DES, HMAC-SHA-1, a password."""
    data = pem.read_bytes()
    key: Any = load_pem_private_key(data, None)
    mine, others = _certificates(data, key)
    lock = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2048).key_cert_algorithm(OLD)
    lock = lock.hmac_hash(hashes.SHA1())
    made = pkcs12.serialize_key_and_certificates(b"key", key, mine, others, lock.build(PASSWORD.encode()))
    target.write_bytes(made)
    return target


def _certificates(data: bytes, key: Any) -> tuple[x509.Certificate, list[x509.Certificate]]:
    found = x509.load_pem_x509_certificates(data)
    mine = next(c for c in found if c.public_key() == key.public_key())
    return mine, [c for c in found if c != mine]


def softhsm() -> Path:
    """The module; skips, or fails where services are required, if it is not there."""
    module = next((Path(m) for m in MODULES if Path(m).exists()), None)
    if module is None or not shutil.which("softhsm2-util"):
        missing("SoftHSM2", "no such module", "apt-get install softhsm2, or make setup.")
    assert module is not None
    return module


def token_of(pem: Path, folder: Path) -> dict[str, str]:
    """The PEM file's key and certificates in a new token ``bidder``; the environment in which it is found."""
    folder.mkdir()
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    said = {**os.environ, "SOFTHSM2_CONF": str(conf)}
    made = ["--init-token", "--free", "--label", "bidder", "--so-pin", "86420864", "--pin", PIN]
    subprocess.run(["softhsm2-util", *made], check=True, capture_output=True, env=said)
    # In a process of its own: SoftHSM reads its configuration once.
    filled = subprocess.run(
        [sys.executable, "-m", "tests.browser.fill_token", str(softhsm()), PIN, str(pem)],
        env=said, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert filled.returncode == 0, filled.stderr
    return {"SOFTHSM2_CONF": str(conf)}


class Agent:
    """``bidtool agent`` at a terminal of its own. ``seen`` is all that the terminal has shown."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: int) -> None:
        self._process, self._terminal = process, terminal
        self.seen = ""

    def read_until(self, words: str, seconds: float = 30) -> str:
        """Everything shown up to and with ``words`` since the last time."""
        start, until = len(self.seen), time.monotonic() + seconds
        while words not in self.seen[start:]:
            left = until - time.monotonic()
            assert left > 0, f"the terminal never said {words!r}:\n{self.seen[start:]}"
            if select.select([self._terminal], [], [], left)[0]:
                self.seen += os.read(self._terminal, 65536).decode("utf-8", "replace")
        return self.seen[start:]

    def code(self) -> str:
        """The latest code shown."""
        return re.findall(r"连接码：(\d+-\w{4}-\w{4})", self.seen)[-1]

    def type(self, words: str) -> None:
        os.write(self._terminal, words.encode() + b"\n")

    def agree(self) -> str:
        """Wait for a question, say yes; what was shown."""
        shown = self.read_until("[y/N]")
        self.type("y")
        self.read_until("已同意")
        return shown


@contextlib.contextmanager
def agent(origin: str, *keys: str, environment: dict[str, str] | None = None) -> Iterator[Agent]:
    """Running, with its first code shown."""
    ours, theirs = pty.openpty()
    said = {**os.environ, "PIN": PIN, **(environment or {})}
    arguments = ["--listen", "127.0.0.1:0", "--allow-origin", origin, *keys, "--password-env", "PIN"]
    process = subprocess.Popen(
        [sys.executable, "-m", "bidtool", "agent", *arguments], stdin=theirs, stdout=theirs, stderr=theirs,
        env=said, cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    running = Agent(process, ours)
    try:
        running.read_until("不要告诉别人")
        yield running
    finally:
        process.kill()
        process.wait()
        os.close(ours)
