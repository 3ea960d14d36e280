from django import template
from django.conf import settings

from comments.forms import CommentForm
from comments.models import Comment, Policy
from comments.threads import thread_page

register = template.Library()


@register.simple_tag
def comment_page(article):
    """The first page of an article's comments."""
    return thread_page(article)


@register.inclusion_tag("comments/_section.html", takes_context=True)
def comment_section(context, version, page):
    """A page of comments with the form: `?reply=ID` makes the form answer that comment."""
    article = version.article
    answered = context["request"].GET.get("reply", "")
    parent = None
    if answered.isdecimal() and len(answered) < 19:
        parent = Comment.objects.approved().filter(article=article, pk=answered).first()
    form = CommentForm(article=article, initial={"parent": parent})
    return {**context.flatten(), "version": version, "article": article, "page": page, "form": form, "parent": parent}


@register.inclusion_tag("comments/_guidance.html")
def guidance():
    """What to do in an emergency, with this country's numbers; the same words for everybody."""
    return {
        "guidance_lines": Policy.get().guidance.splitlines(),
        "emergency_number": settings.EMERGENCY_NUMBERS[settings.COUNTRY],
        "poison_number": settings.POISON_NUMBERS.get(settings.COUNTRY),
        "crisis_number": settings.CRISIS_NUMBERS.get(settings.COUNTRY),
    }
