"""Makes exports of any size, as WordPress writes them."""

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:wp="http://wordpress.org/export/1.2/"><channel><link>https://old.test</link><wp:wxr_version>1.2</wp:wxr_version>'
)
WORDS = "A muscle tightens and will not let go, mostly at night, and mostly in the calf. "


def write_wordpress(path, megabytes, *, comments=200):
    """An export of about so many megabytes: long posts, each with some hundred comments. The number of its posts."""
    size = number = 0
    with path.open("w", encoding="utf-8") as file:
        size += file.write(HEAD)
        while size < megabytes * 1_000_000:
            number += 1
            size += file.write(_item(number, comments))
        file.write("</channel></rss>")
    return number


def _item(number, comments):
    body = "".join(f"<p>{WORDS * 12}</p>\n" for _ in range(20))
    said = "".join(_comment(number * 10_000 + each, each) for each in range(comments))
    return (
        f"<item><title>Cramps {number}</title><wp:post_id>{number}</wp:post_id><wp:post_type>post</wp:post_type>"
        f"<wp:status>publish</wp:status><wp:post_date_gmt>2020-01-01 08:00:00</wp:post_date_gmt>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded>{said}</item>\n"
    )


def _comment(number, each):
    parent = number - 1 if each % 5 else 0
    return (
        f"<wp:comment><wp:comment_id>{number}</wp:comment_id><wp:comment_author>Parent</wp:comment_author>"
        f"<wp:comment_author_email>parent-{number % 500}@example.org</wp:comment_author_email>"
        f"<wp:comment_date_gmt>2020-01-02 08:00:00</wp:comment_date_gmt><wp:comment_approved>1</wp:comment_approved>"
        f"<wp:comment_content><![CDATA[{WORDS * 20}]]></wp:comment_content>"
        f"<wp:comment_parent>{parent}</wp:comment_parent></wp:comment>\n"
    )
