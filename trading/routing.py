"""WebSocket paths of trading."""

from __future__ import annotations

from django.urls import path

from trading.consumers import HallConsumer

websocket_urlpatterns = [path("ws/halls/<str:number>/", HallConsumer.as_asgi())]
