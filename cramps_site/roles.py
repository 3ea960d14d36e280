"""What each role of the staff may do, as Django groups. The migrations make the groups from this table."""

ROLES = {
    "writer": [
        "articles.view_article", "articles.add_article", "articles.change_article",
        "articles.view_version", "articles.add_version", "articles.change_version",
        "articles.view_source", "articles.add_source", "articles.change_source", "articles.delete_source",
        "articles.view_image", "articles.add_image", "articles.view_author", "articles.view_topic",
    ],
    "reviewer": [
        "articles.view_article", "articles.view_version", "articles.view_source", "articles.view_image",
        "articles.view_author", "articles.view_topic", "articles.view_signoff", "articles.add_signoff",
    ],
    "moderator": [
        "comments.view_comment", "comments.change_comment", "comments.view_decision", "articles.view_article",
    ],
}  # fmt: skip
ROLES["editor"] = sorted(
    {permission for role in ROLES.values() for permission in role}
    | {
        "articles.publish_article", "articles.change_image", "articles.add_author", "articles.change_author",
        "articles.add_topic", "articles.change_topic", "newsletter.view_subscriber", "newsletter.view_issue",
        "newsletter.add_issue", "newsletter.change_issue", "newsletter.view_issuearticle",
        "newsletter.add_issuearticle", "newsletter.change_issuearticle", "newsletter.delete_issuearticle",
    }
)  # fmt: skip


def make_groups(apps):
    """Make the groups and give each exactly the permissions of the table. For migrations: `apps` is historical."""
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    for role, names in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        permissions = []
        for name in names:
            app, codename = name.split(".")
            kind, _ = ContentType.objects.get_or_create(app_label=app, model=codename.split("_", 1)[1])
            permission, _ = Permission.objects.get_or_create(
                content_type=kind, codename=codename, defaults={"name": f"Can {codename.replace('_', ' ')}"}
            )
            permissions.append(permission)
        group.permissions.set(permissions)
