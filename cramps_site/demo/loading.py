"""Loads the demo content that lies in this folder, through the verbs that staff and readers use.

Everything is looked for by its natural key first, and each row is made in one transaction with all that belongs to it
(an article with its review, a comment with its decision): an interrupted run is completed by the next one, and a second
run changes nothing, whatever was edited in between. Everybody and every address here is invented.
"""

from collections import Counter
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path

import yaml
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone

from articles import importing
from articles.importing import Fate
from articles.models import Article, Author, Topic
from comments import judging
from comments.models import Comment, Status
from comments.posting import text_hash_of
from cramps_site.lib.address import normalise
from newsletter.models import Consent, Issue, IssueArticle, Subscriber

HERE = Path(__file__).resolve().parent
STAFF = ("editor", "moderator", "reviewer", "writer", "operator", "admin")
"""Each has the role of its name, but for the admin, who may do everything."""
PASSWORD = "cramps-demo"  # noqa: S105 known to everybody: loaded only with DEBUG on
DECIDED_AFTER = timedelta(hours=1)
CONFIRMED_AFTER = timedelta(minutes=10)
STAYED = timedelta(days=30)
NEWEST = timedelta(days=10)
"""How old the newest article is at least, so that every comment is younger than what it is about."""


def load(now=None):
    """Load what is not there yet; a Counter of what was made."""
    now = now or timezone.now()
    made = Counter()
    people, newsletter = _read("people"), _read("newsletter")
    documents = _read_documents()
    _move_into_past(documents, newsletter["issue"], now)
    made["staff"] = sum(_load_staff(name) for name in STAFF)
    made["topics"] = sum(_load_topic(fields) for fields in people["topics"])
    made["authors"] = sum(_load_author(fields) for fields in people["authors"] + people["reviewers"])
    made["articles"] = sum(_load_article(document) for document in documents)
    made["comments"] = sum(_load_comment(fields, now) for fields in _read("comments"))
    made["subscribers"] = sum(_load_subscriber(fields, now) for fields in newsletter["subscribers"])
    made["issues"] = int(_load_issue(newsletter["issue"]))
    return made


def _read(name):
    return yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8"))


def _read_documents():
    """The articles, checked, so that a mistake in one is named before anything is loaded."""
    documents, errors = importing.gather([HERE / "articles"])
    errors += importing.check(documents)
    if errors:
        raise errors[0]
    return documents


def _move_into_past(documents, issue, now):
    """Where the clock is behind the demo's dates, move them all back by the same number of days."""
    days = [day for document in documents for day in (document.published, document.reviewed) if day]
    ahead = max(max([*days, issue["sent"]]) + NEWEST - timezone.localdate(now), timedelta(0))
    issue["sent"] -= ahead
    for document in documents:
        document.published -= ahead
        document.reviewed = document.reviewed and document.reviewed - ahead
        for source in document.sources:
            source["read_on"] -= ahead


def _morning(day):
    return timezone.make_aware(datetime.combine(day, time(8)))


# People


@cache
def _hashed_password():
    """The password as it is stored: hashing is slow on purpose, and this one guards nothing."""
    return make_password(PASSWORD)


@transaction.atomic
def _load_staff(name):
    """An account with a verified address, without which no second factor can be set up."""
    if User.objects.filter(username=name).exists():
        return False
    address = f"{name}@example.org"
    fields = {"email": address, "is_staff": True, "is_superuser": name == "admin"}
    user = User.objects.create(username=name, password=_hashed_password(), **fields)
    user.groups.set(Group.objects.filter(name=name))
    EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
    return True


def _load_topic(fields):
    return Topic.objects.get_or_create(slug=fields["slug"], defaults=fields)[1]


@transaction.atomic
def _load_author(fields):
    if Author.objects.filter(slug=fields["slug"]).exists():
        return False
    photo = importing.take_picture(HERE / "images" / f"{fields['image']}.webp")
    user = User.objects.filter(username=fields["user"], author=None).first() if "user" in fields else None
    names = ("name", "slug", "job_title", "credentials", "bio")
    Author.objects.create(photo=photo, user=user, **{name: fields[name] for name in names})
    return True


# Articles and what is said about them


@transaction.atomic
def _load_article(document):
    if importing.foresee(document)[0] != Fate.NEW:
        return False
    editor = User.objects.get(username="editor")
    version = importing.store(document, by=editor, publish=True).version
    if document.reviewer:
        version.sign_off(by=Author.objects.get(name=document.reviewer), at=_morning(document.reviewed))
    return True


def _load_comment(fields, now, article=None, parent=None):
    """A comment with its decision, and its replies; how many were made."""
    article = article or Article.objects.get(slug=fields["article"])
    comment = article.comments.filter(parent=parent, name=fields["name"], body=fields["body"]).first()
    made = comment is None
    if comment is None:
        comment = _make_comment(fields, article, parent, now - timedelta(days=fields["days_ago"]))
    return made + sum(_load_comment(reply, now, article, comment) for reply in fields.get("replies", ()))


@transaction.atomic
def _make_comment(fields, article, parent, created_at):
    comment = Comment(
        article=article,
        version=article.live_version(created_at),
        parent=parent,
        name=fields["name"],
        body=fields["body"],
        staff=User.objects.get(username=fields["staff"]) if "staff" in fields else None,
        created_at=created_at,
        text_hash=text_hash_of(fields["body"]),
    )
    if comment.staff is None:
        judging.judge(comment, judging.find(comment.body, name=comment.name))
    comment.save()
    _decide(comment, fields)
    comment.decisions.update(at=created_at + DECIDED_AFTER)
    return comment


def _decide(comment, fields):
    moderator = User.objects.get(username="moderator")
    match fields["status"]:
        case Status.APPROVED:
            comment.approve(by=moderator)
        case Status.REJECTED:
            comment.reject(by=moderator, reason=fields["reason"])
        case Status.SPAM:
            comment.spam(by=moderator)
        case Status.WITHDRAWN:
            comment.withdraw()


# The newsletter


@transaction.atomic
def _load_subscriber(fields, now):
    if Subscriber.objects.filter(normalised=normalise(fields["email"])).exists():
        return False
    at = now - timedelta(days=fields["days_ago"])
    subscriber = Subscriber.objects.create(email=fields["email"], asks=1, asked_at=at)
    Consent.objects.create(subscriber=subscriber, fact=Consent.Fact.ASKED, wording=Consent.OFFER, at=at)
    if fields["state"] != "asked":
        subscriber.confirm(at=at + CONFIRMED_AFTER)
    if fields["state"] == "left":
        subscriber.leave(at=at + STAYED)
    return True


@transaction.atomic
def _load_issue(fields):
    texts = {name: fields[name] for name in ("subject", "preheader", "introduction")}
    issue, made = Issue.objects.get_or_create(
        slug=fields["slug"],
        defaults={**texts, "frozen_at": _morning(fields["sent"]), "sent_at": _morning(fields["sent"])},
    )
    if made:
        for position, slug in enumerate(fields["articles"], 1):
            IssueArticle.objects.create(issue=issue, article=Article.objects.get(slug=slug), position=position)
    return made
