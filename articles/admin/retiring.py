"""Asks before articles are taken from the public: what links to each, and where its address should lead."""

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.shortcuts import render

from articles.models import Article, InternalLink, Version


class RetireForm(forms.Form):
    """One choice for each article: another one that stays, or none."""

    def __init__(self, articles, data=None):
        super().__init__(data)
        self.articles = list(articles)
        staying = titled(Article.objects.published()).exclude(pk__in=[each.pk for each in self.articles])
        for article in self.articles:
            self.fields[f"to-{article.pk}"] = Target(staying.order_by("title"), initial=article.leads_to_id)

    def rows(self):
        """(article, published articles that link to it, its field) of each."""
        return [(each, titled(each.linking_here()), self[f"to-{each.pk}"]) for each in self.articles]

    @transaction.atomic
    def retire(self, *, by):
        """The titles of those that were public until now."""
        retired = []
        for article in self.articles:
            article.leads_to = self.cleaned_data[f"to-{article.pk}"]
            article.save()
            if article.retire(by=by):
                retired.append(article.newest_version().title)
        return retired


class Target(forms.ModelChoiceField):
    def __init__(self, articles, **options):
        super().__init__(articles, required=False, empty_label="Nowhere: the page says that it is gone", **options)
        self.error_messages["invalid_choice"] = "Choose an article that readers can open and that stays."

    def label_from_instance(self, article):
        return article.title


def titled(articles):
    """Published articles, each with the `title` that readers see."""
    return articles.annotate(title=Subquery(Version.objects.filter(pk=OuterRef("live_id")).values("title")))


def ask_and_retire(model_admin, request, articles):
    """The page that asks; once it is confirmed, None."""
    form = RetireForm(articles.select_related("leads_to"), request.POST if "confirm" in request.POST else None)
    if form.is_valid():
        retired = form.retire(by=request.user)
        titles = ", ".join(f"“{title}”" for title in retired)
        messages.success(request, f"Taken from the public: {titles or 'nothing, as none of it was public'}.")
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Take from the public",
        "opts": Article._meta,
        "form": form,
    }
    return render(request, "admin/articles/article/retire.html", context, status=422 if form.is_bound else 200)


class LinksFilter(admin.SimpleListFilter):
    title, parameter_name = "links", "links"

    def lookups(self, request, model_admin):
        return [("nowhere", "Links to an article that readers cannot open")]

    def queryset(self, request, articles):
        if self.value() != "nowhere":
            return articles
        return articles.filter(versions__in=InternalLink.objects.leading_nowhere().values("version")).distinct()
