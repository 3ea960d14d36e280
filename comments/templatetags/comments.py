from django import template

from comments.forms import CommentForm
from comments.models import Comment
from comments.threads import thread_page

register = template.Library()


@register.simple_tag
def comment_page(article):
    """The first page of an article's comments."""
    return thread_page(article)


@register.inclusion_tag("comments/_section.html", takes_context=True)
def comment_section(context, article, page):
    """A page of comments with the form: `?reply=ID` makes the form answer that comment."""
    answered = context["request"].GET.get("reply", "")
    parent = None
    if answered.isdecimal() and len(answered) < 19:
        parent = Comment.objects.approved().filter(article=article, parent=None, pk=answered).first()
    form = CommentForm(article=article, initial={"parent": parent})
    return {**context.flatten(), "article": article, "page": page, "form": form, "parent": parent}
