"""All URLs: each app names its own paths from the root."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("disclosure.urls")),
    path("", include("evaluation.urls")),
    path("", include("guarantees.urls")),
    path("", include("agencies.urls")),
    path("", include("trading.urls")),
    path("", include("parties.urls")),
    path("", include("ca_interop.urls")),
    path("", include("documents.urls")),
    path("", include("portal.urls")),
]

handler400 = "portal.views.bad_request"
handler403 = "portal.views.forbidden"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"
