"""``python -m gateways.licences.sandbox --register FILE``: serve until interrupted.

Client id and secret from ``SANDBOX_CLIENT_ID`` and ``SANDBOX_CLIENT_SECRET``.
"""

import sys

from gateways.licences.sandbox.server import LicenceServer
from gateways.sandbox import run

if __name__ == "__main__":
    sys.exit(run(LicenceServer, "gateways.licences.sandbox", 8722))
