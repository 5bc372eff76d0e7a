"""What base.html needs beside the page's own context."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from journal import clock


def shell(request: HttpRequest) -> dict[str, Any]:
    """``training``, the training time, and the server's ``now`` for countdowns."""
    now = clock.now()
    return {
        "training": settings.TRAINING,
        "training_now": now if settings.TRAINING else None,
        "server_now": now,
    }
