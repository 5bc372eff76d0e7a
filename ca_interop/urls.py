from django.urls import path

from ca_interop import api, signing_doors, staff_views, verifying, views

urlpatterns = [
    path("ca/", views.trust_list, name="trust-list"),
    path("ca/versions/", staff_views.versions, name="trust-list-versions"),
    path("ca/versions/<int:version>/", staff_views.version, name="trust-list-version"),
    path("ca/matrix/", staff_views.ca_matrix, name="ca-matrix"),
    path("ca/matrix/<str:run>/", staff_views.ca_matrix, name="ca-matrix-run"),
    path("api/v1/keys", api.keys, name="api-keys"),
    path("verify/signature/", verifying.page, name="verify-signature"),
    path("api/v1/signature-reports", verifying.api),
    path("api/v1/prepared-signatures/<str:prepared>", signing_doors.revision),
    path("api/v1/trust-list", api.trust_list, name="api-trust-list"),
]
