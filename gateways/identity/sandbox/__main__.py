"""``python -m gateways.identity.sandbox --register FILE --platform URL --key jszwfw``: serve until interrupted.

Client id and secret from ``SANDBOX_CLIENT_ID`` and ``SANDBOX_CLIENT_SECRET``.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from gateways.identity.sandbox.server import IdentityServer
from gateways.sandbox import Register


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m gateways.identity.sandbox", description="统一身份认证（演示）"
    )
    parser.add_argument("--register", type=Path, required=True, help="人员与单位（JSON）")
    parser.add_argument("--platform", required=True, help="平台的网址，登录后回到那里")
    parser.add_argument("--key", default="jszwfw", help="平台怎样称呼本提供方（IDENTITY_PROVIDERS）")
    parser.add_argument("--title", default=IdentityServer.title)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8721, help="0 = 任意空闲端口，启动后打印")
    options = parser.parse_args()
    client = os.environ["SANDBOX_CLIENT_ID"]
    base = f"{options.platform.rstrip('/')}/login/identity/{options.key}"
    with IdentityServer(
        (options.host, options.port),
        Register.read(options.register),
        {client: os.environ["SANDBOX_CLIENT_SECRET"]},
        {client: (f"{base}/back/",)},
        {client: f"{base}/logout/"},
        options.title,
    ) as server:
        print(f"{options.title}已启动：{server.url}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
