from functools import cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string

from newsletter import going_live
from newsletter.forms import SignUpForm
from newsletter.models import Consent

register = template.Library()


@register.simple_tag
def newsletter_box():
    """The *Stay updated* box, the same on every page and for everybody: drawn once, as its form would be a seventh of
    what a page of search costs."""
    return _draw_box.__wrapped__() if settings.DEBUG else _draw_box()


@cache
def _draw_box():
    return render_to_string("newsletter/_box.html", {"form": SignUpForm(), "offer": Consent.OFFER})


@register.inclusion_tag("newsletter/admin/_waits.html")
def sending_waits():
    """That nothing is sent until somebody says that this is the live site, where it is so."""
    return {"questions": going_live.questions().exists()}
