"""Rows for tests: a test names only what matters to it, everything else is made up and valid."""

from datetime import timedelta
from io import BytesIO
from itertools import count

from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image as Picture

from articles.models import Article, Author, Image, Topic, Version
from comments.models import Comment, Contact
from newsletter.models import Issue, IssueArticle, Subscriber

PASSWORD = "quiet-night-7-legs"
"""What every account made here signs in with."""

BODY = "Stretch the calf.\n\n## What helps\n\n- warmth\n- rest\n"
VERSION_FIELDS = {"title", "body", "summary", "lead_image", "lead_image_alt"}

_numbers = count(1)


def make_author(**fields):
    number = next(_numbers)
    return Author.objects.create(
        **{"name": f"Ada Author {number}", "slug": f"author-{number}", "job_title": "Senior Expert", **fields}
    )


def make_topic(**fields):
    number = next(_numbers)
    return Topic.objects.create(**{"name": f"Topic {number}", "slug": f"topic-{number}", **fields})


def make_image(width=8, height=6, **fields):
    """A picture of one colour with its renditions, in the tests' own media folder."""
    number = next(_numbers)
    content = BytesIO()
    Picture.new("RGB", (width, height), (number % 256, number // 256, 90)).save(content, "png")
    file = ContentFile(content.getvalue(), name=f"picture-{number}.png")
    return Image.objects.create(**{"title": f"Picture {number}", "file": file, **fields})


def make_article(*, published_at=..., topics=(), sources=(), **fields):
    """An article with one version, live since an hour ago. `published_at=None` leaves the version a draft.

    Fields of the version (title, body, summary, lead_image, ...) are given like the article's own."""
    text = {name: fields.pop(name) for name in VERSION_FIELDS & fields.keys()}
    fields.setdefault("slug", f"article-{next(_numbers)}")
    article = Article.objects.create(author=fields.pop("author", None) or make_author(), **fields)
    article.topics.set(topics)
    version = make_version(article, **{"title": "Night cramps", "body": BODY, **text})
    if sources:
        version.set_sources(sources)
    if published_at is not None:
        version.publish(by=None, at=timezone.now() - timedelta(hours=1) if published_at is ... else published_at)
    article.refresh_from_db()
    return article


def make_version(article=None, **fields):
    """A draft."""
    article = article or make_article()
    return Version.objects.create(article=article, **{"title": "A draft", "body": "A draft's text.", **fields})


def make_comment(**fields):
    """A pending comment without decisions, under a new article unless one is given."""
    article = fields.pop("article", None) or make_article()
    version = article.live_version()
    return Comment.objects.create(
        article=article, **{"version": version, "name": "Parent", "body": "Warm socks helped us.", **fields}
    )


def make_contact(**fields):
    """A confirmed address to which answers are told. `confirmed_at=None` leaves one that was only typed."""
    now, number = timezone.now(), next(_numbers)
    return Contact.objects.create(**{"email": f"parent-{number}@example.org", "confirmed_at": now, **fields})


def make_subscriber(email="", **fields):
    """A confirmed subscriber. `confirmed_at=None` leaves one who only asked."""
    now = timezone.now()
    email = email or f"parent-{next(_numbers)}@example.org"
    return Subscriber.objects.create(email=email, **{"asked_at": now, "confirmed_at": now, **fields})


def make_issue(*articles, **fields):
    """An issue that went out and points to the given articles. `frozen_at=None` leaves it a draft."""
    number = next(_numbers)
    issue = Issue.objects.create(
        **{"subject": f"Issue {number}", "slug": f"issue-{number}", "frozen_at": timezone.now(), **fields}
    )
    for position, article in enumerate(articles, 1):
        IssueArticle.objects.create(issue=issue, article=article, position=position)
    return issue


def make_user(**fields):
    """An account that may sign in with PASSWORD and has no business in the admin."""
    username = fields.pop("username", f"user-{next(_numbers)}")
    email = fields.pop("email", f"{username}@cramps.test")
    return User.objects.create_user(username, email, PASSWORD, **fields)


def make_staff(role, **fields):
    """A member of the staff: a writer, reviewer, moderator, editor or admin, who signs in with PASSWORD."""
    user = make_user(
        **{"username": f"{role}-{next(_numbers)}", "is_staff": True, "is_superuser": role == "admin", **fields}
    )
    if role != "admin":
        user.groups.add(Group.objects.get(name=role))
    return user
