"""What a page says of itself to machines: JSON-LD in the words of schema.org. Pure: rows in, dicts out.

It claims nothing that the page does not show and the database does not hold. What is empty is left out. A medical
review is claimed only of the sign-off that is given, which is for the caller to find (`SignOff.holds_for`).

To describe another kind of page, build its nodes from `_node` and give them to `_graph`.
"""

import json
from typing import NamedTuple
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe

NO_MARKUP = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&"}


class Crumb(NamedTuple):
    """A page above this one: the way up that readers see and machines are told."""

    name: str
    path: str


def to_script(data):
    """The dict as JSON that may stand in a `<script>`: no text in it can end the element or open a comment."""
    # Safe: outside strings JSON has none of these signs, and within them the escapes mean the same.
    return mark_safe(json.dumps(data).translate(NO_MARKUP))  # noqa: S308


def absolute(path):
    """The address that is the same for every reader, whatever host a request named."""
    return urljoin(f"{settings.SITE_URL}/", path)


# The way up


def trail_of_article(topics):
    """From the home page to an article, through the first of its topics."""
    return [_home(), *[Crumb(topic.name, topic.get_absolute_url()) for topic in topics[:1]]]


def trail_of_list():
    return [_home()]


def _home():
    return Crumb("Home", reverse("articles:home"))


# Pages


def home_page():
    return _graph(_node("WebSite", name=settings.SITE_NAME, url=absolute("/"), inLanguage="en", publisher=_publisher()))


def article_page(version, *, topics, sign_off=None, sources=()):
    """A `MedicalWebPage` and the `Article` on it, which point to each other, and the way up."""
    page = absolute(version.article.get_absolute_url())
    trail = [*trail_of_article(topics), Crumb(version.title, version.article.get_absolute_url())]
    return _graph(
        _medical_page(page, version, topics, sign_off), _article(page, version, sources), _breadcrumb(page, trail)
    )


def _medical_page(page, version, topics, sign_off):
    review = {}
    if sign_off:
        review = {"lastReviewed": _day(sign_off.signed_at), "reviewedBy": _person(sign_off.reviewer)}
    return _node(
        "MedicalWebPage",
        page,
        url=page,
        name=version.title,
        description=version.summary,
        inLanguage="en",
        about=[_node("Thing", name=topic.name, url=absolute(topic.get_absolute_url())) for topic in topics],
        audience=_node("ParentAudience", audienceType="Parents"),
        mainEntity={"@id": f"{page}#article"},
        breadcrumb={"@id": f"{page}#breadcrumb"},
        **review,
    )


def _article(page, version, sources):
    return _node(
        "Article",
        f"{page}#article",
        headline=version.title,
        description=version.summary,
        datePublished=moment(version.article.first_published_at),
        dateModified=moment(version.publish_at),
        author=_person(version.article.author),
        publisher=_publisher(),
        image=_image(version.lead_image, version.lead_image_alt),
        citation=[_citation(source) for source in sources],
        inLanguage="en",
        mainEntityOfPage={"@id": page},
    )


def topic_page(topic):
    page = absolute(topic.get_absolute_url())
    trail = [*trail_of_list(), Crumb(topic.name, topic.get_absolute_url())]
    return _graph(
        _node(
            "CollectionPage",
            page,
            url=page,
            name=topic.name,
            description=topic.description,
            inLanguage="en",
            breadcrumb={"@id": f"{page}#breadcrumb"},
        ),
        _breadcrumb(page, trail),
    )


def author_page(author):
    page = absolute(author.get_absolute_url())
    trail = [*trail_of_list(), Crumb(author.name, author.get_absolute_url())]
    person = _person(author)
    person |= _node("Person", description=author.bio, image=_image(author.photo))
    if author.credentials:
        person["hasCredential"] = _node("EducationalOccupationalCredential", name=author.credentials)
    return _graph(
        _node("ProfilePage", page, url=page, mainEntity=person, breadcrumb={"@id": f"{page}#breadcrumb"}),
        _breadcrumb(page, trail),
    )


# Their parts


def _graph(*nodes):
    return {"@context": "https://schema.org", "@graph": list(nodes)}


def _node(kind, id_=None, **properties):
    """A node without the properties that are empty."""
    return {
        "@type": kind,
        **({"@id": id_} if id_ else {}),
        **{name: value for name, value in properties.items() if value},
    }


def _person(author):
    page = absolute(author.get_absolute_url())
    return _node("Person", f"{page}#person", name=author.name, jobTitle=author.job_title, url=page)


def _publisher():
    return _node("Organization", f"{absolute('/')}#publisher", name=settings.SITE_NAME, url=absolute("/"))


def _image(image, caption=""):
    picture = image and image.widest
    if not picture:
        return None
    size = {"width": picture["width"], "height": picture["height"]}
    return _node("ImageObject", url=absolute(picture["url"]), caption=caption, creditText=image.credit, **size)


def _citation(source):
    publisher = _node("Organization", name=source.publisher) if source.publisher else None
    return _node("CreativeWork", name=source.title, publisher=publisher, url=source.url)


def _breadcrumb(page, trail):
    items = [
        _node("ListItem", position=position, name=crumb.name, item=absolute(crumb.path))
        for position, crumb in enumerate(trail, 1)
    ]
    return _node("BreadcrumbList", f"{page}#breadcrumb", itemListElement=items)


def _day(at):
    return timezone.localdate(at).isoformat()


def moment(at):
    return timezone.localtime(at).isoformat(timespec="seconds")
