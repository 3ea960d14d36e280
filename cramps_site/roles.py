"""What each role of the staff may do, as Django groups. The migrations make the groups from this table.

Nobody here touches accounts: that is left to an administrator, who may do everything. Somebody with two jobs is put
into two groups.
"""

WRITER = {
    "articles.view_article", "articles.add_article", "articles.change_article",
    "articles.view_version", "articles.add_version", "articles.change_version",
    "articles.view_source", "articles.add_source", "articles.change_source", "articles.delete_source",
    "articles.view_image", "articles.add_image", "articles.view_author", "articles.view_topic",
    "articles.view_externallink",
}  # fmt: skip
REVIEWER = {
    "articles.view_article", "articles.view_version", "articles.view_source", "articles.view_image",
    "articles.view_author", "articles.view_topic", "articles.view_signoff", "articles.add_signoff",
}  # fmt: skip
MODERATOR = {
    "comments.view_comment", "comments.change_comment", "comments.view_decision", "articles.view_article",
    "comments.view_rule", "comments.view_reason", "comments.view_policy", "comments.view_spamcounts",
    "comments.view_watch", "comments.add_watch", "comments.change_watch",
}  # fmt: skip
# An editor sees what was signed and signs nothing: a medical review is a reviewer's word.
EDITOR = WRITER | MODERATOR | {
    "comments.add_rule", "comments.change_rule",
    "comments.add_reason", "comments.change_reason", "comments.change_policy",
    "articles.view_publication", "articles.change_publication", "articles.change_externallink",
    "articles.publish_article", "articles.view_signoff", "articles.change_image", "articles.add_author",
    "articles.change_author", "articles.add_topic", "articles.change_topic",
    "newsletter.view_subscriber", "newsletter.view_consent", "newsletter.view_issue", "newsletter.add_issue",
    "newsletter.change_issue", "newsletter.view_issuearticle", "newsletter.add_issuearticle",
    "newsletter.change_issuearticle", "newsletter.delete_issuearticle", "newsletter.send_issue",
    "newsletter.view_digest", "newsletter.add_digest", "newsletter.change_digest",
    "newsletter.view_sendingpolicy", "newsletter.change_sendingpolicy", "newsletter.view_bounce",
}  # fmt: skip
# Keeps the site running: what goes out and what comes back, lists of addresses in and out. Changes no text.
OPERATOR = {
    "newsletter.view_subscriber", "newsletter.view_consent", "newsletter.view_bounce",
    "newsletter.import_subscriber", "newsletter.export_subscriber",
    "newsletter.view_issue", "newsletter.view_issuearticle", "newsletter.send_issue", "newsletter.view_digest",
    "newsletter.view_sendingpolicy", "newsletter.change_sendingpolicy",
    "articles.view_publication", "articles.change_publication",
}  # fmt: skip
ROLES = {"writer": WRITER, "reviewer": REVIEWER, "moderator": MODERATOR, "editor": EDITOR, "operator": OPERATOR}


def make_groups(apps):
    """Make the groups and give each exactly the permissions of the table. For migrations: `apps` is historical."""
    Group = apps.get_model("auth", "Group")
    for role, names in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([_permission(apps, *name.split(".")) for name in sorted(names)])


def _permission(apps, app, codename):
    """The permission, made here where Django has not come to it yet: it does so only after the last migration."""
    model = codename.partition("_")[2]
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=app, model=model)
    name = f"Can {codename.replace('_', ' ')}"
    permissions = apps.get_model("auth", "Permission").objects
    return permissions.get_or_create(content_type=kind, codename=codename, defaults={"name": name})[0]
