"""What a new site begins with: the shipped rules of triage, reasons not to publish, and a policy that trusts nobody.

The publisher changes all of it in the admin. Nothing that exists is touched.
"""

from comments import triage

REASONS = (
    ("Medical question about a child", "We cannot advise on one child here. Please ask your doctor or a pharmacist."),
    ("Says who a child is", "It names details by which a child could be found. Please write it again without them."),
    ("Advice that may harm", "It recommends something that may harm a child, or a dose; only a doctor should do that."),
    ("Not about the article", "It is not about the subject of the article."),
    ("Hurtful", "It is worded in a way that may hurt other parents. Please say it in a kinder way."),
    ("Advertising", "It advertises something. We publish experiences, not offers."),
    ("Said already", "The same was said already, so it would not help other parents further."),
)


def make_standards(apps):
    """Make the rows that are missing. For migrations: `apps` may be historical."""
    apps.get_model("comments", "Policy").objects.get_or_create(pk=1)
    apps.get_model("comments", "SpamCounts").objects.get_or_create(pk=1)
    reasons = apps.get_model("comments", "Reason").objects
    for position, (label, sentence) in enumerate(REASONS, 1):
        reasons.get_or_create(label=label, defaults={"sentence": sentence, "position": position})
    rules = apps.get_model("comments", "Rule").objects
    for rule in triage.load_shipped("en"):
        key = {"language": rule.language, "kind": rule.kind, "name": rule.name}
        rules.get_or_create(**key, defaults={"phrases": rule.phrases})
