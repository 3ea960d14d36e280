"""The admin's way in and out for whole lists of subscribers: django-import-export's pages around our own reading.

Its row-by-row import would need minutes for a hundred thousand rows and show them all on one page; here its Resource
hands the file's bytes to `newsletter.importing`, and its preview shows the Report.
"""

import re
import time
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import Format
from import_export.forms import ImportForm
from import_export.resources import Resource
from import_export.results import Result
from import_export.tmp_storages import BaseStorage

from newsletter import exporting, importing

LARGEST = 20 * 1024 * 1024
SHOWN = 200
"""Of each fate, how many rows a page lists."""


class PrivateFolder(BaseStorage):
    """Keeps the file between dry run and import: readable for the site alone, and not for long."""

    KEPT_FOR = 60 * 60

    @property
    def folder(self):
        return settings.VAR_DIR / "imports"

    def save(self, data):
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in self.folder.iterdir():
            if file.stat().st_mtime < time.time() - self.KEPT_FOR:
                file.unlink(missing_ok=True)
        self.name = uuid4().hex
        self.path().touch(mode=0o600)
        self.path().write_bytes(data)

    def read(self):
        return self.path().read_bytes()

    def remove(self):
        self.path().unlink(missing_ok=True)

    def path(self):
        if not re.fullmatch("[0-9a-f]{32}", self.name):
            raise FileNotFoundError(self.name)
        return self.folder / self.name


class SubscriberList(Format):
    """A file that `importing` can read, as its bytes."""

    def __init__(self, encoding=None):
        """The library names an encoding; ours is found out from the bytes."""

    def get_title(self):
        return "CSV"

    def can_import(self):
        return True

    def create_dataset(self, data):
        importing.read(data)
        return data


class SubscriberResource(Resource):
    @classmethod
    def get_display_name(cls):
        return "Subscribers"

    def get_user_visible_fields(self):
        return []

    def import_data(self, dataset, dry_run=False, **kwargs):
        result = Result()
        result.report = importing.run(dataset, dry_run=dry_run)
        return result


class ListForm(ImportForm):
    import_file = forms.FileField(label="File", help_text="CSV in UTF-8, at most 20 MB.")

    def clean_import_file(self):
        file = self.cleaned_data["import_file"]
        if file.size > LARGEST:
            raise forms.ValidationError(
                "The file is larger than 20 MB. Have it imported on the server: manage.py import_subscribers FILE."
            )
        return file


class ListsMixin(ImportExportMixin):
    """Import with a dry run, and export. Whole lists of addresses are the operator's business and no editor's: a role
    has to be given these two permissions by name."""

    resource_classes = [SubscriberResource]
    import_form_class = ListForm
    tmp_storage_class = PrivateFolder
    import_template_name = "admin/newsletter/subscriber/import.html"
    export_template_name = "admin/newsletter/subscriber/export.html"

    def has_import_permission(self, request):
        return request.user.has_perm("newsletter.import_subscriber")

    def has_export_permission(self, request):
        return request.user.has_perm("newsletter.export_subscriber")

    def get_import_formats(self):
        return [SubscriberList]

    def add_data_read_fail_error_to_form(self, form, error):
        if not isinstance(error, importing.Unreadable):
            raise error
        form.add_error("import_file", str(error))

    def get_import_context_data(self, **kwargs):
        return {"columns": importing.COLUMNS, "shown": SHOWN}

    def process_import(self, request, **kwargs):
        try:
            return super().process_import(request, **kwargs)
        except FileNotFoundError:
            messages.error(request, "The file is not kept any longer than an hour: choose it again.")
            return redirect("admin:newsletter_subscriber_import")

    def process_result(self, result, request):
        numbers = ", ".join(f"{number} {fate}" for fate, number in result.report.lines)
        self._log(request, f"Imported a list: {numbers}.")
        context = self.admin_site.each_context(request) | self.get_import_context_data()
        context |= {"title": "Imported", "result": result, "opts": self.opts, "is_done": True}
        return TemplateResponse(request, self.import_template_name, context)

    def export_action(self, request):
        """GET asks, POST notes who took the list and gives it: all of it, or what search and filters leave."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        subscribers = self.get_export_queryset(request)
        if request.method != "POST":
            context = self.admin_site.each_context(request) | {"title": "Export", "opts": self.opts}
            context |= {"number": subscribers.count(), "columns": exporting.COLUMNS}
            return TemplateResponse(request, self.export_template_name, context)
        self._log(request, "Exported the list.")
        response = StreamingHttpResponse(exporting.lines(subscribers), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="subscribers.csv"'
        return response

    def _log(self, request, words):
        LogEntry.objects.create(
            user=request.user,
            content_type=ContentType.objects.get_for_model(self.model),
            object_repr="The list of subscribers",
            action_flag=CHANGE,
            change_message=words,
        )
