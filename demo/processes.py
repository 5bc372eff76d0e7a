"""The servers of the demo: each a process of its own, started here, ended here by its pid."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
_PATIENCE = 60.0


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Processes:
    """Started processes, by name; their output goes to ``logs/<name>.log``."""

    logs: Path
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str, ready: str, extra: dict[str, str] | None = None) -> None:
        """Start ``command`` with this Python and wait until ``ready`` answers."""
        self.launch(name, *command, extra=extra)
        self.wait(name, ready)

    def launch(self, name: str, *command: str, extra: dict[str, str] | None = None) -> None:
        """Start it; several may come up at the same time, then :meth:`wait`."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with open(self.logs / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=self.environment | (extra or {}),
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def wait(self, name: str, url: str) -> None:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            if self.running[name].poll() is not None:
                raise SystemExit(f"{name} 没有启动，见 {self.logs / name}.log")
            try:
                if httpx.get(url, timeout=2).status_code < 500:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise SystemExit(f"{name} 在 {_PATIENCE:.0f} 秒内没有应答，见 {self.logs / name}.log")

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command to its end; its output is kept, and shown when it fails."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise SystemExit(f"{' '.join(command)} → {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def stop(self) -> None:
        """End every process that was started here, gently, then firmly."""
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        self.running.clear()
