"""The pages that the load test asks for."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.page),
    path("slow/", views.slow),
    path("who/", views.who),
    path("end/<str:name>/", views.end),
    path("upload/", views.upload),
    path("<str:name>/", views.store),
]
