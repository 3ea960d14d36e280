from django.urls import path

from newsletter import views

app_name = "newsletter"
urlpatterns = [
    path("", views.index, name="index"),
    path("asked/", views.asked, name="asked"),
    path("confirm/", views.asked, name="confirm_root"),
    path("confirm/<str:token>/", views.confirm, name="confirm"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("preferences/<str:token>/", views.preferences, name="preferences"),
    path("preferences/<str:token>/pause/", views.pause, name="pause"),
    path("preferences/<str:token>/copy/", views.copy, name="copy"),
    path("preferences/<str:token>/erase/", views.erase, name="erase"),
    path("preferences/<str:token>/return/", views.come_back, name="come_back"),
    path("issues/", views.issues, name="issues"),
    path("issues/<slug:slug>/", views.issue, name="issue"),
]
