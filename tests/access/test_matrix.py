"""Who may do what: every route of the site, by whom and by which method, and what becomes of it.

A new route, a new model in the admin and a new action there fail here until they have a row.
"""

import pytest
from django.contrib import admin
from django.test import RequestFactory

from tests.access.the_site import ACTORS, STAFF, address, client_of, follow, knock, make_world, routes
from tests.factories import make_staff

OPEN, NO_METHOD, NOTHING = "open", "no such method", "nothing there"
SIGN_IN, NO_STAFF, FORBIDDEN = "sign in", "no staff", "forbidden"
STRANGERS = ("anonymous", "subscriber link")


def everybody(outcome):
    return dict.fromkeys(ACTORS, outcome)


def with_link():
    """Whoever holds the mailed link, signed in or not."""
    return {**everybody(NOTHING), "subscriber link": OPEN}


def for_strangers():
    """A page for who is not signed in; who is gets to where they belong."""
    return {**everybody(OPEN), "no staff": NO_STAFF}


def signed_in(outcome=OPEN):
    return {**everybody(outcome), **dict.fromkeys(STRANGERS, SIGN_IN)}


def staff(*allowed, otherwise=FORBIDDEN):
    roles = {role: OPEN if role in allowed else otherwise for role in STAFF}
    return {**everybody(SIGN_IN), "no staff": NO_STAFF, **roles}


READ = (everybody(OPEN), everybody(NO_METHOD))
FORM = (everybody(OPEN), everybody(OPEN))
STRANGERS_FORM = (for_strangers(), for_strangers())
STRANGERS_STEP = (signed_in() | {"no staff": NO_STAFF},) * 2
"""A step of signing in: it is nobody's who has not begun, and no longer theirs who are signed in."""
OWN = (signed_in(), signed_in())
OWN_READ = (signed_in(), signed_in(NO_METHOD))
NOT_SET_UP = (signed_in(NOTHING), signed_in(NOTHING))
STAFF_ONLY = (staff(*STAFF), staff(*STAFF))
STAFF_READ = (staff(*STAFF), staff(otherwise=NO_METHOD))

ROWS = {
    # Pattern: what GET leads to, what POST leads to.
    "": READ,
    "articles/<slug:slug>/": READ,
    "topics/<slug:slug>/": READ,
    "authors/<slug:slug>/": READ,
    "search/": READ,
    "search/suggest/": READ,
    "feeds/articles/": READ,
    "feeds/articles.json": READ,
    "articles/<slug:slug>/comments/": FORM,
    "articles/<slug:slug>/comments/<int:number>/": READ,
    "articles/<slug:slug>/feed/": READ,
    "comments/<int:pk>/": READ,
    "comments/<int:pk>/report/": FORM,
    "comments/danger-signs.json": READ,
    "comments/answers/confirm/<str:token>/": (with_link(), with_link()),
    "comments/answers/stop/<str:token>/": (with_link(), with_link()),
    "comments/proof/<str:token>/": (with_link(), with_link()),
    "comments/<str:token>/": (with_link(), everybody(NO_METHOD)),
    "comments/<str:token>/edit/": (everybody(NO_METHOD), with_link()),
    "comments/<str:token>/answers/": (everybody(NO_METHOD), with_link()),
    "comments/<str:token>/withdraw/": (everybody(NO_METHOD), with_link()),
    "comments/<str:token>/erase/": (everybody(NO_METHOD), with_link()),
    "newsletter/": FORM,
    "newsletter/asked/": READ,
    "newsletter/confirm/": READ,
    "newsletter/confirm/<str:token>/": (with_link(), with_link()),
    "newsletter/unsubscribe/<str:token>/": (with_link(), with_link()),
    "newsletter/preferences/<str:token>/": (with_link(), with_link()),
    "newsletter/preferences/<str:token>/pause/": (everybody(NO_METHOD), with_link()),
    "newsletter/preferences/<str:token>/copy/": (with_link(), everybody(NO_METHOD)),
    "newsletter/preferences/<str:token>/erase/": (with_link(), with_link()),
    "newsletter/preferences/<str:token>/return/": (everybody(NO_METHOD), with_link()),
    "newsletter/issues/": READ,
    "newsletter/issues/<slug:slug>/": READ,
    "review/<str:token>/": (with_link(), with_link()),
    "preview/<str:token>/": (with_link(), everybody(NO_METHOD)),
    "about/": READ,
    "privacy/": READ,
    "robots.txt": READ,
    ".well-known/security.txt": READ,
    "sitemap.xml": READ,
    "sitemaps/pages.xml": READ,
    "sitemaps/articles-<int:number>.xml": READ,
    "healthz": READ,
    "readyz": READ,
    # Sign-in, by allauth.
    "accounts/login/": STRANGERS_FORM,
    "accounts/logout/": FORM,
    "accounts/inactive/": READ,
    "accounts/signup/": STRANGERS_FORM,
    "accounts/no-staff/": (signed_in() | {"no staff": NO_STAFF}, everybody(NO_METHOD)),
    "accounts/reauthenticate/": OWN,
    "accounts/email/": OWN,
    "accounts/confirm-email/": READ,
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$": (everybody(OPEN), everybody(NOTHING)),
    "accounts/password/change/": OWN,
    "accounts/password/set/": OWN,
    "accounts/password/reset/": FORM,
    "accounts/password/reset/done/": READ,
    "accounts/password/reset/key/done/": READ,
    r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": FORM,
    "accounts/login/code/confirm/": STRANGERS_STEP,
    "accounts/2fa/": OWN_READ,
    "accounts/2fa/authenticate/": STRANGERS_STEP,
    "accounts/2fa/reauthenticate/": OWN,
    "accounts/2fa/totp/activate/": OWN,
    "accounts/2fa/totp/deactivate/": NOT_SET_UP,
    "accounts/2fa/recovery-codes/": (signed_in(NOTHING), signed_in(NO_METHOD)),
    "accounts/2fa/recovery-codes/generate/": OWN,
    "accounts/2fa/recovery-codes/download/": NOT_SET_UP,
    "accounts/2fa/webauthn/": OWN_READ,
    "accounts/2fa/webauthn/add/": OWN,
    "accounts/2fa/webauthn/reauthenticate/": OWN,
    "accounts/2fa/webauthn/keys/<int:pk>/remove/": OWN,
    "accounts/2fa/webauthn/keys/<int:pk>/edit/": OWN,
    "accounts/2fa/webauthn/login/": STRANGERS_STEP,
    # The admin's own pages.
    "admin/": STAFF_ONLY,
    "admin/login/": STAFF_ONLY,
    "admin/logout/": (staff(otherwise=NO_METHOD), staff(*STAFF)),
    "admin/password_change/": STAFF_ONLY,
    "admin/password_change/done/": STAFF_READ,
    "admin/autocomplete/": (staff(), staff(otherwise=NO_METHOD)),
    "admin/jsi18n/": STAFF_READ,
    "admin/r/<path:content_type_id>/<path:object_id>/": STAFF_ONLY,
    "admin/<app_label>/": (staff("editor", "operator", "admin", otherwise=NOTHING),) * 2,
    "admin/(?P<url>.*)$": (staff(otherwise=NOTHING),) * 2,
    "admin/auth/user/<id>/password/": (staff("admin"),) * 2,
    "admin/newsletter/issue/<int:pk>/press/": (staff(otherwise=NO_METHOD), staff("editor", "operator", "admin")),
    "admin/newsletter/sendingpolicy/live/": (staff("editor", "operator", "admin"),) * 2,
    "admin/comments/comment/press/": (staff(otherwise=NO_METHOD), staff("moderator", "editor", "admin")),
    "admin/newsletter/subscriber/import/": (staff("operator", "admin"),) * 2,
    "admin/newsletter/subscriber/process_import/": (staff(otherwise=NO_METHOD), staff("operator", "admin")),
    "admin/newsletter/subscriber/export/": (staff("operator", "admin"),) * 2,
}

CONTENT = ("writer", "reviewer", "editor", "admin")
WRITERS = ("writer", "editor", "admin")
EDITORS = ("editor", "admin")
OPERATORS = ("editor", "operator", "admin")
EDITORIAL = ("writer", "reviewer", "moderator", "editor", "admin")
MODERATORS = ("moderator", "editor", "admin")
ADMIN = ("admin",)
NOBODY = ()

MODELS = {
    # Who may view, add, change, delete.
    # Of a published article a writer begins the next text; where it lives is for editors (test_editing).
    # What was public is retired, never deleted.
    "articles/article": (EDITORIAL, WRITERS, WRITERS, NOBODY),
    "articles/author": (CONTENT, EDITORS, EDITORS, ADMIN),
    "articles/image": (CONTENT, WRITERS, EDITORS, ADMIN),
    "articles/externallink": (WRITERS, NOBODY, EDITORS, NOBODY),
    "articles/topic": (CONTENT, EDITORS, EDITORS, ADMIN),
    "articles/signoff": (("reviewer", "editor", "admin"), NOBODY, NOBODY, NOBODY),
    "lib/job": (ADMIN, NOBODY, NOBODY, NOBODY),
    "lib/outgoingmail": (ADMIN, NOBODY, NOBODY, NOBODY),
    # Texts are written in the editor; here they are read. The row is a published one.
    "articles/version": (CONTENT, NOBODY, NOBODY, NOBODY),
    "articles/publication": (OPERATORS, NOBODY, OPERATORS, NOBODY),
    "comments/comment": (MODERATORS, NOBODY, MODERATORS, NOBODY),
    "comments/policy": (MODERATORS, NOBODY, EDITORS, NOBODY),
    "comments/reason": (MODERATORS, EDITORS, EDITORS, ADMIN),
    "comments/rule": (MODERATORS, EDITORS, EDITORS, ADMIN),
    "comments/spamcounts": (MODERATORS, NOBODY, NOBODY, NOBODY),
    # Of wishes for mail everybody sees their own alone.
    "comments/watch": (MODERATORS, MODERATORS, MODERATORS, NOBODY),
    "newsletter/bounce": (OPERATORS, NOBODY, NOBODY, NOBODY),
    "newsletter/digest": (OPERATORS, EDITORS, EDITORS, ADMIN),
    "newsletter/issue": (OPERATORS, EDITORS, EDITORS, ADMIN),
    "newsletter/sendingpolicy": (OPERATORS, NOBODY, OPERATORS, NOBODY),
    "newsletter/subscriber": (OPERATORS, NOBODY, ADMIN, ADMIN),
    "auth/group": (ADMIN, ADMIN, ADMIN, ADMIN),
    "auth/user": (ADMIN, ADMIN, ADMIN, ADMIN),
    "account/emailaddress": (ADMIN, ADMIN, ADMIN, ADMIN),
    "mfa/authenticator": (ADMIN, NOBODY, NOBODY, ADMIN),
}
for name, (view, add, change, delete) in MODELS.items():
    ROWS |= {
        f"admin/{name}/": (staff(*view), staff(*view)),
        f"admin/{name}/add/": (staff(*add), staff(*add)),
        f"admin/{name}/<path:object_id>/": (staff(*view), staff(*view)),
        f"admin/{name}/<path:object_id>/history/": (staff(*view), staff(*view)),
        f"admin/{name}/<path:object_id>/change/": (staff(*view), staff(*change)),
        f"admin/{name}/<path:object_id>/delete/": (staff(*delete), staff(*delete)),
    }

for where in ("", "<int:pk>/"):
    ROWS[f"admin/articles/article/{where}autosave/"] = (staff(otherwise=NO_METHOD), staff(*WRITERS))
    ROWS[f"admin/articles/article/{where}preview/"] = (staff(*CONTENT), staff(*CONTENT))
for page in ("pictures", "links"):
    ROWS[f"admin/articles/article/{page}/"] = (staff(*CONTENT), staff(otherwise=NO_METHOD))

ROWS |= {
    "admin/articles/version/<int:pk>/press/": (staff(otherwise=NO_METHOD), staff()),
    "admin/articles/version/<int:pk>/difference/": (staff(*CONTENT), staff(otherwise=NO_METHOD)),
}
for page in ("progress", "mail", "text"):
    ROWS[f"admin/newsletter/issue/<int:pk>/{page}/"] = (staff(*OPERATORS), staff(*OPERATORS))

ROWS["admin/comments/watch/<path:object_id>/history/"] = STAFF_ONLY
for name in ("policy", "reason", "rule"):
    view, _, change, _ = MODELS[f"comments/{name}"]
    ROWS[f"admin/comments/{name}/^([^/]+)/history/([^/]+)/$"] = (staff(*view), staff(*change))

ACTIONS = {
    "articles/article": {"retire": EDITORS, "delete_selected": ADMIN},
    "articles/author": {"delete_selected": ADMIN},
    "articles/image": {"delete_selected": ADMIN},
    "articles/externallink": {"ignore": EDITORS, "heed": EDITORS},
    "articles/topic": {"delete_selected": ADMIN},
    "articles/version": {"delete_selected": ADMIN},
    "comments/comment": dict.fromkeys(("approve", "reject", "spam"), MODERATORS),
    "comments/reason": {"delete_selected": ADMIN},
    "comments/rule": {"delete_selected": ADMIN},
    "newsletter/digest": {"delete_selected": ADMIN},
    "newsletter/issue": {"delete_selected": ADMIN},
    "newsletter/subscriber": {"delete_selected": ADMIN},
    "auth/group": {"delete_selected": ADMIN},
    "auth/user": {"delete_selected": ADMIN},
    "account/emailaddress": {"delete_selected": ADMIN, "make_verified": ADMIN},
    "mfa/authenticator": {"delete_selected": ADMIN},
}


def outcome_of(response):
    """The class of an answer, whose redirects within the site have been followed."""
    named = {403: FORBIDDEN, 404: NOTHING, 405: NO_METHOD, 410: NOTHING}
    led = {"/accounts/login/": SIGN_IN, "/accounts/no-staff/": NO_STAFF}
    status, place = response.status_code, response.get("Location", "").partition("?")[0]
    if status == 403 and response.request["PATH_INFO"] == "/accounts/no-staff/":
        return NO_STAFF
    return led.get(place) or named.get(status) or (OPEN if status < 500 else str(status))


def test_every_route_has_a_row_and_every_row_a_route():
    assert set(routes()) == set(ROWS)


@pytest.mark.django_db
@pytest.mark.parametrize("actor", ACTORS)
def test_everybody_gets_to_where_the_table_says_and_no_further(actor):
    world, client = make_world(), client_of(actor)
    wrong = []
    for pattern, row in ROWS.items():
        url = address(pattern, world, with_link=actor == "subscriber link")
        for method, expected in zip(("GET", "POST"), row, strict=True):
            outcome = outcome_of(follow(client, knock(client, method, url)))
            if outcome != expected[actor]:
                wrong.append(f"{method} {url}: {outcome}, not {expected[actor]}")
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("role", STAFF)
def test_every_role_is_offered_the_actions_of_the_table_and_no_other(role):
    request = RequestFactory().get("/")
    request.user = make_staff(role)
    offered, expected = {}, {}
    for model, model_admin in admin.site._registry.items():
        name = f"{model._meta.app_label}/{model._meta.model_name}"
        reached = model_admin.has_view_or_change_permission(request)
        offered[name] = set(model_admin.get_actions(request)) if reached else set()
        expected[name] = {action for action, roles in ACTIONS.get(name, {}).items() if role in roles}
    assert offered == expected
