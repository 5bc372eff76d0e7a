from django.urls import path

from portal import views

urlpatterns = [
    path("api/time", views.server_time, name="server-time"),
    path("desk/", views.my_desk, name="desk"),
    path("preferences/", views.preferences, name="preferences"),
]
