from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path

from cramps_site import views
from newsletter import webhooks

site_patterns = [
    path("about/", views.about, name="about"),
    path("privacy/", views.privacy, name="privacy"),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/security.txt", views.security, name="security"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("accounts/no-staff/", views.no_staff, name="no_staff"),
]

urlpatterns = [
    path("", include("articles.urls")),
    path("", include("comments.urls")),
    path("newsletter/", include("newsletter.urls")),
    path("", include((site_patterns, "cramps_site"))),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
if settings.MAIL_WEBHOOKS:
    urlpatterns += [path("mail/webhooks/", include(webhooks.routes(settings.MAIL_WEBHOOKS)))]
if settings.DEBUG:
    urlpatterns += static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)

handler400 = "cramps_site.views.bad_request"
handler404 = "cramps_site.views.not_found"
handler429 = "cramps_site.views.too_many_attempts"
