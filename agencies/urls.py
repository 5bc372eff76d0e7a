from django.urls import path

from agencies import api, views

_ONE = "api/v1/agencies/assignments/<str:number>"
urlpatterns = [
    path("agencies/", views.market, name="agencies"),
    path("agencies/admission/", views.seek_admission, name="agency-admission"),
    path("agencies/admissions/", views.admissions, name="agency-admissions"),
    path("agencies/assignments/new/", views.publish, name="assignment-new"),
    path("agencies/assignments/<str:number>/", views.assignment, name="assignment"),
    path("agencies/assignments/<str:number>/apply/", views.apply, name="assignment-apply"),
    path("agencies/assignments/<str:number>/contract.pdf", views.contract, name="assignment-contract"),
    path("api/v1/agencies/items", api.items),
    path("api/v1/agencies/admissions/statement", api.admission_statement),
    path("api/v1/agencies/admissions", api.admissions),
    path("api/v1/agencies/admissions/<str:key>/admit", api.admit),
    path("api/v1/agencies/admissions/<str:key>/return", api.return_admission),
    path("api/v1/agencies/admissions/<str:key>/exit", api.leave),
    path("api/v1/agencies/assignments", api.assignments),
    path(_ONE, api.assignment),
    path(f"{_ONE}/cancel", api.cancel),
    path(f"{_ONE}/applications/statement", api.application_statement),
    path(f"{_ONE}/applications", api.apply),
    path(f"{_ONE}/applications/withdraw", api.withdraw),
    path(f"{_ONE}/close", api.close),
    path(f"{_ONE}/commitments", api.commit),
    path(f"{_ONE}/reveals", api.reveal),
    path(f"{_ONE}/restart", api.restart),
    path(f"{_ONE}/contract", api.contract),
]
