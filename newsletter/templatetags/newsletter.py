from django import template

from newsletter import going_live
from newsletter.forms import SignUpForm
from newsletter.models import Consent

register = template.Library()


@register.inclusion_tag("newsletter/_box.html")
def newsletter_box():
    """The *Stay updated* box, the same on every page and for everybody."""
    return {"form": SignUpForm(), "offer": Consent.OFFER}


@register.inclusion_tag("newsletter/admin/_waits.html")
def sending_waits():
    """That nothing is sent until somebody says that this is the live site, where it is so."""
    return {"questions": going_live.questions().exists()}
