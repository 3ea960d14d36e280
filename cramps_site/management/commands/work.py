import logging
import signal
import time

from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections

from cramps_site.work import one_round

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Send mails and do periodic jobs as they fall due. One process is enough; on PostgreSQL there may be many."

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="do what is due now and stop")
        parser.add_argument("--pause", type=float, default=1.0, help="seconds between looks when nothing is due")

    def handle(self, *, once, pause, **options):
        self.stopping = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        while not self.stopping:
            more = self.look()
            if once and not more:
                return
            if not more:
                time.sleep(pause)

    def stop(self, *args):
        """Finish the row at hand, then leave."""
        self.stopping = True

    def look(self):
        close_old_connections()
        try:
            return one_round()
        except Error as error:
            log.warning("the database does not answer, trying again: %s", error)
            time.sleep(5)
            return False
