from django.urls import path

from comments import feeds, views

app_name = "comments"
urlpatterns = [
    path("articles/<slug:slug>/comments/", views.post, name="post"),
    path("articles/<slug:slug>/comments/<int:number>/", views.page, name="page"),
    path("articles/<slug:slug>/feed/", feeds.comments, name="feed"),
    path("comments/<int:pk>/", views.permalink, name="permalink"),
    path("comments/<int:pk>/report/", views.report, name="report"),
    path("comments/danger-signs.json", views.danger_signs, name="danger_signs"),
    path("comments/answers/confirm/<str:token>/", views.confirm_contact, name="confirm_contact"),
    path("comments/answers/stop/<str:token>/", views.stop_contact, name="stop_contact"),
    path("comments/proof/<str:token>/", views.prove, name="prove"),
    path("comments/<str:token>/", views.status, name="status"),
    path("comments/<str:token>/edit/", views.edit, name="edit"),
    path("comments/<str:token>/answers/", views.answers, name="answers"),
    path("comments/<str:token>/withdraw/", views.withdraw, name="withdraw"),
    path("comments/<str:token>/erase/", views.erase, name="erase"),
]
