"""``python -m gateways.registers.sandbox --register FILE``: serve until interrupted.

Client id and secret from ``SANDBOX_CLIENT_ID`` and ``SANDBOX_CLIENT_SECRET``.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from gateways.registers.sandbox.server import RegisterServer
from gateways.sandbox import Register


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m gateways.registers.sandbox", description=RegisterServer.title
    )
    parser.add_argument("--register", type=Path, required=True, help="人员与单位（JSON）")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8724, help="0 = 任意空闲端口，启动后打印")
    options = parser.parse_args()
    clients = {os.environ["SANDBOX_CLIENT_ID"]: os.environ["SANDBOX_CLIENT_SECRET"]}
    with RegisterServer((options.host, options.port), Register.read(options.register), clients) as server:
        print(f"{server.title}已启动：{server.url}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
