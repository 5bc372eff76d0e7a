from django.urls import path

from portal import views

urlpatterns = [
    path("api/time", views.server_time, name="server-time"),
    path("api/v1/training/clock", views.advance_clock, name="training-clock"),
    path("training/", views.training, name="training"),
    path("desk/", views.my_desk, name="desk"),
    path("styleguide/", views.style_guide, name="styleguide"),
    path("preferences/", views.preferences, name="preferences"),
]
