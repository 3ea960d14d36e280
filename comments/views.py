from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from articles.models import Publication, Topic, Version
from articles.moving import follow, tell_gone
from articles.stamps import Stamp, storable
from comments import contacts, links, posting, reporting, triage
from comments.forms import CommentForm, EditForm, PaceForm, ReportForm
from comments.models import Act, Comment, Contact, Pace, Rule
from comments.threads import page_of, thread_page
from cramps_site.lib.keyed import sender_of
from cramps_site.lib.limits import too_often
from cramps_site.lib.origin import read_only, same_origin_post
from cramps_site.lib.private import private

LAST_PAGE = 100_000
"""No article has so many pages of comments, and no database counts as far as an address can."""


@same_origin_post
@tell_gone
@require_http_methods(["GET", "HEAD", "POST"])
def post(request, slug):
    """Take a comment in: form errors 422, a look at what will appear 200, stored 303 to the private page."""
    version = Version.objects.for_page(slug).first()
    if version is None:
        return follow(request, slug)
    article = version.article
    if request.method != "POST":
        return redirect(article.get_absolute_url() + "#comments")
    form = CommentForm(request.POST, article=article)
    context = {"article": article, "version": version, "form": form}
    if not version.accepts_comments:
        return render(request, "comments/closed.html", context, status=403)
    if not form.is_valid():
        return render(request, "comments/post.html", context, status=422)
    if form.must_be_seen and not form.is_urgent:
        return render(request, "comments/preview.html", context)
    return _take(request, context)


def _take(request, context):
    """Store what the form says, unless it is stored already."""
    article, version, form, sender = context["article"], context["version"], context["form"], sender_of(request)
    comment = posting.find_again(article, form, sender)
    if comment is None:
        if wait := posting.wait_for(sender, form.sanitised.text):
            return too_often(request, wait)
        comment = posting.store(article, version, form, sender)
    if form.must_be_seen:
        # A danger sign is stored and alerted first; what has to be looked at is looked at afterwards.
        return render(request, "comments/preview.html", {**context, "stored": links.status_token(comment)})
    return HttpResponseRedirect(links.status_url(comment), status=303)


@read_only
@tell_gone
def page(request, slug, number):
    """A further page of an article's comments; the first one is in the article."""
    version = Version.objects.for_page(slug).first()
    if version is None:
        return follow(request, slug)
    if not 0 < number <= LAST_PAGE:
        raise Http404
    if number == 1:
        return redirect(version.article.get_absolute_url() + "#comments", permanent=True)
    comments = thread_page(version.article, number)
    if not comments.threads:
        raise Http404
    context = {"article": version.article, "version": version, "page": comments, "topics": Topic.objects.all()}
    stamp = Stamp(version.site_changes, version.article_id, version.article.changes)
    return storable(render(request, "comments/page.html", context), stamp, valid_until=version.changes_at)


@read_only
@tell_gone
def permalink(request, pk):
    """To the comment's place on whichever page it stands now."""
    comment = get_object_or_404(Comment.objects.approved().select_related("article", "parent__parent"), pk=pk)
    version = Version.objects.for_page(comment.article.slug).first()
    if version is None:
        return follow(request, comment.article.slug)
    number = page_of(comment)
    url = version.article.get_absolute_url()
    if number > 1:
        url = reverse("comments:page", args=[version.article.slug, number])
    return redirect(f"{url}#comment-{comment.pk}")


def _own_comment(token):
    comments = Comment.objects.select_related("article__author", "parent", "contact")
    return get_object_or_404(comments, pk=links.read_token(token))


@read_only
def status(request, token):
    """The writer's private page: what became of the comment, and the ways to take it back."""
    comment = _own_comment(token)
    decision = comment.last_decision()
    context = {
        "comment": comment,
        "token": token,
        "decision": decision,
        "edit_refused": decision and comment.is_approved and decision.act == Act.REJECT,
        "form": EditForm(initial={"body": comment.text}) if comment.may_be_edited else None,
        "title": getattr(comment.article.live_version(), "title", ""),
        "paces": Pace,
    }
    return private(render(request, "comments/status.html", context))


@same_origin_post
@require_http_methods(["POST"])
def edit(request, token):
    """Take a new text from the writer, as `post` takes a comment. What cannot be taken comes back in the form."""
    comment, form = _own_comment(token), EditForm(request.POST)
    context = {"comment": comment, "form": form, "token": token}
    if not form.is_valid():
        return private(render(request, "comments/edit.html", context, status=422))
    if form.must_be_seen and not form.is_urgent:
        return private(render(request, "comments/edit_preview.html", context))
    if wait := posting.wait_to_edit(comment, form.sanitised.text):
        return private(too_often(request, wait))
    if not posting.edit(comment, form.sanitised.text):
        form.add_error(None, "This comment cannot be changed any more. Your words are still here: copy what you need.")
        return private(render(request, "comments/edit.html", context, status=409))
    if form.must_be_seen:
        return private(render(request, "comments/edit_preview.html", {**context, "stored": True}))
    return HttpResponseRedirect(reverse("comments:status", args=[token]), status=303)


@same_origin_post
@require_http_methods(["POST"])
def answers(request, token):
    """The writer says how soon they want to know of answers."""
    comment, form = _own_comment(token), PaceForm(request.POST)
    if form.is_valid():
        contacts.tell(comment, form.cleaned_data["pace"])
    return HttpResponseRedirect(reverse("comments:status", args=[token]) + "#answers", status=303)


@same_origin_post
@require_http_methods(["POST"])
def withdraw(request, token):
    _own_comment(token).withdraw()
    return HttpResponseRedirect(reverse("comments:status", args=[token]), status=303)


@same_origin_post
@require_http_methods(["POST"])
def erase(request, token):
    _own_comment(token).erase()
    return HttpResponseRedirect(reverse("comments:status", args=[token]), status=303)


@same_origin_post
@require_http_methods(["GET", "HEAD", "POST"])
def report(request, pk):
    """A reader says that an approved comment should not be there."""
    comment = get_object_or_404(Comment.objects.approved().select_related("article"), pk=pk)
    form = ReportForm(request.POST or None)
    context = {"comment": comment, "form": form}
    if request.method != "POST" or not form.is_valid():
        return private(render(request, "comments/report.html", context, status=422 if form.is_bound else 200))
    sender = sender_of(request)
    if wait := reporting.wait_for(sender):
        return too_often(request, wait)
    reporting.report(comment, sender=sender, **form.cleaned_data)
    return private(render(request, "comments/reported.html", context))


@read_only
def danger_signs(request):
    """What the browser looks for while somebody types. The text never leaves the browser for it."""
    publication = Publication.objects.for_stamp()
    response = JsonResponse(triage.danger_signs(Rule.in_use()), safe=False)
    return storable(response, Stamp(publication.changes))


# Mailed links: GET shows, POST acts.


@same_origin_post
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_contact(request, token):
    contact = get_object_or_404(Contact, pk=links.read("confirm_contact", token))
    if request.method == "POST":
        contacts.confirm(contact)
    return private(render(request, "comments/confirm_contact.html", {"done": request.method == "POST"}))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop_contact(request, token):
    """Tell no more answers. By POST from anywhere, as RFC 8058 wants it: the link is the permission."""
    contact = get_object_or_404(Contact, pk=links.read("stop_contact", token))
    if request.method == "POST":
        contacts.stop(contact)
    return private(render(request, "comments/stop_contact.html", {"done": request.method == "POST"}))


@same_origin_post
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request, token):
    comments = Comment.objects.select_related("article__author", "contact")
    comment = get_object_or_404(comments, pk=links.read("prove", token), contact__isnull=False)
    if request.method == "POST":
        contacts.prove(comment)
        return HttpResponseRedirect(links.status_url(comment), status=303)
    return private(render(request, "comments/prove.html", {"comment": comment}))
