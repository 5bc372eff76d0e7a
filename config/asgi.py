"""The ASGI application: HTTP by Django, WebSockets by the rooms. Runs unchanged under Daphne and uvicorn."""

from __future__ import annotations

import os
import sys

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Requests have a thread each here; what they share is PostgreSQL's connections (settings).
os.environ.setdefault("DATABASE_POOL", "24")
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402
from django.conf import settings  # noqa: E402

from evaluation import routing as evaluation  # noqa: E402
from journal import ticker  # noqa: E402
from portal.lifespan import Lifespan  # noqa: E402
from portal.middleware import HEADERS  # noqa: E402
from portal.origins import SameOrigin  # noqa: E402
from trading import routing as trading  # noqa: E402
from trading.api.bids import submit  # noqa: E402
from trading.arrival import Arrivals  # noqa: E402

sockets = [*trading.websocket_urlpatterns, *evaluation.websocket_urlpatterns]

if settings.EMBEDDED:
    ticker.start()

# A submission is stamped when it is here: the loop must not wait long for the threads that work.
sys.setswitchinterval(0.001)

application = ProtocolTypeRouter(
    {
        "http": Arrivals(http, submit, HEADERS),
        "websocket": SameOrigin(SessionMiddlewareStack(URLRouter(sockets))),
        "lifespan": Lifespan(),
    }
)
