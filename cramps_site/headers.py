"""Headers that every answer carries, whoever made it: a view, an error page, WhiteNoise, or the refusal of a host."""

from django.utils.cache import add_never_cache_headers

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # What no page here asks of a device. Passkeys stay with the page's own origin, which is their default.
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
STAFF_PATHS = ("/admin/", "/accounts/")


class HeadersMiddleware:
    """Stands first, so that nothing answers without it. Staff's pages are kept by no cache."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        if request.path_info.startswith(STAFF_PATHS):
            del response.headers["Cache-Control"]
            add_never_cache_headers(response)
        return response
