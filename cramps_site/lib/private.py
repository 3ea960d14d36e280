"""Answers that are for one person alone."""

from django.utils.cache import patch_cache_control


def private(response):
    """The response, kept by no cache and listed by no search engine."""
    patch_cache_control(response, no_store=True, private=True)
    response["X-Robots-Tag"] = "noindex"
    return response
