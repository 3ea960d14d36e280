"""What the server calls: readers' true addresses, the stored pages with the log line, then Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cramps_site.settings")
django = get_wsgi_application()

# Below, because they read the settings that the line above has loaded.
from django.conf import settings  # noqa: E402

from cramps_site.page_store import PageStore  # noqa: E402
from cramps_site.proxies import TrustedProxies  # noqa: E402

application = TrustedProxies(PageStore(django), settings.TRUSTED_PROXIES)
