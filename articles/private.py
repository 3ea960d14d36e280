"""Pages behind mailed and copied links, for people without an account: a text to review, a text to read beforehand.

GET shows and changes nothing; what a reviewer answers is a POST from that page.
"""

from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from articles import links, reviewing
from articles.models import SignOff, Version
from articles.review_forms import ReasonForm, RemarkForm, SignForm
from articles.views import article_context
from cramps_site.lib.origin import read_only, same_origin_post
from cramps_site.lib.private import private

FORMS = {"sign": SignForm, "send_back": ReasonForm, "remark": RemarkForm}


@same_origin_post
@require_http_methods(["GET", "HEAD", "POST"])
def review(request, token):
    """The text that a reviewer was asked to vouch for, and what they may answer."""
    asked = reviewing.find(token)
    if asked is None:
        raise Http404
    if reviewing.is_void(asked):
        return _ended(request, asked, status=410)
    is_told_again = asked.answered_at and _words(request) in ("", asked.reason)
    if request.method != "POST" or is_told_again:
        return _review_page(request, asked)
    if asked.answered_at:
        return _ended(request, asked, status=409)
    act = request.POST.get("act")
    form = FORMS.get(act, SignForm)(request.POST)
    if not form.is_valid():
        return _review_page(request, asked, wrong=form, status=422)
    if not form.answer(asked):
        return _ended(request, asked, status=409)
    return HttpResponseRedirect(f"{request.path}#{'remarks' if act == 'remark' else 'answer'}", status=303)


def _ended(request, asked, status):
    """Says why nothing is taken any more, and gives back what was written."""
    context = {"asked": asked, "words": _words(request)}
    return private(render(request, "articles/review_void.html", context, status=status))


def _words(request):
    """What a reviewer wrote, whichever form it was."""
    return (request.POST.get("words") or request.POST.get("reason", "")).replace("\r\n", "\n")


def _review_page(request, asked, wrong=None, status=200):
    version = asked.version
    forms = {name: form(initial={"seen": version.content_hash}) for name, form in FORMS.items()}
    forms |= {name: wrong for name, form in FORMS.items() if isinstance(wrong, form)}
    review = SignOff.objects.to_tell(version) if asked.answered_at else None
    sign_off = review if review and review.holds_for(version) else None
    context = {
        **article_context(version, sources=version.sources.all(), sign_off=sign_off),
        "asked": asked,
        "remarks": version.remarks.filter(author=asked.reviewer),
        "signed_before": SignOff.objects.filter(version__article=version.article_id, reviewer=asked.reviewer).first(),
        "forms": forms,
        "wrong": wrong,
    }
    return private(render(request, "articles/review.html", context, status=status))


@read_only
def preview(request, token):
    """A version as readers would see it, for whoever was given the link."""
    versions = Version.objects.select_related("article__author", "lead_image")
    version = get_object_or_404(versions, pk=links.read_preview(token))
    context = article_context(version, sources=version.sources.all(), sign_off=None)
    return private(render(request, "articles/preview.html", {**context, "days": links.PREVIEW_FOR.days}))
