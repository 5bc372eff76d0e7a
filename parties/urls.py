from django.urls import path

from parties import api, views

urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("register/", views.register, name="register"),
    path("logout/", views.sign_out, name="logout"),
    path("certificates/", views.certificates, name="certificates"),
    path("parties/", views.organizations, name="organizations"),
    path("parties/<str:key>/", views.organization, name="organization"),
    path("api/v1/login/challenge", api.challenge),
    path("api/v1/login", api.sign_in),
    path("api/v1/register", api.register),
    path("api/v1/logout", api.sign_out),
    path("api/v1/me", api.me),
    path("api/v1/certificates", api.certificates),
    path("api/v1/certificates/block", api.block),
    path("api/v1/parties/requests", api.requests),
    path("api/v1/parties/organizations", api.organizations),
    path("api/v1/parties/roles", api.grant),
    path("api/v1/parties/roles/end", api.end),
]
