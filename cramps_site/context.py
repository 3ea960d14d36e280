from django.conf import settings


def site(request):
    """What every template may print: nothing here looks at who is asking."""
    return {
        "SITE_NAME": settings.SITE_NAME,
        "SITE_URL": settings.SITE_URL,
        "emergency_number": settings.EMERGENCY_NUMBERS[settings.COUNTRY],
    }
