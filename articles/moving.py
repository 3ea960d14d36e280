"""Says where the address of an article leads that shows none itself: on to another, nowhere any more, or nowhere ever.

An article that moved leads to where it is now; a retired one to what its publisher chose, and from there on if that is
retired too, each once. What was public and leads nowhere is gone, which is said as such (410): search engines forget it
sooner, and a reader knows that the address was right. What was never public is not told from what never was.
"""

from functools import wraps

from django.db import Error
from django.http import Http404, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils import timezone

from articles.models import Article, OldAddress, Redirect, Topic


class Gone(Http404):
    """Something was public at an address, and is no longer."""


def find_target(slug, at=None):
    """The published article to which a former or retired address leads. Gone, or else Http404, where there is none."""
    at = at or timezone.now()
    article, passed = _at_address(slug, at), set()
    while article and article.pk not in passed:
        if Article.objects.published(at).filter(pk=article.pk).exists():
            return article
        passed.add(article.pk)
        article = article.leads_to
    raise Gone


def _at_address(slug, at):
    """The article that has or had an address, None where it was deleted. Http404 where none was ever public."""
    if article := Article.objects.select_related("leads_to").filter(slug=slug, first_published_at__lte=at).first():
        return article
    redirect = Redirect.objects.filter(slug=slug).select_related("article__leads_to").first()
    if redirect is None:
        raise Http404
    return redirect.article


def leads_anywhere(slug):
    """Whether readers who follow an address come to an article."""
    try:
        return bool(find_target(slug))
    except Http404:
        return False


def lead_to(article):
    """The redirect to an article.

    For search engines it is for good; a browser asks again, because what it leads to may move on or come back."""
    response = HttpResponsePermanentRedirect(article.get_absolute_url())
    response["Cache-Control"] = "no-cache"
    return response


class OldAddressMiddleware:
    """Leads from where an article lay before it was imported to where it is now. What the site itself has at an address
    comes first."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code == 404 and request.method in ("GET", "HEAD"):
            return self.lead_on(request.path) or response
        return response

    def lead_on(self, path):
        """None where nothing that was public lay at the path."""
        old = OldAddress.objects.filter(path=OldAddress.path_of(path), article__first_published_at__lte=timezone.now())
        try:
            known = old.select_related("article").first()
        except Error:
            return None
        return known and lead_to(known.article)


def tell_gone(view):
    """Answer Gone with a page that helps on. It names nothing: an article may be retired because of what it named."""

    @wraps(view)
    def told(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except Gone:
            response = render(request, "410.html", {"topics": Topic.objects.all()}, status=410)
            # What is gone may come back, and caches may keep a 410 as long as they like.
            response["Cache-Control"] = "no-cache"
            return response

    return told
