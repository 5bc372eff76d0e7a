"""``python -m gateways.identity.sandbox --register FILE --platform URL --key jszwfw``: serve until interrupted.

Client id and secret from ``SANDBOX_CLIENT_ID`` and ``SANDBOX_CLIENT_SECRET``.
"""

from __future__ import annotations

import os
import sys

from gateways.identity.sandbox.server import IdentityServer
from gateways.sandbox import Register, command_line, until_interrupted


def main() -> int:
    parser = command_line("gateways.identity.sandbox", "统一身份认证（演示）", 8721)
    parser.add_argument("--platform", required=True, help="平台的网址，登录后回到那里")
    parser.add_argument("--key", default="jszwfw", help="平台怎样称呼本提供方（IDENTITY_PROVIDERS）")
    parser.add_argument("--title", default=IdentityServer.title)
    options = parser.parse_args()
    client = os.environ["SANDBOX_CLIENT_ID"]
    base = f"{options.platform.rstrip('/')}/login/identity/{options.key}"
    server = IdentityServer(
        (options.host, options.port),
        Register.read(options.register),
        {client: os.environ["SANDBOX_CLIENT_SECRET"]},
        {client: (f"{base}/back/",)},
        {client: f"{base}/logout/"},
        options.title,
    )
    return until_interrupted(server, options.title)


if __name__ == "__main__":
    sys.exit(main())
