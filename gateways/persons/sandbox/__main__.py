"""``python -m gateways.persons.sandbox --register FILE``: serve until interrupted.

Client id and secret from ``SANDBOX_CLIENT_ID`` and ``SANDBOX_CLIENT_SECRET``.
"""

import sys

from gateways.persons.sandbox.server import PersonCodeServer
from gateways.sandbox import run

if __name__ == "__main__":
    sys.exit(run(PersonCodeServer, "gateways.persons.sandbox", 8723))
