"""Says where the address of an article leads that shows none itself: on to another, nowhere any more, or nowhere ever.

An article that moved leads to where it is now; a retired one to what its publisher chose, and from there on if that is
retired too, each once. What was public and leads nowhere is gone, which is said as such (410): search engines forget it
sooner, and a reader knows that the address was right. What was never public is not told from what never was.
"""

from functools import wraps

from django.db import Error
from django.http import Http404, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, OldAddress, Redirect, Topic


class Gone(Http404):
    """Something was public at an address, and is no longer."""


def follow(request, slug):
    """The redirect from an address at or beneath which an article is no longer, such as its page, its feed or where
    comments are posted. Gone, or else Http404, where nothing can be found.

    What is sent to an article that moved goes along; what was meant for a retired one is for no other."""
    at = timezone.now()
    before = _at_address(slug, at)
    article = _find_target(before, at)
    if article == before:
        match = request.resolver_match
        moved = {name: article.slug if name == "slug" else value for name, value in match.kwargs.items()}
        return lead_to(reverse(match.view_name, kwargs=moved), with_body=request.method == "POST")
    if request.method == "POST":
        raise Gone
    return lead_to(article.get_absolute_url())


def _find_target(article, at):
    """The published article that takes the place of one (None: deleted), itself first. Gone where there is none."""
    passed = set()
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
        at = timezone.now()
        return bool(_find_target(_at_address(slug, at), at))
    except Http404:
        return False


def lead_to(url, *, with_body=False):
    """The redirect. For search engines it is for good; a browser asks again, as an article may move on or come back."""
    response = HttpResponsePermanentRedirect(url, preserve_request=with_body)
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
        return known and lead_to(known.article.get_absolute_url())


def tell_gone(view):
    """Answer Gone with a page that helps on and gives back what a reader wrote meanwhile. It names nothing: an article
    may be retired because of what it named."""

    @wraps(view)
    def told(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except Gone:
            context = {"topics": Topic.objects.all(), "body": request.POST.get("body", "")}
            response = render(request, "410.html", context, status=410)
            # What is gone may come back, and caches may keep a 410 as long as they like.
            response["Cache-Control"] = "no-cache"
            return response

    return told
