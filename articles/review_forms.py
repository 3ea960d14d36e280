"""What a reviewer may answer. Each form knows the verb that it stands for."""

from crispy_forms.helper import FormHelper
from django import forms

from articles import reviewing
from articles.forms import Words


class AnswerForm(forms.Form):
    # Without an id: it stands in several forms of one page.
    seen = forms.CharField(widget=forms.HiddenInput({"id": False}))
    """The content hash of the text that the page showed."""

    @property
    def helper(self):
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        return helper


class SignForm(AnswerForm):
    read = forms.BooleanField(
        label="I have read this text, and it is medically sound.",
        error_messages={"required": "Tick the box before you sign: your name will stand above this text."},
    )

    def answer(self, asked):
        return reviewing.sign(asked, seen=self.cleaned_data["seen"])


class ReasonForm(AnswerForm):
    reason = Words(2000, rows=4, label="What has to change")

    def clean_reason(self):
        if not self.cleaned_data["reason"].strip():
            raise forms.ValidationError("Say what has to change before you send it back.")
        return self.cleaned_data["reason"]

    def answer(self, asked):
        return reviewing.send_back(asked, reason=self.cleaned_data["reason"], seen=self.cleaned_data["seen"])


class RemarkForm(AnswerForm):
    passage = Words(2000, rows=2, label="The passage", help_text="Copy its words here; empty: the text as a whole.")
    words = Words(2000, rows=3, label="Your remark")

    def clean_words(self):
        if not self.cleaned_data["words"].strip():
            raise forms.ValidationError("Write your remark before you send it.")
        return self.cleaned_data["words"]

    def answer(self, asked):
        return reviewing.remark(asked, passage=self.cleaned_data["passage"], words=self.cleaned_data["words"])
