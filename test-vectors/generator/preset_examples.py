"""`preset-examples.json`: every example of `providers.json` and of the vendors' own tests, through its preset."""

from .build import VectorFile
from .providers import BY_NAME, examples, kebab
from .vendor_data import EXAMPLES

NOTES = {
    "Published": "Secret, headers and body are published at the source.",
    "Vendor": "From the vendor's own tests, and no row of providers.json.",
    "Refused": "The vendor's tests refuse it too, or its timestamp has another length than those of our time.",
    "Moment": "received_at is the moment of the timestamp.",
}
PRESETS = {
    "X-Hub-Signature-256": "github", "GitHub": "github-legacy", "Bitbucket": "bitbucket", "Jira": "jira", "Gitea": "gitea", "Gogs": "gogs", "Shopify": "shopify",
    "CircleCI": "circleci", "X": "twitter", "Razorpay": "razorpay", "Notion": "notion", "Coinbase Commerce": "coinbase-commerce", "Stripe": "stripe", "Slack": "slack",
    "Standard Webhooks": "standard-webhooks", "Svix": "svix", "Scalr": "scalr",
}
MOMENTS = {"Stripe": 1533204620, "Slack": 1531420618, "Standard Webhooks": 1614265330, "Scalr": 1504765804}


def files():
    out = VectorFile("preset-examples.json", "Published examples through their presets",
                     "Deliveries as senders, or the tests of other projects, publish them, verified by the preset of their sender.", NOTES)
    for example in examples():
        provider = example["provider"]
        preset = "hubspot-" + example["example"][:2] if provider == "HubSpot" else PRESETS.get(example["signature_header"]) or PRESETS[provider]
        stamp = dict(example["headers"]).get("svix-timestamp")
        moment = int(stamp) if stamp else MOMENTS.get(provider)
        out.accept("preset-example-%s-%s" % (kebab(provider), kebab(example["example"])), "%s, example \"%s\"." % (provider, example["example"]), None, example["headers"],
                   example["body"].encode("utf-8"), BY_NAME[example["algorithm"]], verifier={"preset": preset, "secrets": [example["secret"]]},
                   method=example.get("method"), url=example.get("url"), received_at=moment, flags=["Published"] + (["Moment"] if moment else []), source=example["source"])
    for example in EXAMPLES:
        good = example.expect == "authentic"
        verdict = dict(algorithm=BY_NAME[example.algorithm], secret_index=0) if good else {}
        flags = ["Published", "Vendor"] + (["Moment"] if example.now else []) + ([] if good else ["Refused"])
        out.add("preset-example-%s" % example.id, example.comment, None, example.headers, example.body.encode("utf-8"), example.expect, flags=flags, source=example.source,
                verifier={"preset": example.preset, "secrets": [example.secret]}, received_at=example.now, url=example.url, method=example.method, **verdict)
    return [out]
