"""The page of results, and what is shown while somebody types. What is searched for is stored nowhere, also not by
anything between us and the reader."""

from django.http import JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control

from articles.listing import page_number
from articles.models import Publication, Topic
from articles.search.finding import authors_named, find, suggest, topics_named
from articles.search.words import LONGEST_QUESTION
from articles.stamps import Stamp, storable
from cramps_site.lib.origin import read_only


@read_only
def search(request):
    """What a question finds; without one the empty form, which is the same for everybody."""
    question = request.GET.get("q", "").strip()
    is_too_long = len(question) > LONGEST_QUESTION
    context = {"question": question, "longest": LONGEST_QUESTION, "is_too_long": is_too_long, "hide_search": True}
    context["topics"] = Topic.objects.all()
    if question and not is_too_long:
        context |= _found(question, page_number(request), context["topics"])
    if not question:
        return _empty(request, context)
    response = render(request, "articles/search.html", context, status=422 if is_too_long else 200)
    response["Cache-Control"] = "no-store"
    return response


def _empty(request, context):
    stamp = Stamp(Publication.objects.for_stamp().changes)
    return storable(render(request, "articles/search.html", context), stamp)


def _found(question, number, topics):
    pages = [*topics_named(question, topics), *authors_named(question)]
    return {"results": find(question, number), "pages": pages}


@read_only
@cache_control(no_store=True)
def suggestions(request):
    """As JSON: {"suggestions": [{"url": ..., "title": [[text, is found], ...]}, ...]}."""
    question = request.GET.get("q", "").strip()
    if len(question) > LONGEST_QUESTION:
        return JsonResponse({"suggestions": []}, status=422)
    hits = [
        {"url": hit.article.get_absolute_url(), "title": [[piece.text, piece.is_found] for piece in hit.title]}
        for hit in suggest(question)
    ]
    return JsonResponse({"suggestions": hits})
