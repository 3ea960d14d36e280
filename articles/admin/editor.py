"""The page on which an article is written: text and settings in one form, saved by itself, seen as readers will.

What is saved, and when it gives way, `articles.editing` says; what keeps a text from readers, `articles.checking`. Here
are the page, its three answers to a POST (saved, wrong, somebody else was faster), and what it asks for while somebody
writes: saving, the preview, pictures, articles to link to.
"""

from datetime import date
from functools import wraps

from csp.decorators import csp_replace, csp_update
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from articles import checking, editing, readability, side_by_side
from articles.addresses import surroundings
from articles.admin import reading
from articles.editing import Fate
from articles.forms import ArticleForm, SeenForm, SourcesForm, TextForm
from articles.models import Article, Author, Image, SignOff, Source, Version
from articles.models.version import content_hash, render_body
from articles.views import article_context

SETTINGS_LEFT = (
    "Somebody changed the settings of this article meanwhile. They are shown as they are now: yours were not taken, "
    "so change them again if you meant to."
)
SHOWN = 24
"""Of pictures and of articles to link to, how many a page offers; more words in the search leave fewer."""


class Desk:
    """What lies before a writer: the forms of one article, or of a new one, as they were sent or as they are stored."""

    def __init__(self, model_admin, request, article=None):
        self.admin, self.request, self.user = model_admin, request, request.user
        data = request.POST if request.method == "POST" else None
        self.seen = SeenForm(data)
        if article is None and data is not None:
            # Where a page's first answer was lost on the way, its article has begun.
            article = editing.begun_by(self.seen.seen())
        self.article = article
        self.version = article and article.newest_version()
        self.may_write = self.user.has_perm("articles.change_version" if article else "articles.add_version")
        self.may_set = model_admin.has_change_permission(request, article) if article else self.may_write
        texts, sources = editing.content_of(self.version) if self.version else ({}, [])
        self.text = TextForm(data, initial={**texts, "lead_image": texts.get("lead_image_id")})
        self.sources = SourcesForm(data, initial=sources, prefix="sources")
        self.seen.initial = SeenForm.of(self.version)
        self.settings_left = False
        """Whether the settings that were sent were left alone, as somebody had changed them meanwhile."""
        self.settings_saved = False
        """Whether those that were sent were stored, for an article that had some."""
        title = data.get("title", "") if data else texts.get("title", "")
        self.settings = ArticleForm(data, instance=article, title=title, by=self.user)
        for form in [self.settings] * (not self.may_set) + [self.text, *self.sources] * (not self.may_write):
            for field in form.fields.values():
                field.disabled = True

    def is_valid(self):
        """Whether it can be stored: every part is asked, so that every error shows."""
        return all([self.text.is_valid(), self.sources.is_valid(), self.settings.is_valid()])

    def content(self):
        """(texts, sources) as they were sent, the citations following their sources."""
        texts = self.text.texts()
        return {**texts, "body": editing.renumber(texts["body"], self.sources.moved())}, self.sources.sources()

    def save(self):
        """(version, Fate) of storing what was sent; the settings follow the text."""
        texts, sources = self.content()
        seen = self.seen.seen()
        if not self.article:
            saved = editing.begin(self.settings.save(commit=False), texts, sources, by=self.user, seen=seen)
        else:
            beside = "beside" in self.request.POST
            saved = editing.save(self.article, texts, sources, by=self.user, seen=seen, beside=beside)
        if saved[1] != Fate.CONFLICT and self.may_set:
            self._save_settings()
        return saved

    def _save_settings(self):
        if self.article is None and self.settings.instance.pk:
            self.settings.save_m2m()
        elif self.article and self.settings_wait():
            self.settings_left = self.seen["settings"].value() not in ("", None, ArticleForm.fingerprint(self.article))
            if not self.settings_left:
                self.settings.save()
                self.settings_saved = True

    def settings_wait(self):
        """Whether settings were sent that are not stored."""
        return bool(self.settings.changed_data) and (not self.settings.is_valid() or self._differs())

    def _differs(self):
        stored = Article.objects.get(pk=self.article.pk)
        fields = [name for name in self.settings.fields if name != "topics"]
        return any(getattr(stored, name) != self.settings.cleaned_data[name] for name in fields) or (
            {*stored.topics.all()} != {*self.settings.cleaned_data["topics"]}
        )

    def is_untouched(self):
        """Whether nothing was typed since the page was loaded: then nobody's words can be lost."""
        return self.request.POST.get("shown") == editing.fingerprint(self.text.texts(), self.sources.sources())


# The page


def edit(model_admin, request, article=None):
    """GET shows the page; POST saves, or says why not with all that was typed still there."""
    desk = Desk(model_admin, request, article)
    if request.method != "POST":
        return _page(desk)
    if not desk.may_write:
        raise PermissionDenied
    if not desk.is_valid():
        return _page(desk, status=422)
    version, fate = desk.save()
    if fate == Fate.CONFLICT and not desk.is_untouched():
        return _conflict(desk, version)
    _log(desk, version, fate)
    messages.success(request, _said(version, Fate.SAVED if fate == Fate.SAME and desk.settings_saved else fate))
    if desk.settings_left:
        messages.warning(request, SETTINGS_LEFT)
    return HttpResponseRedirect(reverse("admin:articles_article_change", args=[version.article_id]), status=303)


def _said(version, fate):
    at = f"{timezone.localtime():%H:%M:%S}"
    return {
        Fate.SAVED: f"Saved at {at}.",
        Fate.SAME: "This is saved already.",
        Fate.BEGUN: f"Saved at {at} as a new draft. Readers see it once it is published.",
        Fate.LATE: "Something newer from this page is saved already: it is shown here.",
        Fate.CONFLICT: f"You had changed nothing, so this is what {version.edited_by or 'somebody'} saved meanwhile.",
    }[fate]


def _log(desk, version, fate):
    texts = desk.text.changed_data if fate in (Fate.SAVED, Fate.BEGUN) else []
    fields = [*texts, *(desk.settings.changed_data if desk.settings_saved else [])]
    if desk.article is None:
        desk.admin.log_addition(desk.request, version.article, [{"added": {}}])
    elif fields:
        desk.admin.log_change(desk.request, version.article, [{"changed": {"fields": fields}}])


@csp_update({"frame-src": "'self'"})
def _framing(request, template, context, status):
    """The page shows its preview in a frame of its own."""
    return render(request, template, context, status=status)


def _page(desk, status=200):
    article, version = desk.article, desk.version
    context = {
        **desk.admin.admin_site.each_context(desk.request),
        "title": (version and version.title) or ("Article without a title" if article else "New article"),
        "opts": Article._meta,
        "desk": desk,
        "article": article,
        "version": version,
        "is_public": _is_public(article),
        "may_delete": desk.admin.has_delete_permission(desk.request, article),
        "addresses": addresses(article),
        **(reading.said_by_reviewers(version) if version else {}),
        **_checked(desk),
    }
    return _framing(desk.request, "admin/articles/article/editor.html", context, status)


def addresses(article):
    """Where the page sends to."""
    pk = [article.pk] if article else []
    of = "" if article else "_new"
    return {
        "save": reverse("admin:articles_article_change", args=pk) if pk else reverse("admin:articles_article_add"),
        "autosave": reverse(f"admin:articles_article_autosave{of}", args=pk),
        "preview": reverse(f"admin:articles_article_preview{of}", args=pk),
    }


def _checked(desk):
    """What keeps the text from readers, and how it reads."""
    texts, sources = _typed(desk)
    return {
        "problems": checking.find_problems(texts, sources, surroundings()),
        "reading": readability.read(texts["body"]),
    }


def _typed(desk):
    """(texts, sources) as they would be stored; where they cannot be, what can be seen of them in the forms."""
    if desk.text.is_bound and all([desk.text.is_valid(), desk.sources.is_valid()]):
        return desk.content()
    texts = {name: desk.text[name.removesuffix("_id")].value() or "" for name in editing.TEXTS}
    lead_image = str(texts["lead_image_id"])
    texts["lead_image_id"] = (
        Image.objects.filter(pk=lead_image).values_list("pk", flat=True).first() if lead_image.isdecimal() else None
    )
    rows = [{name: form[name].value() or "" for name in editing.SOURCE} for form in desk.sources]
    rows = [{**row, "read_on": row["read_on"] if isinstance(row["read_on"], date) else None} for row in rows]
    while rows and not any(rows[-1].values()):
        rows.pop()
    return texts, rows


def _conflict(desk, version):
    """Somebody else saved while this was written: both texts, and the ways on from here. 409."""
    texts, sources = desk.content()
    theirs = editing.content_of(version)
    mine = (texts, sources)
    kept = {**SeenForm.of(version), "beside": "1"}
    fields = [(name, value) for name, values in desk.request.POST.lists() for value in values if name not in kept]
    context = {
        **desk.admin.admin_site.each_context(desk.request),
        "title": "Two texts",
        "opts": Article._meta,
        "article": version.article,
        "version": version,
        "is_mine": version.edited_by_id == desk.user.pk,
        "differences": side_by_side.contents(theirs, mine),
        "text": side_by_side.as_document(*mine),
        "fields": [*fields, *kept.items()],
    }
    return render(desk.request, "admin/articles/article/conflict.html", context, status=409)


def kept_when_signed_out(view):
    """Whose session ended while they wrote gets back what they typed, not the sign-in alone."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        if request.method == "POST" and not request.user.is_authenticated and "body" in request.POST:
            fields = [(name, value) for name, values in request.POST.lists() for value in values]
            return render(request, "admin/articles/article/signed_out.html", {"fields": fields}, status=403)
        return view(request, *args, **kwargs)

    return checked


# While somebody writes


@require_POST
def autosave(request, model_admin, article=None):
    """Save what is typed so far, as JSON: 200 with the new lock, 422 with reasons, 409 where somebody else was faster.

    Settings are saved with it only while nobody has read the article: half an address must not become its address."""
    desk = Desk(model_admin, request, article)
    if not desk.may_write or (article is None and not model_admin.has_add_permission(request)):
        raise PermissionDenied
    if desk.article and desk.article.first_published_at:
        desk.may_set = False
    if not all([desk.text.is_valid(), desk.sources.is_valid()]) or (
        desk.article is None and not desk.settings.is_valid()
    ):
        return JsonResponse({"errors": _errors(desk), "checks": _checks(request, desk)}, status=422)
    desk.may_set = desk.may_set and desk.settings.is_valid()
    version, fate = desk.save()
    if fate == Fate.CONFLICT:
        return JsonResponse({"by": str(version.edited_by or ""), "at": _time(version.edited_at)}, status=409)
    return JsonResponse(_saved(request, desk, version))


def _saved(request, desk, version):
    standing = {"version": version, "article": version.article, "desk": desk, "is_public": _is_public(version.article)}
    return {
        "version": version.pk,
        "lock": version.lock,
        "settings": ArticleForm.fingerprint(version.article),
        "at": _time(timezone.now()),
        "slug": version.article.slug,
        "settings_wait": not desk.settings_saved and bool(desk.article) and desk.settings_wait(),
        "addresses": addresses(version.article),
        "state": render_to_string("admin/articles/article/_standing.html", standing, request),
        "checks": _checks(request, desk),
    }


def _is_public(article):
    return bool(article and article.live_version())


def _checks(request, desk):
    return render_to_string("admin/articles/article/_checks.html", _checked(desk), request)


def _time(moment):
    return f"{timezone.localtime(moment):%H:%M:%S}"


def _errors(desk):
    forms = [desk.text, desk.settings, *desk.sources]
    return [f"{form[name].label}: {' '.join(reasons)}" for form in forms for name, reasons in form.errors.items()]


@xframe_options_sameorigin
@csp_replace({"frame-ancestors": "'self'"})
def preview(request, model_admin, article=None):
    """The article's page as readers would see it with what is typed (POST) or stored (GET), long sentences marked.

    The one page that may be framed, by the editor."""
    if not request.user.has_perm("articles.view_version"):
        raise PermissionDenied
    desk = Desk(model_admin, request, article)
    desk.is_valid()
    version = _unsaved(desk)
    sources = [Source(position=number, **row) for number, row in enumerate(_typed(desk)[1], 1)]
    context = article_context(version, sources=sources, sign_off=_sign_off(desk, version, sources))
    return render(request, "admin/articles/article/preview.html", context)


def _unsaved(desk):
    """The version as it would be if this were published now."""
    now = timezone.now()
    article = desk.article or desk.settings.instance
    # For the questions that its page asks the database: no row has this number.
    article.pk = article.pk or 0
    article.slug = article.slug or editing.UNTITLED
    if article.author_id is None:
        article.author = Author(name="No author yet", slug="no-author-yet")
    article.first_published_at = article.first_published_at or now
    version = Version(article=article, **_typed(desk)[0], publish_at=now)
    rendered = render_body(version.body, annotate=readability.annotate)
    version.html, version.headings, version.minutes = rendered.html, rendered.headings, rendered.minutes
    return version


def _sign_off(desk, version, sources):
    """The review that would still bind."""
    cited = [(source.title, source.publisher, source.url) for source in sources]
    text = Version(article=version.article, content_hash=content_hash(vars(version), cited))
    review = SignOff.objects.to_tell(text) if desk.version else None
    return review if review and review.holds_for(text) else None


@require_safe
def pictures(request, model_admin):
    """Pictures of the library, to choose one for a text."""
    if not request.user.has_perm("articles.view_image"):
        raise PermissionDenied
    words = request.GET.get("q", "").strip()
    found = Image.objects.filter(title__icontains=words).order_by("-pk")[:SHOWN]
    context = {**model_admin.admin_site.each_context(request), "title": "Pictures", "words": words, "found": found}
    return render(request, "admin/articles/article/pictures.html", context)


@require_safe
def links(request, model_admin):
    """Articles that readers can open, to link to one."""
    if not request.user.has_perm("articles.view_version"):
        raise PermissionDenied
    words = request.GET.get("q", "").strip()
    titles = Version.objects.filter(pk=OuterRef("live_id")).values("title")
    found = Article.objects.published().annotate(title=Subquery(titles)).filter(title__icontains=words)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Articles to link to",
        "words": words,
        "found": found.newest_first()[:SHOWN],
    }
    return render(request, "admin/articles/article/links.html", context)


def find_article(pk):
    return get_object_or_404(Article, pk=pk)
