from django.urls import path

from disclosure import log_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("limitations/", views.limitations, name="limitations"),
    path("notices/", views.notice_list, name="notices"),
    path("notices/<str:number>/", views.notice, name="notice"),
    path("verify/", views.verify, name="verify"),
    path("record/<str:number>.zip", views.record, name="record"),
    path("log/", log_views.home, name="log"),
    path("log/checkpoint", log_views.checkpoint, name="log-checkpoint"),
    path("log/tile/<path:path>", log_views.tile, name="log-tile"),
    path("log/proof/<str:act>", log_views.proof, name="log-proof"),
    path("log/acts/<str:act>/", log_views.act, name="log-act"),
]
