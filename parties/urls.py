from django.urls import path

from parties import account_pages, api, member_pages, views

urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("login/identity/<slug:key>/", account_pages.leave, name="leave_for_identity"),
    path("login/identity/<slug:key>/back/", account_pages.back, name="back_from_identity"),
    path("login/identity/<slug:key>/logout/", account_pages.logged_out),
    path("login/licence/", account_pages.licence, name="licence"),
    path("api/v1/login/licence/step", account_pages.licence_step),
    path("register/", views.register, name="register"),
    path("logout/", views.sign_out, name="logout"),
    path("certificates/", member_pages.certificates, name="certificates"),
    path("my-organization/", member_pages.own_organization, name="own_organization"),
    path("parties/", views.organizations, name="organizations"),
    path("parties/people/", views.people, name="people"),
    path("parties/<str:key>/", views.organization, name="organization"),
    path("api/v1/login/challenge", api.challenge),
    path("api/v1/login", api.sign_in),
    path("api/v1/register", api.register),
    path("api/v1/logout", api.sign_out),
    path("api/v1/me", api.me),
    path("api/v1/certificates", api.certificates),
    path("api/v1/certificates/<str:act>", api.certificate_act),
    path("api/v1/certificate-requests", api.certificate_requests),
    path("api/v1/parties/administrator", api.administrator),
    path("api/v1/parties/requests", api.requests),
    path("api/v1/parties/organizations", api.organizations),
    path("api/v1/parties/roles", api.grant),
    path("api/v1/parties/roles/end", api.end),
]
