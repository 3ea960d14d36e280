"""Issues in the admin: composed, previewed, tested, scheduled, and watched while they go out."""

from urllib.parse import urlencode

from csp.decorators import csp_replace, csp_update
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.forms.models import BaseInlineFormSet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from articles.models import Article
from cramps_site.lib.local_time import LocalTimeField, spoken, zone_now
from newsletter import checking, composing, going_live, testing
from newsletter.models import Delivery, Digest, Issue, IssueArticle, SendingPolicy, Subscriber
from newsletter.models.issues import PAUSED_BY
from newsletter.progress import progress_of

LAST = 32_767
"""The largest position that a row can hold."""


class PressForm(forms.Form):
    """What was pressed beside an issue. Each verb says what happened in a sentence, or raises ValidationError."""

    VERBS = ("test", "schedule", "unschedule", "send", "hold", "resume", "cancel", "again", "leave")

    do = forms.ChoiceField(choices=[(verb, verb) for verb in VERBS])
    when = LocalTimeField(required=False, error_messages={"invalid": "Choose a day and a time."})
    delivery = forms.ModelChoiceField(Delivery.objects.none(), required=False)

    def __init__(self, issue, data=None, **options):
        super().__init__(data, **options)
        self.issue = issue
        self.fields["delivery"].queryset = issue.deliveries.all()

    def press(self, *, by):
        """Do it, in the name of the member of staff `by`; what happened, in a sentence."""
        return getattr(self, self.cleaned_data["do"])(by)

    def test(self, by):
        if not by.email:
            raise ValidationError("Your account has no mail address: give it one first.")
        testing.send_test(self.issue, to=by)
        return f"A test is on its way to {by.email}."

    def schedule(self, by):
        when = self.cleaned_data["when"]
        if when is None:
            raise ValidationError("Choose a day and a time.")
        if when < timezone.now():
            raise ValidationError("This time has passed: choose a later one, or send it now.")
        self._refuse_problems(when)
        self._do(self.issue.schedule(when))
        return f"It goes out on {spoken(when)}."

    def send(self, by):
        self._refuse_problems(timezone.now())
        self._do(self.issue.schedule(timezone.now()))
        return "It goes out now."

    def unschedule(self, by):
        self._do(self.issue.unschedule())
        return "It is a draft again and goes out at no time."

    def hold(self, by):
        self._do(self.issue.hold(f"{PAUSED_BY}{by}."))
        return "It is paused: nothing more is sent until somebody goes on."

    def resume(self, by):
        self._do(self.issue.resume())
        return "It goes on where it was paused."

    def cancel(self, by):
        self._do(self.issue.cancel())
        return "It is cancelled: nothing more of it is ever sent."

    def again(self, by):
        self._do(self.cleaned_data["delivery"] and self.cleaned_data["delivery"].send_again(by=by))
        return "It is sent once more."

    def leave(self, by):
        self._do(self.cleaned_data["delivery"] and self.cleaned_data["delivery"].leave(by=by))
        return "It is left as it is."

    def _refuse_problems(self, at):
        if problems := checking.problems(self.issue, at):
            raise ValidationError(problems)

    def _do(self, done):
        if not done:
            raise ValidationError("Somebody else was faster, or it has gone too far for that. Look at where it stands.")


class IssueForm(forms.ModelForm):
    class Meta:
        labels = {"slug": "Address in the archive", "preheader": "Line beside the subject"}
        help_texts = {
            "slug": "The end of its address on the site: small letters, digits and hyphens. It is made of the subject.",
            "preheader": "Mail programs show it in the list of mails, before the mail is opened.",
            "introduction": "What stands above the articles. **Two stars** make words bold, "
            "[words](https://address) a link, and an empty line begins a new paragraph.",
        }


class EntryForm(forms.ModelForm):
    """An article of an issue. Without a number it comes last."""

    position = forms.IntegerField(required=False, min_value=1, max_value=1000, label="Position")

    def clean_position(self):
        return self.cleaned_data["position"] or LAST


class EntriesFormSet(BaseInlineFormSet):
    def save(self, commit=True):
        """Number the articles anew, in the order of what was typed; of two with one number, the one that was changed
        comes first."""
        saved = super().save(commit)
        entries = [form for form in self.forms if form.instance.pk and form not in self.deleted_forms]
        entries.sort(key=lambda form: (form.instance.position, "position" not in form.changed_data))
        for number, form in enumerate(entries, 1):
            IssueArticle.objects.filter(pk=form.instance.pk).exclude(position=number).update(position=number)
        return saved


class IssueArticleInline(admin.TabularInline):
    model = IssueArticle
    form, formset = EntryForm, EntriesFormSet
    verbose_name, verbose_name_plural = "article", "articles, in this order"
    extra = 1
    fields = ["position", "article"]
    autocomplete_fields = ["article"]

    def get_queryset(self, request):
        """With titles to show where the articles can no longer be changed."""
        articles = Article.objects.with_newest("title")
        return super().get_queryset(request).prefetch_related(Prefetch("article", articles))

    def get_field_queryset(self, db, db_field, request):
        titled = Article.objects.with_newest("title")
        return titled if db_field.name == "article" else super().get_field_queryset(db, db_field, request)


@admin.register(Issue)
class IssueAdmin(admin.ModelAdmin):
    list_display = ["subject", "state", "scheduled_at", "sent_at"]
    search_fields = ["subject"]
    prepopulated_fields = {"slug": ["subject"]}
    form = IssueForm
    fields = ["subject", "slug", "preheader", "introduction", "topics", "corrects"]
    filter_horizontal = ["topics"]
    autocomplete_fields = ["corrects"]
    inlines = [IssueArticleInline]
    change_form_template = "newsletter/admin/issue.html"

    def view_on_site(self, issue):
        return issue.get_absolute_url() if issue.frozen_at else None

    def get_object(self, request, *args, **options):
        """The issue. Whoever sends its form holds its row until all of it is saved: nothing is frozen in between."""
        issue = super().get_object(request, *args, **options)
        if issue and request.method == "POST":
            issue.refresh_from_db(from_queryset=Issue.objects.select_for_update())
        return issue

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or obj.is_editable)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_editable)

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj and not self.has_change_permission(request, obj) else super().get_prepopulated_fields(request)

    def get_urls(self):
        def route(address, view):
            return path(f"<int:pk>/{address}/", self.admin_site.admin_view(view), name=f"newsletter_issue_{address}")

        return [
            route("press", self.press),
            route("progress", self.progress),
            route("mail", self.mail),
            route("text", self.text),
            *super().get_urls(),
        ]

    @transaction.atomic
    def change_view(self, request, object_id, form_url="", extra_context=None):
        issue = self.get_object(request, object_id)
        return _framing(super().change_view)(
            request, object_id, form_url, self._beside(request, issue) if issue else None
        )

    def _beside(self, request, issue):
        """What stands beside the form: problems, previews, and what may be pressed."""
        return {
            "may_send": request.user.has_perm("newsletter.send_issue"),
            "problems": checking.problems(issue, issue.scheduled_at) if issue.is_editable else [],
            "recipients": issue.recipients().count() if issue.is_editable else None,
            "when": issue.scheduled_at and spoken(issue.scheduled_at),
            "zone": zone_now(),
            "press_form": PressForm(issue, initial={"when": request.GET.get("when")}),
            "test_is_due": issue.is_editable and issue.tests.filter(content_hash="").exists(),
        }

    def press(self, request, pk):
        return press(request, self, pk)

    def progress(self, request, pk):
        issue = self._viewable(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "title": issue.subject,
            "issue": issue,
            "progress": progress_of(issue),
            "policy": SendingPolicy.get(),
            **self._beside(request, issue),
            "opts": self.opts,
        }
        return render(request, "newsletter/admin/progress.html", context)

    def mail(self, request, pk):
        return _framed(request, composed(self._viewable(request, pk)).html)

    def text(self, request, pk):
        text = composed(self._viewable(request, pk)).text
        return HttpResponse(text, content_type="text/plain; charset=utf-8")

    def _viewable(self, request, pk):
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(Issue, pk=pk)


def composed(issue):
    return composing.frozen(issue) if issue.frozen_at else composing.render(issue)


_framing = csp_update({"frame-src": "'self'"})
"""The page of an issue shows its mail in frames of its own."""


@xframe_options_sameorigin
@csp_update({"style-src": "'unsafe-inline'"})
@csp_replace({"frame-ancestors": "'self'"})
def _framed(request, html):
    """The mail as it is sent: it brings its style inline, and only the page beside the form may frame it. Its links
    open beside that page: no other page of the site may be framed."""
    return HttpResponse(html.replace("<head>", '<head><base target="_blank">', 1))


@require_POST
def press(request, model_admin, pk):
    if not request.user.has_perm("newsletter.send_issue"):
        raise PermissionDenied
    issue = get_object_or_404(Issue, pk=pk)
    form = PressForm(issue, request.POST)
    try:
        if not form.is_valid():
            raise ValidationError([error for errors in form.errors.values() for error in errors])
        said, typed = form.press(by=request.user), ""
        model_admin.log_change(request, issue, said)
        messages.success(request, said)
    except ValidationError as refused:
        typed = request.POST.get("when")
        for sentence in refused.messages:
            messages.error(request, sentence)
    issue.refresh_from_db()
    watches = request.POST.get("from") == "progress" or (request.POST.get("do") == "send" and issue.scheduled_at)
    page = "progress" if watches else "change"
    url = reverse(f"admin:newsletter_issue_{page}", args=[issue.pk])
    return HttpResponseRedirect(f"{url}?{urlencode({'when': typed})}" if typed else url, status=303)


MOST_SHOWN = 100


def _said_live(request):
    if request.POST.get("do") == "mails":
        return f"{going_live.send_doubtful()} mails are sent once more."
    done = going_live.declare(by=request.user)
    return "Sending goes on. Issues that were under way wait for you." if done else "Nothing keeps it from sending."


@admin.register(Digest)
class DigestAdmin(admin.ModelAdmin):
    list_display = ["__str__", "day", "time", "is_automatic", "is_on", "covered_until"]
    readonly_fields = ["covered_until"]

    @admin.display(description="day")
    def day(self, digest):
        return digest.get_weekday_display() if digest.frequency == Subscriber.Frequency.WEEKLY else "any"


@admin.register(SendingPolicy)
class SendingPolicyAdmin(admin.ModelAdmin):
    readonly_fields = ["trouble", "trouble_at"]

    def get_urls(self):
        live = path("live/", self.admin_site.admin_view(self.live), name="newsletter_sendingpolicy_live")
        return [live, *super().get_urls()]

    def live(self, request):
        """What keeps a restored site from sending, and the press by which somebody says that it is the live one."""
        if not request.user.has_perm("newsletter.send_issue"):
            raise PermissionDenied
        if request.method == "POST":
            messages.success(request, _said_live(request))
            return HttpResponseRedirect(reverse("admin:newsletter_sendingpolicy_live"), status=303)
        context = {
            **self.admin_site.each_context(request),
            "title": "Is this the live site?",
            "questions": going_live.questions(),
            "doubtful": going_live.doubtful_mails()[:MOST_SHOWN],
            "opts": self.opts,
        }
        return render(request, "newsletter/admin/live.html", context)

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
