"""Asks for the pages of other sites to which published texts lead: few at a time and one of each site."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from articles.models import ExternalLink
from cramps_site.lib.asking import ask

AT_ONCE, LOOKED_AT = 6, 200


def ask_around(at=None):
    """Ask for some pages whose turn it is and note what came of it. The next call, a minute later, asks for others."""
    links = one_of_each_site(ExternalLink.objects.due(at)[:LOOKED_AT])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda link: ask(link.url), links))
    for link, answer in zip(links, answers, strict=True):
        link.note(answer, at=at)
    return len(links)


def one_of_each_site(links):
    sites = {}
    for link in links:
        sites.setdefault(urlsplit(link.url).netloc.lower(), link)
    return list(sites.values())[:AT_ONCE]
