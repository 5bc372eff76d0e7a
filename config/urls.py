"""All URLs: each app names its own paths from the root."""

from __future__ import annotations

from django.apps import apps
from django.urls import include, path

ROOMS = ("disclosure", "evaluation", "guarantees", "agencies", "trading", "parties", "ca_interop", "documents",
         "portal", "journal")  # fmt: skip

urlpatterns = [
    path("", include(f"{room}.urls"))
    for room in ROOMS
    if apps.is_installed(room) and __import__("importlib.util").util.find_spec(f"{room}.urls")
]

handler400 = "portal.views.bad_request"
handler403 = "portal.views.forbidden"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"
