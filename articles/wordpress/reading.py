"""Reads a WordPress export as a stream: what it holds, one thing at a time, and nothing of it interpreted.

Understood are all versions of WXR, whatever its namespaces are called. Raises `exports.Unreadable`; `survey` reads the
whole file, so what it accepted can be read again to the end.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone

from cramps_site.lib.exports import Unreadable, elements, key_of, name_of, text_of

CHANNEL = ("rss", "channel")
ITEM, COMMENT = (*CHANNEL, "item"), (*CHANNEL, "item", "comment")
SITES = ("base_blog_url", "base_site_url", "link")
"""What names the site, the best first."""
WANTED = {ITEM, COMMENT, (*CHANNEL, "author"), (*CHANNEL, "wxr_version"), *((*CHANNEL, name) for name in SITES)}
VERSION = re.compile(r"\d+\.\d+")
ZERO_DATE = "0000"
DOCUMENTS = ("post", "page")


@dataclass
class Item:
    """Anything that WordPress keeps as a post: posts, pages, attachments, menu entries."""

    id: str
    kind: str
    status: str
    title: str
    content: str
    excerpt: str
    slug: str
    link: str
    creator: str
    at: datetime | None
    password: str
    is_closed: bool
    """Whether no more comments are taken."""
    categories: list
    """(domain, nicename, name) for each."""
    meta: dict
    address: str
    """Of an attachment: where its file lies."""
    site: str = ""

    @property
    def key(self):
        return key_of("wordpress", self.site, self.id)

    @property
    def is_document(self):
        return self.kind in DOCUMENTS


@dataclass
class Remark:
    """A comment, or what WordPress keeps as one."""

    id: str
    parent: str
    name: str
    email: str
    text: str
    at: datetime | None
    approved: str
    kind: str
    item: str = ""
    """The `id` of the item that it is about."""


@dataclass
class Survey:
    """What a file holds, but for its texts."""

    site: str = ""
    version: str | None = None
    authors: dict = field(default_factory=dict)
    """Names by login."""
    items: dict = field(default_factory=dict)
    """{id: (key, slug, link)} of posts and pages."""
    attachments: dict = field(default_factory=dict)
    """{id: (address, alternative text, caption)}."""
    kinds: Counter = field(default_factory=Counter)
    remarks: int = 0


def survey(path):
    """Read the whole file. Raises `Unreadable` for one that is malformed or no WordPress export."""
    found = Survey()
    for kind, thing in _read(path):
        if kind == "remark":
            found.remarks += 1
        elif kind == "item":
            found.kinds[thing.kind] += 1
            _note(thing, found)
        elif kind == "author":
            found.authors[thing[0]] = thing[1]
        elif kind == "version":
            found.version = thing
    _check(path, found)
    return found


def _note(item, found):
    found.site = found.site or item.site
    if item.is_document:
        found.items.setdefault(item.id, (item.key, item.slug, item.link))
    elif item.kind == "attachment":
        found.attachments[item.id] = (item.address, item.meta.get("_wp_attachment_image_alt", ""), item.excerpt)


def _check(path, found):
    if found.version is not None and not VERSION.fullmatch(found.version):
        raise Unreadable(f"{path}: “{found.version}” is no version of a WordPress export. Export it again.")
    if found.version is None and not found.kinds:
        raise Unreadable(f"{path}: is no WordPress export: it names no version and holds no posts.")


def items(path):
    return (thing for kind, thing in _read(path) if kind == "item")


def remarks(path):
    return (thing for kind, thing in _read(path) if kind == "remark")


def _read(path):
    """(what it is, the thing) in the order of the file; comments before the item that they are about."""
    sites, early = {}, []
    for where, element, around in elements(path, WANTED):
        if where == ITEM:
            item = _item(element, _site(sites))
            for remark in early:
                remark.item = item.id
                yield "remark", remark
            early.clear()
            yield "item", item
        elif where == COMMENT:
            remark = _remark(element)
            if text_of(around, "post_id"):
                remark.item = text_of(around, "post_id")
                yield "remark", remark
            else:
                early.append(remark)
        elif where[-1] == "author":
            yield "author", _author(element)
        elif where[-1] == "wxr_version":
            yield "version", (element.text or "").strip()
        elif (element.text or "").strip():
            sites.setdefault(name_of(element), element.text.strip())


def _site(sites):
    return next((host_of(sites[name]) for name in SITES if host_of(sites.get(name, ""))), "")


def host_of(address):
    """Host and path of an address, without what changes when a site moves to HTTPS."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return ""
    return (parts.netloc.lower().removeprefix("www.") + parts.path.rstrip("/")) if parts.netloc else ""


def _author(element):
    names = [f"{text_of(element, 'author_first_name')} {text_of(element, 'author_last_name')}".strip()]
    login = text_of(element, "author_login")
    return login, text_of(element, "author_display_name") or names[0] or login


def _item(element, site):
    link = (element.findtext("link") or "").strip()
    return Item(
        id=text_of(element, "post_id") or _id_of(link or text_of(element, "guid") or text_of(element, "title")),
        kind=text_of(element, "post_type") or "post",
        status=text_of(element, "status"),
        title=(element.findtext("title") or "").strip(),
        content=_encoded(element, "content"),
        excerpt=_encoded(element, "excerpt").strip(),
        slug=text_of(element, "post_name"),
        link=link,
        creator=text_of(element, "creator") or text_of(element, "author"),
        at=_moment(element, "post_date") or _written_out(text_of(element, "pubDate")),
        password=text_of(element, "post_password"),
        is_closed=text_of(element, "comment_status") == "closed",
        categories=[_category(each) for each in element.iterfind("category")],
        meta={text_of(each, "meta_key"): text_of(each, "meta_value") for each in element.iterfind("{*}postmeta")},
        address=text_of(element, "attachment_url"),
        site=site or host_of(link).partition("/")[0],
    )


def _id_of(link):
    """Where there is no number: the one in the address, or the address itself."""
    number = re.search(r"[?&](?:p|page_id)=(\d+)", link)
    return number[1] if number else link


def _encoded(element, of):
    """The text of `content:encoded` or `excerpt:encoded`, which have one name in two namespaces."""
    found = element.iterfind("{*}encoded")
    return next((each.text or "" for each in found if each.tag.rpartition("}")[0].rstrip("/").endswith(of)), "")


def _category(element):
    return element.get("domain", "category"), element.get("nicename", ""), (element.text or "").strip()


def _remark(element):
    return Remark(
        id=text_of(element, "comment_id"),
        parent=text_of(element, "comment_parent"),
        name=text_of(element, "comment_author"),
        email=text_of(element, "comment_author_email"),
        text=text_of(element, "comment_content"),
        at=_moment(element, "comment_date"),
        approved=text_of(element, "comment_approved"),
        kind=text_of(element, "comment_type"),
    )


def _moment(element, name):
    """The moment in a pair of fields; None for WordPress's zero date and what is no date."""
    for field_name, zone in ((f"{name}_gmt", UTC), (name, timezone.get_default_timezone())):
        text = text_of(element, field_name)
        if text and not text.startswith(ZERO_DATE):
            try:
                return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
            except ValueError:
                continue
    return None


def _written_out(text):
    """The moment of an RSS date, such as Tue, 14 Jan 2014 17:31:03 +0000."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    # WordPress writes the year -1 for drafts that have no date.
    return moment if moment.year > 1 else None


def names_of(link):
    """By what a link to an item is known again: its host and path, or the number in its address."""
    parts = urlsplit(link)
    query = parse_qs(parts.query)
    number = (query.get("p") or query.get("page_id") or [""])[0]
    return f"{host_of(link)}?{number}" if number else host_of(link)
