from django.urls import path

from documents import api

urlpatterns = [
    path("api/v1/uploads", api.begin, name="uploads"),
    path("api/v1/uploads/<str:upload_id>", api.chunk, name="upload"),
]
