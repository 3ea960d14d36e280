"""Moments by the clock of the site's zone, as staff type and read them."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format

TWICE_OR_NEVER = (
    "In that night the clocks are changed, and this time exists twice or not at all. "
    "Choose one an hour earlier or later."
)


class LocalTimeField(forms.DateTimeField):
    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})

    def to_python(self, value):
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code == "ambiguous_timezone":
                raise ValidationError(TWICE_OR_NEVER) from error
            raise


def spoken(moment):
    """A moment with its weekday and its zone."""
    local = timezone.localtime(moment)
    return f"{date_format(local, 'l j F Y, H:i')} ({settings.TIME_ZONE}, UTC{local:%z})"


def zone_now():
    """What to write beside a field for a moment: the zone, and what its clock shows."""
    return f"{settings.TIME_ZONE}, now {timezone.localtime():%H:%M, UTC%z}"
