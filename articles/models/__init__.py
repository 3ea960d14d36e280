"""What the public reads: articles, their versions, and the people and topics around them.

An Article is an identity; its text is in Versions. Which version the public reads at a moment is never stored: it is
the newest published one whose time has come (`VersionQuerySet.due`, `ArticleQuerySet.published`). How a version gets
from one state to the next is one table, `articles.workflow`.

Two counters tell the page store what changed (`articles.stamps`): `Article.changes` for what shows on one article's
pages, `Publication.changes` for what may show anywhere. Every write here moves the right one in its own transaction.
"""

from articles.models.article import REVIEW_INTERVAL, Article, ArticleQuerySet, OldAddress, Redirect
from articles.models.images import Image, ImageUse
from articles.models.links import InternalLink
from articles.models.outside import ExternalLink, ExternalUse
from articles.models.people import Author, Topic
from articles.models.publication import Publication, Shown, ShownQuerySet
from articles.models.related import Related
from articles.models.review import Remark, ReviewRequest, SignOff
from articles.models.search import SearchEntry, SearchWord
from articles.models.version import Source, Transition, Version, VersionQuerySet

__all__ = [
    "REVIEW_INTERVAL",
    "Article",
    "ArticleQuerySet",
    "Author",
    "ExternalLink",
    "ExternalUse",
    "Image",
    "ImageUse",
    "InternalLink",
    "OldAddress",
    "Publication",
    "Redirect",
    "Related",
    "Remark",
    "ReviewRequest",
    "SearchEntry",
    "SearchWord",
    "Shown",
    "ShownQuerySet",
    "SignOff",
    "Source",
    "Topic",
    "Transition",
    "Version",
    "VersionQuerySet",
]
