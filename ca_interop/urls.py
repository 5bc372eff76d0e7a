from django.urls import path

from ca_interop import api, signing_doors, views

urlpatterns = [
    path("ca/", views.trust_list, name="trust-list"),
    path("api/v1/keys", api.keys, name="api-keys"),
    path("api/v1/prepared-signatures/<str:prepared>", signing_doors.revision),
    path("api/v1/trust-list", api.trust_list, name="api-trust-list"),
]
