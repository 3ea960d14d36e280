from articles.admin import article, image, people, review, version  # noqa: F401 registers them
