from django.http import Http404, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render

from articles.listing import list_page, page_number
from articles.models import Article, Author, Publication, Redirect, SignOff, Topic, Version
from articles.stamps import Stamp, storable
from cramps_site.lib.origin import read_only


@read_only
def home(request):
    """The latest articles, the newest one large."""
    publication = Publication.objects.for_stamp()
    listing = list_page(Article.objects.published(), page_number(request))
    return _listed(
        render(request, "articles/home.html", {"listing": listing, "topics": Topic.objects.all()}), publication
    )


@read_only
def article(request, slug):
    version = Version.objects.for_page(slug).first()
    if version is None:
        return _moved(slug)
    sign_off = SignOff.objects.valid().filter(version=version).select_related("reviewer").first()
    context = {
        "article": version.article,
        "version": version,
        "sign_off": sign_off,
        "sources": version.sources.all(),
        "topics": Topic.objects.for_article(version.article),
    }
    stamp = Stamp(version.site_changes, version.article_id, version.article.changes)
    moments = [version.changes_at, sign_off and sign_off.lapses_at]
    response = render(request, "articles/article.html", context)
    return storable(response, stamp, valid_until=min(filter(None, moments), default=None))


def _moved(slug):
    redirect = Redirect.objects.filter(slug=slug).select_related("article").first()
    if redirect is None:
        raise Http404
    return HttpResponsePermanentRedirect(redirect.article.get_absolute_url())


@read_only
def topic(request, slug):
    publication = Publication.objects.for_stamp()
    topic = get_object_or_404(Topic, slug=slug)
    listing = list_page(Article.objects.published().filter(topics=topic), page_number(request))
    context = {"topic": topic, "listing": listing, "topics": Topic.objects.all()}
    return _listed(render(request, "articles/topic.html", context), publication)


@read_only
def author(request, slug):
    publication = Publication.objects.for_stamp()
    author = get_object_or_404(Author.objects.select_related("photo"), slug=slug)
    listing = list_page(author.articles.published(), page_number(request))
    context = {"author": author, "listing": listing, "topics": Topic.objects.all()}
    return _listed(render(request, "articles/author.html", context), publication)


def _listed(response, publication):
    return storable(response, Stamp(publication.changes), valid_until=publication.next_change_at)
