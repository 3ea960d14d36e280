from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout, Submit
from django import forms
from django.urls import reverse

from articles.models import Topic
from newsletter.models import Subscriber


class SignUpForm(forms.Form):
    """The *Stay updated* box."""

    email = forms.EmailField(
        label="Email address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "placeholder": "you@example.org"}),
    )
    topics = forms.ModelMultipleChoiceField(
        Topic.objects.none(),
        to_field_name="slug",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: all of them.",
    )
    website = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    def __init__(self, data=None, *, with_topics=False):
        super().__init__(data, auto_id="signup-%s")
        self.fields["topics"].queryset = Topic.objects.all()
        self.with_topics = with_topics
        self.fields["email"].error_messages.update(
            required="Give the address that the newsletter should go to.",
            invalid="This does not look like a mail address. It should read like name@example.org.",
        )

    @property
    def helper(self):
        helper = FormHelper()
        helper.form_action = reverse("newsletter:index")
        helper.form_class = "signup-form"
        # The pages that hold this form are stored; lib.origin does what the token would.
        helper.disable_csrf = True
        helper.attrs = {"novalidate": ""}
        fields = ["email", "topics"] if self.with_topics else ["email"]
        helper.layout = Layout(
            *(Field(name) for name in fields),
            Div(Field("website"), css_class="visually-hidden", aria_hidden="true"),
            Submit("subscribe", "Subscribe"),
        )
        return helper


class PreferencesForm(forms.Form):
    """Which articles a subscriber wants, and how often."""

    topics = forms.ModelMultipleChoiceField(
        Topic.objects.none(),
        to_field_name="slug",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: articles of all topics.",
        error_messages={"invalid_choice": "There is no such topic any more. Choose among these."},
    )
    frequency = forms.ChoiceField(
        label="How often",
        choices=Subscriber.Frequency.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how often.", "invalid_choice": "Choose one of these."},
    )

    def __init__(self, data=None, *, subscriber):
        chosen = {"topics": list(subscriber.topics.all()), "frequency": subscriber.frequency}
        super().__init__(data, initial=chosen, auto_id="preferences-%s")
        self.fields["topics"].queryset = Topic.objects.all()

    @property
    def helper(self):
        helper = FormHelper()
        # The link is the key; lib.origin does what the token would.
        helper.disable_csrf = True
        helper.attrs = {"novalidate": ""}
        helper.layout = Layout(Field("topics"), Field("frequency"), Submit("save", "Save"))
        return helper
