import json

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder

from comments import people as writers
from newsletter import people as subscribers


class Command(BaseCommand):
    help = "Print as JSON all that the site keeps about a mail address, for its owner who asks."

    def add_arguments(self, parser):
        parser.add_argument("address")

    def handle(self, *, address, **options):
        told = {"newsletter": subscribers.export_of(address), "comments": writers.export_of(address)}
        self.stdout.write(json.dumps(told, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False))
