"""Whether readers find something at an address of this site: what a link in a text is checked with."""

from django.conf import settings
from django.urls import Resolver404, resolve

from articles.checking import Surroundings
from articles.models import Author, Image, Topic
from articles.moving import leads_anywhere


def leads_nowhere(path):
    """Whether nothing that everybody may read is at a path, such as `/articles/night-cramps/`."""
    try:
        match = resolve(path)
    except Resolver404:
        # Files are served by others than Django.
        return not path.startswith((settings.STATIC_URL, settings.MEDIA_URL))
    lists = {"articles:topic": Topic, "articles:author": Author}
    slug = match.kwargs.get("slug")
    if match.view_name == "articles:article":
        return not leads_anywhere(slug)
    if match.view_name in lists:
        return not lists[match.view_name].objects.filter(slug=slug).exists()
    return path.startswith(("/admin/", "/accounts/"))


def surroundings():
    return Surroundings(leads_nowhere, lambda pk: Image.objects.filter(pk=pk).exists(), settings.SITE_URL)
