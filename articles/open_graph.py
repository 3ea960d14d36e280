"""What a page offers for a preview where its link is shared (https://ogp.me/). Pure: rows in, pairs out.

Each function gives (property, content) in the order in which they are written; pairs without content are left out.
"""

from django.conf import settings

from articles.linked_data import absolute, moment


def of_home():
    return _pairs("website", settings.SITE_NAME, "", "/")


def of_article(version, topics):
    article = version.article
    return [
        *_pairs("article", version.title, version.summary, article.get_absolute_url()),
        *_image(version.lead_image, version.lead_image_alt),
        ("article:published_time", moment(article.first_published_at)),
        ("article:modified_time", moment(version.publish_at)),
        ("article:author", absolute(article.author.get_absolute_url())),
        *[("article:tag", topic.name) for topic in topics],
    ]


def of_topic(topic):
    return _pairs("website", topic.name, topic.description, topic.get_absolute_url())


def of_author(author):
    about = ", ".join(filter(None, [author.job_title, author.credentials]))
    return [*_pairs("profile", author.name, about, author.get_absolute_url()), *_image(author.photo, author.name)]


def _pairs(kind, title, description, path):
    pairs = [
        ("og:site_name", settings.SITE_NAME),
        ("og:type", kind),
        ("og:title", title),
        ("og:description", description),
        ("og:url", absolute(path)),
        ("og:locale", "en_GB"),
    ]
    return [(name, content) for name, content in pairs if content]


def _image(image, alt):
    """The widest picture that every program shows. Its words only where it has some: an empty text says decorative."""
    picture = image and image.widest
    if not picture:
        return []
    sizes = [("og:image:width", picture["width"]), ("og:image:height", picture["height"])]
    words = [("og:image:alt", alt)] if alt else []
    return [("og:image", absolute(picture["url"])), ("og:image:type", "image/jpeg"), *sizes, *words]
