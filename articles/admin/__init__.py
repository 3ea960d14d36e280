from articles.admin import article, image, outside, people, review, version  # noqa: F401 registers them
