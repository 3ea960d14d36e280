"""All routes of the site, rows that their addresses lead to, and everybody who may knock."""

import re
from types import SimpleNamespace
from urllib.parse import urljoin, urlsplit

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from articles import links as article_links
from articles import reviewing
from articles.models import ExternalLink, Publication
from articles.sitemaps import BLOCK
from comments import links as comment_links
from comments.models import Policy, Reason, Rule, SpamCounts, Watch
from cramps_site.lib.models import Job, OutgoingMail
from newsletter import links as newsletter_links
from newsletter.models import Bounce, Digest, SendingPolicy
from tests.factories import (
    make_article,
    make_author,
    make_comment,
    make_contact,
    make_image,
    make_issue,
    make_staff,
    make_subscriber,
    make_topic,
    make_user,
    make_version,
)

STAFF = ("writer", "reviewer", "moderator", "editor", "operator", "admin")
ACTORS = ("anonymous", "subscriber link", "no staff", *STAFF)
FROM_HERE = {"Sec-Fetch-Site": "same-origin"}
SAYING_NO = ("/accounts/login/", "/accounts/no-staff/")


def routes(resolver=None, prefix=""):
    """Every route of the project as its pattern: `comments/<str:token>/`."""
    for entry in (resolver or get_resolver()).url_patterns:
        pattern = prefix + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from routes(entry, pattern)
        else:
            # Which labels there are depends on what is registered.
            yield re.sub(r"\^\(\?P<app_label>.*\)/\$$", "<app_label>/", pattern)


def make_world():
    """One row of everything that a route may lead to."""
    topic, image = make_topic(), make_image()
    author = make_author(photo=image)
    cited = [{"title": "Leg cramps", "url": "https://www.nhs.uk/conditions/"}]
    article = make_article(author=author, topics=[topic], lead_image=image, sources=cited)
    approved = make_comment(article=article, status="approved")
    contact = make_contact()
    waiting = make_comment(article=article, contact=contact)
    subscriber = make_subscriber()
    asked = make_subscriber(confirmed_at=None)
    policy, reason = keep_history(Policy.get(), Reason.objects.first())
    user = make_user()
    address = user.emailaddress_set.create(email=user.email)
    authenticator = user.authenticator_set.create(type="totp", data={"secret": "TOPSECRET"})
    draft = make_version(article)
    return SimpleNamespace(
        article=article,
        draft=draft,
        review=reviewing.ask(draft, make_author(email="reviewer@example.org"), by=None),
        approved=approved,
        waiting=waiting,
        contact=contact,
        subscriber=subscriber,
        asked=asked,
        issue=make_issue(article),
        topic=topic,
        author=author,
        image=image,
        user=user,
        rows={
            "account/emailaddress": address,
            "articles/article": article,
            "articles/author": author,
            "articles/externallink": ExternalLink.objects.get(),
            "articles/image": image,
            "articles/topic": topic,
            "articles/version": article.live_version(),
            "articles/signoff": article.live_version().sign_off(by=author),
            "lib/job": Job.objects.get_or_create(name="a job")[0],
            "lib/outgoingmail": OutgoingMail.objects.create(kind="articles.review", subject_id=0),
            "auth/group": Group.objects.get(name="writer"),
            "auth/user": user,
            "articles/publication": Publication.objects.get(),
            "comments/comment": waiting,
            "comments/policy": policy,
            "comments/reason": reason,
            "comments/spamcounts": SpamCounts.lock(),
            "comments/rule": Rule.objects.get_or_create(kind="words", name="Offers", phrases="cheap pills")[0],
            "comments/watch": Watch.objects.create(user=user),
            "mfa/authenticator": authenticator,
            "newsletter/bounce": Bounce.objects.create(subscriber=subscriber, kind="hard", on=timezone.localdate()),
            "newsletter/digest": Digest.objects.get_or_create(frequency="weekly", topic=None)[0],
            "newsletter/sendingpolicy": SendingPolicy.objects.get_or_create(pk=1)[0],
            "newsletter/issue": make_issue(frozen_at=None),
            "newsletter/subscriber": subscriber,
        },
    )


def address(pattern, world, *, with_link=True):
    """An address that the pattern matches. Without the link, a token is one that somebody made up."""
    tokens = {
        "comments/answers/confirm/": token_in(comment_links.contact_url("confirm_contact", world.contact)),
        "comments/answers/stop/": token_in(comment_links.contact_url("stop_contact", world.contact)),
        "comments/proof/": token_in(comment_links.prove_url(world.waiting)),
        "comments/": comment_links.status_token(world.waiting),
        "review/": token_in(article_links.review_url(world.review)),
        "preview/": token_in(article_links.preview_url(world.draft)),
        "newsletter/confirm/": newsletter_links.confirm_token(world.asked),
        "newsletter/unsubscribe/": newsletter_links.unsubscribe_token(world.subscriber),
        "newsletter/preferences/": newsletter_links.preferences_token(world.subscriber),
    }
    token = next((token for start, token in tokens.items() if pattern.startswith(start)), "")
    row = next((row for name, row in world.rows.items() if pattern.startswith(f"admin/{name}/")), None)
    values = {
        "<str:token>": token if with_link else token[:-1] + ("A" if token[-1:] != "A" else "B"),
        "<slug:slug>": slug_of(pattern, world),
        "<int:number>": str(world.article.pk // BLOCK) if pattern.startswith("sitemaps/") else "1",
        "<int:pk>": str(getattr(row, "pk", world.approved.pk)),
        "<path:object_id>": str(getattr(row, "pk", world.article.pk)),
        "^([^/]+)/history/([^/]+)/$": f"{row.pk}/history/{row.history.latest().pk}/" if hasattr(row, "history") else "",
        "<id>": str(world.user.pk),
        "<app_label>": "newsletter",
        "<path:content_type_id>": str(ContentType.objects.get_for_model(world.article).pk),
        r"^confirm-email/(?P<key>[-:\w]+)/$": "confirm-email/made-up/",
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/1-made-up/",
        r"(?P<url>.*)$": "no/such/page/",
    }
    for placeholder, value in values.items():
        pattern = pattern.replace(placeholder, value)
    assert not re.search(r"[<>^$]", pattern), f"What stands for {pattern}? Say it in the_site.address."
    return "/" + pattern


def token_in(link):
    return link.rstrip("/").rpartition("/")[2]


def keep_history(*rows):
    """Save each once more, so that it has an earlier state."""
    for row in rows:
        row.save()
    return rows


def slug_of(pattern, world):
    named = {"topics/": world.topic, "authors/": world.author, "newsletter/issues/": world.issue}
    return next((row.slug for start, row in named.items() if pattern.startswith(start)), world.article.slug)


def client_of(actor, **options):
    client = Client(raise_request_exception=False, **options)
    if actor == "no staff":
        client.force_login(make_user())
    elif actor in STAFF:
        client.force_login(make_staff(actor))
    return client


def knock(client, method, url, data=None, **options):
    """The answer, with whatever it changed in the database and the cookies taken back."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        response = getattr(client, method.lower())(url, data or {}, headers=FROM_HERE, **options)
        transaction.set_rollback(True)
    client.cookies = cookies
    return response


def follow(client, response):
    """The last answer behind redirects within the site. Pages that say no are not asked for: their address does."""
    for _ in range(6):
        target = urljoin(response.request["PATH_INFO"], response.get("Location", ""))
        if not response.has_header("Location") or urlsplit(target).path in SAYING_NO:
            return response
        response = knock(client, "GET", target)
    raise AssertionError(f"{response.request['PATH_INFO']} leads in a circle.")


def checksum(*, without=()):
    """Table by table all rows of the database, to be compared with another time."""
    with connection.cursor() as cursor:
        tables = {}
        for table in sorted(set(connection.introspection.table_names(cursor)) - set(without)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            tables[table] = sorted(map(repr, cursor.fetchall()))
    return tables
