from django.urls import path

from comments import feeds, views

app_name = "comments"
urlpatterns = [
    path("articles/<slug:slug>/comments/", views.post, name="post"),
    path("articles/<slug:slug>/comments/<int:number>/", views.page, name="page"),
    path("articles/<slug:slug>/feed/", feeds.comments, name="feed"),
    path("comments/<int:pk>/", views.permalink, name="permalink"),
    path("comments/<str:token>/", views.status, name="status"),
    path("comments/<str:token>/withdraw/", views.withdraw, name="withdraw"),
    path("comments/<str:token>/erase/", views.erase, name="erase"),
]
