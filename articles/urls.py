from django.urls import path

from articles import feeds, views

app_name = "articles"
urlpatterns = [
    path("", views.home, name="home"),
    path("articles/<slug:slug>/", views.article, name="article"),
    path("topics/<slug:slug>/", views.topic, name="topic"),
    path("authors/<slug:slug>/", views.author, name="author"),
    path("feeds/articles/", feeds.articles, name="feed"),
    path("feeds/articles.json", feeds.articles_json, name="feed_json"),
]
