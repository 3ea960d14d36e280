from articles.admin import article, image, people, version  # noqa: F401 registers them
