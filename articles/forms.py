"""The forms of the editor: an article's settings, its text, its sources, and what the page has had before it.

They hold to what can be stored, not to what may be published: a draft may be wrong, and nothing typed is refused for it
(`articles.checking` says what readers must not get). No field cuts off what is pasted.
"""

import hashlib
import json
from secrets import token_hex

from django import forms
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import transaction
from django.forms.models import model_to_dict

from articles.editing import SOURCE, TEXTS, Seen, content_of, fingerprint, follows_title, free_slug
from articles.models import Article, Author, Image

LONGEST_BODY = 200_000
NEW_SOURCES = 3


class Words(forms.CharField):
    """Text of any lines, as it was typed: spaces stay, lines end in one way."""

    def __init__(self, longest, *, rows=None, **options):
        widget = forms.Textarea({"rows": rows}) if rows else forms.TextInput
        super().__init__(widget=widget, strip=False, required=False, **options)
        # Not as the field's own limit: the browser would cut off what is pasted.
        message = f"This has %(show_value)s characters; there is room for {longest:,}. Nothing was cut off."
        self.validators.append(MaxLengthValidator(longest, message))

    def to_python(self, value):
        return super().to_python(value).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


class Picture(forms.ModelChoiceField):
    def __init__(self, **options):
        super().__init__(Image.objects.all(), required=False, empty_label="No picture", **options)


class TextForm(forms.Form):
    title = Words(200)
    summary = Words(
        2000,
        rows=3,
        help_text="One or two sentences, at most 300 characters: below the title, in lists and in search results.",
    )
    body = Words(
        LONGEST_BODY,
        rows=24,
        label="Text",
        help_text="Markdown: ## Heading, - point, 1. step, **strong**, [words](/articles/other/), "
        "[^2] for the second source, ![what it shows](image:7) for a picture.",
    )
    lead_image = Picture(label="Picture above the text")
    lead_image_alt = Words(
        240,
        label="What that picture shows",
        help_text="In words, for readers who do not see it. Empty: the picture is decoration.",
    )
    disclaimer = Words(10_000, rows=2, help_text="Shown in place of the site's own disclaimer. Empty: the site's own.")
    correction = Words(
        2000,
        rows=2,
        help_text="For a medical change that readers must know of: one sentence, shown to them with its date.",
    )

    def texts(self):
        """What was typed, as `articles.editing` takes it."""
        image = self.cleaned_data["lead_image"]
        return {**{name: self.cleaned_data.get(name) for name in TEXTS}, "lead_image_id": image and image.pk}


class SourceForm(forms.Form):
    was = forms.IntegerField(required=False, widget=forms.HiddenInput)
    position = forms.IntegerField(required=False, min_value=0, max_value=999, label="No.")
    title = Words(240)
    publisher = Words(160)
    url = Words(500, label="Address")
    read_on = forms.DateField(
        required=False, label="Read on", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    gone = forms.BooleanField(required=False, label="Take out")

    def is_filled(self):
        return any(self.cleaned_data.get(name) for name in SOURCE)

    def source(self):
        return {name: self.cleaned_data.get(name) or ("" if name != "read_on" else None) for name in SOURCE}

    def place(self):
        """Where a row stands. Who gives one a number means it to go before the row that had that number."""
        position, was = self.cleaned_data.get("position"), self.cleaned_data.get("was")
        return (position is None, position or 0, position == was)


class SourcesFormSet(forms.BaseFormSet):
    """Rows in the order of their numbers. Empty rows at the end are no sources."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if index is not None:
            form.fields["was"].initial = form.fields["position"].initial = index + 1

    def get_form_kwargs(self, index):
        """A row is read as it was sent: Django would take a spare one for empty that says what is stored already."""
        return {**super().get_form_kwargs(index), "empty_permitted": False}

    def kept(self):
        filled = [form.is_filled() for form in self.forms]
        last = max((at for at, is_filled in enumerate(filled) if is_filled), default=-1)
        rows = [form for form in self.forms[: last + 1] if not form.cleaned_data.get("gone")]
        return sorted(rows, key=lambda form: form.place())

    def sources(self):
        return [form.source() for form in self.kept()]

    def moved(self):
        """{position as the text cites it: position now, or None where it was taken out}."""
        now = {form.cleaned_data.get("was"): number for number, form in enumerate(self.kept(), 1)}
        gone = [form.cleaned_data.get("was") for form in self.forms if form.cleaned_data.get("gone")]
        return {was: number for was, number in [*dict.fromkeys(gone).items(), *now.items()] if was}


SourcesForm = forms.formset_factory(
    SourceForm, formset=SourcesFormSet, extra=NEW_SOURCES, max_num=200, absolute_max=400
)


class SeenForm(forms.Form):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    lock = forms.IntegerField(required=False, widget=forms.HiddenInput)
    page = forms.CharField(required=False, widget=forms.HiddenInput, validators=[RegexValidator("^[0-9a-f]{32}$")])
    turn = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    settings = forms.CharField(required=False, widget=forms.HiddenInput)

    @staticmethod
    def of(version):
        """What a page holds that shows this version, or None for a new article."""
        shown = fingerprint(*content_of(version)) if version else ""
        return {
            "version": version and version.pk,
            "lock": version.lock if version else 0,
            "page": token_hex(16),
            "turn": 1,
            "shown": shown,
            "settings": ArticleForm.fingerprint(version.article) if version else "",
        }

    def seen(self):
        """Whatever of it is no such thing counts as not seen."""
        self.is_valid()
        data = self.cleaned_data
        return Seen(data.get("version"), data.get("lock") or 0, data.get("page") or "", data.get("turn") or 0)


class ArticleForm(forms.ModelForm):
    """Where a text lives and who answers for it. An empty address follows the title while nobody has read it."""

    author = forms.ModelChoiceField(Author.objects.all(), empty_label="Choose who wrote it")

    class Meta:
        model = Article
        fields = ["author", "topics", "slug", "comment_policy", "comments_close_after", "review_every", "leads_to"]
        labels = {"slug": "Address"}
        error_messages = {
            "slug": {
                "invalid": "Small letters, digits and hyphens make an address, such as night-cramps.",
                "unique": "Another article has this address: choose another one.",
            }
        }
        widgets = {"topics": forms.CheckboxSelectMultiple}

    def __init__(self, *args, title="", by=None, **options):
        super().__init__(*args, **options)
        self.title, article = title, self.instance
        self.fields["slug"].required = False
        self.fields["slug"].help_text = "Empty: made from the title."
        others = Article.objects.with_newest("title").exclude(pk=article.pk)
        self.fields["leads_to"].queryset = others.order_by("newest_title")
        if not article.pk:
            self.fields["author"].initial = Author.objects.filter(user=by).first()
        elif follows_title(article, title):
            self.initial["slug"] = ""
            self.fields["slug"].widget.attrs["placeholder"] = article.slug

    @classmethod
    def fingerprint(cls, article):
        """A name for exactly these settings of a stored article (hex)."""
        values = model_to_dict(Article.objects.get(pk=article.pk), cls.Meta.fields)
        values["topics"] = sorted(topic.pk for topic in values["topics"])
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()

    def save(self, commit=True):
        """Store the settings and the topics in one step: a page that is read meanwhile shows all of it or nothing."""
        with transaction.atomic():
            return super().save(commit)

    def _save_m2m(self):
        super()._save_m2m()
        if "topics" in self.changed_data:
            self.instance.find_related()

    def clean_slug(self):
        slug, article = self.cleaned_data["slug"], self.instance
        if slug:
            return slug
        return article.slug if article.first_published_at else free_slug(self.title, article)
