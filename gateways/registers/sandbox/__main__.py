"""``python -m gateways.registers.sandbox --register FILE``: serve until interrupted.

Client id and secret from ``SANDBOX_CLIENT_ID`` and ``SANDBOX_CLIENT_SECRET``.
"""

import sys

from gateways.registers.sandbox.server import RegisterServer
from gateways.sandbox import run

if __name__ == "__main__":
    sys.exit(run(RegisterServer, "gateways.registers.sandbox", 8724))
