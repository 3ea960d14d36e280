from django import template

from newsletter.forms import SignUpForm
from newsletter.models import Consent

register = template.Library()


@register.inclusion_tag("newsletter/_box.html")
def newsletter_box():
    """The *Stay updated* box, the same on every page and for everybody."""
    return {"form": SignUpForm(), "offer": Consent.OFFER}
