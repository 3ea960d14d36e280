from django.shortcuts import get_object_or_404, render

from articles import linked_data, open_graph
from articles.listing import list_page, page_number
from articles.models import Article, Author, Publication, SignOff, Topic, Version
from articles.moving import follow, tell_gone
from articles.stamps import Stamp, storable
from cramps_site.lib.origin import read_only

RELATED, REVIEWED = 3, 20
"""How many related articles a page names, and how many reviews a reviewer's page."""


@read_only
def home(request):
    """The latest articles, the newest one large."""
    publication = Publication.objects.for_stamp()
    listing = list_page(Article.objects.published(), page_number(request))
    context = {
        "listing": listing,
        "topics": Topic.objects.all(),
        "linked_data": linked_data.to_script(linked_data.home_page()),
        "open_graph": open_graph.of_home(),
    }
    return _listed(render(request, "articles/home.html", context), publication)


@read_only
@tell_gone
def article(request, slug):
    version = Version.objects.for_page(slug).first()
    if version is None:
        return follow(request, slug)
    review = SignOff.objects.to_tell(version)
    sign_off = review if review and review.holds_for(version) else None
    corrections = version.article.versions.corrections().exclude(pk=version.pk)
    context = article_context(version, sources=version.sources.all(), sign_off=sign_off)
    context |= {"told": _told(review, version, sign_off), "corrections": corrections}
    stamp = Stamp(version.site_changes, version.article_id, version.article.changes)
    moments = [version.changes_at, sign_off and sign_off.lapses_at]
    response = render(request, "articles/article.html", context)
    return storable(response, stamp, valid_until=min(filter(None, moments), default=None))


def _told(review, version, sign_off):
    """What readers are told of a review that does not hold: that it has lapsed, or that the text was changed since."""
    if review is None or sign_off:
        return {}
    return {("lapsed" if review.is_for(version) else "outdated"): review.signed_at}


def article_context(version, *, sources, sign_off):
    """What the page of an article shows. The same for the public and for its preview."""
    topics = Topic.objects.for_article(version.article)
    its_topics = [topic for topic in topics if topic.is_its_topic]
    described = linked_data.article_page(version, topics=its_topics, sign_off=sign_off, sources=sources)
    return {
        "article": version.article,
        "version": version,
        "sign_off": sign_off,
        "sources": sources,
        "topics": topics,
        "its_topics": its_topics,
        "related": Article.objects.related_to(version.article)[:RELATED],
        "trail": linked_data.trail_of_article(its_topics),
        "linked_data": linked_data.to_script(described),
        "open_graph": open_graph.of_article(version, its_topics),
    }


@read_only
def topic(request, slug):
    publication = Publication.objects.for_stamp()
    topic = get_object_or_404(Topic, slug=slug)
    listing = list_page(Article.objects.published().about(topic), page_number(request))
    context = {
        "topic": topic,
        "listing": listing,
        "topics": Topic.objects.all(),
        "trail": linked_data.trail_of_list(),
        "linked_data": linked_data.to_script(linked_data.topic_page(topic)),
        "open_graph": open_graph.of_topic(topic),
    }
    return _listed(render(request, "articles/topic.html", context), publication)


@read_only
def author(request, slug):
    publication = Publication.objects.for_stamp()
    author = get_object_or_404(Author.objects.select_related("photo"), slug=slug)
    listing = list_page(author.articles.published(), page_number(request))
    reviews = list(author.sign_offs.shown()[:REVIEWED])
    context = {
        "author": author,
        "listing": listing,
        "reviews": reviews,
        "topics": Topic.objects.all(),
        "trail": linked_data.trail_of_list(),
        "linked_data": linked_data.to_script(linked_data.author_page(author)),
        "open_graph": open_graph.of_author(author),
    }
    lapses = [sign_off.lapses_at for sign_off in reviews]
    return _listed(render(request, "articles/author.html", context), publication, *lapses)


def _listed(response, publication, *moments):
    """Storable until the next change that is foreseen of the lists, or the first of other moments."""
    foreseen = min(filter(None, [publication.next_change_at, *moments]), default=None)
    return storable(response, Stamp(publication.changes), valid_until=foreseen)
