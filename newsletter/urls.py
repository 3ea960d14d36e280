from django.urls import path

from newsletter import views

app_name = "newsletter"
urlpatterns = [
    path("", views.index, name="index"),
    path("asked/", views.asked, name="asked"),
    path("confirm/", views.asked, name="confirm_root"),
    path("confirm/<str:token>/", views.confirm, name="confirm"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("issues/<slug:slug>/", views.issue, name="issue"),
]
