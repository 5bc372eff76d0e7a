from django.urls import path

from guarantees import api, views

urlpatterns = [
    path("guarantees/", views.guarantees, name="guarantees"),
    path("guarantees/issuers/", views.issuers, name="guarantee-issuers"),
    path("guarantees/<uuid:key>/", views.guarantee, name="guarantee"),
    path("guarantees/<uuid:key>/pdf", views.pdf, name="guarantee-pdf"),
    path("api/v1/guarantees", api.guarantees),
    path("api/v1/guarantees/issuers", api.issuers),
    path("api/v1/guarantees/issuers/end", api.end_issuer),
    path("api/v1/guarantees/<str:key>", api.guarantee),
    path("api/v1/guarantees/<str:key>/release", api.release),
    path("api/v1/guarantees/<str:key>/demand", api.demand),
]
