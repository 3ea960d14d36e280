"""The comments of a Disqus export, as records that `comments.importing` stores.

A thread is a page of the old site. It is matched to an article by the mapping file, the address of the article, its
slug at the end of the address, or the WordPress post that lay there; several threads may lead to one article.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from django.utils.text import slugify

from articles.models import Article, Redirect
from comments.importing import Record
from comments.models import Status
from cramps_site.lib.exports import Unreadable, elements, key_of, text_of

THREAD, POST = ("disqus", "thread"), ("disqus", "post")
INDEXES = ("index.html", "index.htm", "index.php", "amp")


@dataclass
class Thread:
    number: str
    identifier: str
    link: str


def threads(path):
    """{number: Thread}. Reads the whole file; raises `Unreadable` for one that is malformed or no Disqus export."""
    found, is_disqus = {}, False
    for where, element, _ in elements(path, {THREAD, POST}):
        is_disqus = True
        if where == THREAD:
            number = _number(element)
            found[number] = Thread(number, text_of(element, "id"), text_of(element, "link"))
    if not is_disqus:
        raise Unreadable(f"{path}: is no Disqus export: it holds no threads and no posts.")
    return found


def match(found, mapping):
    """{number of a thread: primary key of the article}, for those that have one."""
    slugs = dict(Article.objects.values_list("slug", "pk"))
    slugs = dict(Redirect.objects.values_list("slug", "article")) | slugs
    pairs = ((thread.number, slugs.get(mapping.slug_of(thread.link, thread.identifier))) for thread in found.values())
    direct = {number: pk for number, pk in pairs if pk}
    for thread in found.values():
        if thread.number not in direct:
            for slug in _slugs_in(thread.link):
                if slug in slugs:
                    direct[thread.number] = slugs[slug]
                    break
    return direct


def _slugs_in(link):
    """What may be the slug of an article in an address, the last part first."""
    try:
        parts = [part for part in unquote(urlsplit(link.strip()).path).split("/") if part]
    except ValueError:
        return []
    parts = [part for part in parts if part.lower() not in INDEXES]
    return [slugify(parts[-1].removesuffix(".html"))] if parts else []


def records(path):
    """A function that reads the records anew each time it is called."""

    def read():
        return (_record(element) for where, element, _ in elements(path, {THREAD, POST}) if where == POST)

    return read


def _number(element):
    return next((value for name, value in element.attrib.items() if name.rpartition("}")[2] == "id"), "")


def _record(element):
    status, reason = _judge(element)
    parent, author = element.find("{*}parent"), element.find("{*}author")
    thread = element.find("{*}thread")
    above = _number(parent) if parent is not None else ""
    name = (text_of(author, "name") or text_of(author, "username")) if author is not None else ""
    return Record(
        key=key_of("disqus", _number(element)),
        parent=key_of("disqus", above) if above else "",
        article=_number(thread) if thread is not None else "",
        name=name,
        email=text_of(author, "email") if author is not None else "",
        text=text_of(element, "message"),
        at=_moment(text_of(element, "createdAt")),
        status=status,
        reason=reason,
    )


def _judge(element):
    """(status, reason). What Disqus had not approved waits for a moderator."""
    if text_of(element, "isDeleted").lower() == "true":
        return "", "trash"
    if text_of(element, "isSpam").lower() == "true":
        return "", "spam"
    is_approved = text_of(element, "isApproved").lower() != "false"
    status = Status.APPROVED if is_approved else Status.PENDING
    return status, str(status)


def _moment(text):
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
