from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Field, Layout, Submit
from django import forms
from django.urls import reverse

from comments import judging, marking, triage
from comments.models import Comment, Pace, Report
from comments.sanitise import clean_characters, sanitise, sanitise_line

BODY_LENGTH = 10_000


class TextField(forms.CharField):
    """A text as typed: only what no text can hold is gone before its length is looked at."""

    def to_python(self, value):
        return super().to_python(clean_characters(value or ""))


class NameField(TextField):
    def clean(self, value):
        return sanitise_line(super().clean(value))


class WordsForm(forms.Form):
    """A reader's words. `sanitised` is what will appear, `findings` what triage says of it, `must_be_seen` whether its
    writer has to look at it first."""

    body = TextField(label="Comment", max_length=BODY_LENGTH, strip=False, widget=forms.Textarea(attrs={"rows": 8}))
    keep = forms.BooleanField(required=False, widget=forms.HiddenInput)
    sanitised, findings = None, ()

    def clean_body(self):
        typed = self.cleaned_data["body"]
        self.sanitised = sanitise(typed, keep_words=self.keeps_words)
        if not self.sanitised.text.strip():
            raise forms.ValidationError(
                "Nothing was left of the comment without its HTML tags. Write it in plain words."
            )
        return typed

    def clean(self):
        if self.sanitised:
            self.findings = judging.find(self.sanitised.text, name=self.cleaned_data.get("name", ""))
        return self.cleaned_data

    @property
    def keeps_words(self):
        """Whether the writer asked to keep as text what looks like a tag."""
        return self.data.get("keep") == "1"

    @property
    def is_urgent(self):
        return triage.urgency_of(self.findings) > 0

    @property
    def is_private(self):
        """Whether it says who a child is, as far as can be told."""
        return any(finding.kind == "privacy" for finding in self.findings)

    @property
    def must_be_seen(self):
        return (self.sanitised.removed or self.is_private) and self.data.get("confirm") != "1"

    @property
    def marked(self):
        """What will appear, in pieces, with what says who a child is marked."""
        private = [finding.as_dict() for finding in self.findings if finding.kind == "privacy"]
        return marking.marked(self.sanitised.text, private)

    @property
    def reworded(self):
        """What will appear without what says who a child is."""
        return triage.redact(self.sanitised.text, self.findings)


class CommentForm(WordsForm):
    """A reader's comment."""

    name = NameField(label="Name", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label="Email",
        required=False,
        max_length=254,
        help_text="optional, never shown",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    notify = forms.BooleanField(
        label="Mail me when somebody answers",
        required=False,
        help_text="Once a day at most, after you have confirmed your address. You can change it later.",
    )
    parent = forms.ModelChoiceField(Comment.objects.none(), required=False, widget=forms.HiddenInput)
    website = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    elapsed = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-seconds-since-load": ""}))
    stored = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ["name", "email", "body"]

    def __init__(self, data=None, *, article, initial=None):
        super().__init__(data, initial=initial, auto_id="write-%s")
        self.article = article
        self.fields["parent"].queryset = article.comments.approved().select_related("parent__parent")
        self.fields["name"].error_messages["required"] = "Give a name; a first name or a nickname will do."
        self.fields["body"].error_messages["required"] = "Write your comment before you send it."
        self.fields["parent"].error_messages["invalid_choice"] = "The comment you answer is no longer on the page."

    def clean_name(self):
        if not self.cleaned_data["name"]:
            raise forms.ValidationError("Nothing was left of the name without its HTML tags. Give another.")
        return self.cleaned_data["name"]

    def clean_notify(self):
        if self.cleaned_data["notify"] and not self.data.get("email"):
            raise forms.ValidationError("Give an email address above, to which answers are mailed.")
        return self.cleaned_data["notify"]

    def clean_elapsed(self):
        """Whole seconds since the page was loaded. None where no script filled it in: that counts for nothing."""
        given = self.cleaned_data["elapsed"]
        return int(given) if given.isdecimal() and len(given) < 7 else None

    @property
    def helper(self):
        helper = FormHelper()
        helper.form_action = reverse("comments:post", args=[self.article.slug])
        helper.form_class = "comment-form"
        # The pages that hold this form are stored; lib.origin does what the token would.
        helper.disable_csrf = True
        helper.form_show_errors = True
        helper.attrs = {"novalidate": "", "data-danger-signs": reverse("comments:danger_signs")}
        helper.layout = Layout(
            Field("parent"),
            Field("elapsed"),
            Field("stored"),
            Div(Field("name"), Field("email"), css_class="form-pair"),
            Field("body"),
            HTML("{% include 'comments/_live_guidance.html' %}"),
            Field("notify"),
            Div(Field("website"), css_class="visually-hidden", aria_hidden="true"),
            HTML("{% include 'comments/_form_note.html' %}"),
            Submit("send", "Send to the moderator"),
        )
        return helper


class EditForm(WordsForm):
    """A new text for a comment, by its writer."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["body"].label = "Your comment"
        self.fields["body"].error_messages["required"] = "Write it anew, or go back and take your comment back there."

    @property
    def helper(self):
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        return helper


class PaceForm(forms.Form):
    """How soon a writer wants to know of answers."""

    pace = forms.ChoiceField(choices=Pace.choices)


class ReportForm(forms.ModelForm):
    class Meta:
        model = Report
        fields = ["why", "words"]
        labels = {"why": "What is wrong with it?", "words": "Anything that the moderator should know"}
        widgets = {"why": forms.RadioSelect}
        help_texts = {"words": "optional"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["why"].choices = Report.Why.choices
        self.fields["why"].error_messages["required"] = "Choose what is wrong with it."

    def clean_words(self):
        return sanitise_line(self.cleaned_data["words"])

    @property
    def helper(self):
        helper = FormHelper()
        helper.disable_csrf = True
        helper.attrs = {"novalidate": ""}
        helper.add_input(Submit("send", "Send to the moderator"))
        return helper
