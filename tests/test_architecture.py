"""The arrows between the rooms of the house, read from the imports, and the doors that are meant to be the only ones."""

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).resolve().parents[1]
ARROWS = {
    # Who may import whom. The root, cramps_site itself, may import everything and is imported by nobody.
    "cramps_site.lib": {"cramps_site.lib"},
    "articles": {"articles", "cramps_site.lib"},
    "comments": {"comments", "articles", "cramps_site.lib"},
    "newsletter": {"newsletter", "articles", "cramps_site.lib"},
    "cramps_site": {"cramps_site", "cramps_site.lib", "articles", "comments", "newsletter"},
}
ENVIRONMENT = {
    "cramps_site/settings.py": "the one place where it is read",
    "cramps_site/wsgi.py": "sets DJANGO_SETTINGS_MODULE for the server",
}
ENVIRON = {"environ", "environ.Env", "os.environ", "os.environb", "os.getenv"}
UNESCAPED = {
    "articles/search/snippets.py": (1, "pieces of a text, each escaped, around what was found"),
    # How often a file says that a text is safe as it is, and why that is true.
    "articles/linked_data.py": (1, "JSON without any sign that could end its element"),
    "articles/models/version.py": (1, "the body that articles.rendering passed through bleach"),
    "newsletter/composing.py": (1, "the same, with its links made absolute"),
    "newsletter/models/issues.py": (1, "the introduction that articles.rendering passed through bleach"),
    "templates/bootstrap5/_field_notes.html": (1, "help texts are written in our forms, never by a visitor"),
    "templates/bootstrap5/field.html": (1, "help texts are written in our forms, never by a visitor"),
}
WITHOUT_TOKEN = {
    "cramps_site/lib/origin.py": (2, "same_origin_post checks the origin instead; read_only answers 405 to every POST"),
    "comments/views.py": (1, "one press stops the mail about answers: mail programs send no token (RFC 8058)"),
    "newsletter/views.py": (1, "one-click unsubscribe: mail programs send no token (RFC 8058)"),
}


def sources():
    """The apps' modules: path from the root, and syntax tree."""
    for app in ("articles", "comments", "newsletter", "cramps_site"):
        for path in sorted((ROOT / app).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def room_of(module):
    """The room that a dotted name lies in, or None for what is not ours."""
    parts = module.split(".")
    room = "cramps_site.lib" if parts[:2] == ["cramps_site", "lib"] else parts[0]
    return room if room in ARROWS else None


def imports(tree, path):
    """Everything that is imported, by its whole name, also within functions and by a relative one."""
    package = path.split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            yield from (".".join([*base, *filter(None, [node.module]), alias.name]) for alias in node.names)


def calls(tree, names):
    """How often one of the names is used, whatever it was imported from."""
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute)]
    return sum((node.id if isinstance(node, ast.Name) else node.attr) in names for node in used)


def templates():
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.is_file():
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def test_no_arrow_is_reversed():
    wrong = set()
    for path, tree in sources():
        home = room_of(path.removesuffix(".py").replace("/", "."))
        rooms = {room_of(name) for name in imports(tree, path)} - {None}
        wrong |= {f"{path} imports {room}" for room in rooms - ARROWS[home]}
    assert wrong == set()


def test_the_environment_is_read_in_the_settings_alone():
    readers = {path for path, tree in sources() if reads_os_environ(tree) or ENVIRON & set(imports(tree, path))}
    assert readers == set(ENVIRONMENT)


def reads_os_environ(tree):
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in ("environ", "environb", "getenv")
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        for node in ast.walk(tree)
    )


def test_nothing_is_called_safe_without_a_reason():
    found = {
        path: calls(tree, {"mark_safe", "SafeString", "SafeText", "format_html_join", "html_safe"})
        for path, tree in sources()
    }
    found |= {path: len(re.findall(r"\|\s*(?:safe|safeseq)\b", text)) for path, text in templates()}
    assert {path: number for path, number in found.items() if number} == {p: n for p, (n, _) in UNESCAPED.items()}


def test_escaping_is_switched_off_in_plain_text_alone():
    off = [path for path, text in templates() if re.search(r"autoescape\s+off", text)]
    assert [path for path in off if not path.endswith(".txt")] == []


def test_no_view_does_without_a_token_without_a_reason():
    found = {path: calls(tree, {"csrf_exempt"}) for path, tree in sources()}
    assert {path: number for path, number in found.items() if number} == {p: n for p, (n, _) in WITHOUT_TOKEN.items()}
