from django.urls import path

from articles import feeds, private, sitemaps, views
from articles.search.views import search, suggestions

app_name = "articles"
urlpatterns = [
    path("", views.home, name="home"),
    path("articles/<slug:slug>/", views.article, name="article"),
    path("topics/<slug:slug>/", views.topic, name="topic"),
    path("authors/<slug:slug>/", views.author, name="author"),
    path("search/", search, name="search"),
    path("search/suggest/", suggestions, name="suggestions"),
    path("feeds/articles/", feeds.articles, name="feed"),
    path("feeds/articles.json", feeds.articles_json, name="feed_json"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemaps/pages.xml", sitemaps.sitemap_pages, name="sitemap_pages"),
    path("sitemaps/articles-<int:number>.xml", sitemaps.sitemap_block, name="sitemap_block"),
    path("review/<str:token>/", private.review, name="review"),
    path("preview/<str:token>/", private.preview, name="preview"),
]
