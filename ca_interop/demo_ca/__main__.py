"""``python -m ca_interop.demo_ca --store DIR``: serve the demo authorities until interrupted."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ca_interop.demo_ca.server import DemoAuthorities, DemoServer
from kernel.clock import parse_iso


def main() -> int:
    now = datetime.now(UTC).replace(microsecond=0)
    parser = argparse.ArgumentParser(prog="python -m ca_interop.demo_ca", description="演示 CA 服务")
    parser.add_argument("--store", type=Path, required=True, help="保存密钥与状态的目录")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8701, help="0 = 任意空闲端口，启动后打印")
    parser.add_argument("--not-before", type=parse_iso, default=now - timedelta(days=366))
    parser.add_argument("--not-after", type=parse_iso, default=now + timedelta(days=5 * 365))
    options = parser.parse_args()
    house = DemoAuthorities.open(options.store, options.not_before, options.not_after)
    with DemoServer((options.host, options.port), house) as server:
        print(f"演示 CA 已启动：{server.url}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
