"""`presets-*.json`: every preset, from what it accepts to each of its faults."""

from .build import VectorFile
from .preset_cases import NOTES, Preset
from .presets import ALIASES, MESSAGES, PRESETS, UNSUPPORTED
from .presets_composed import COMPOSED
from .sender import BY_NAME, NOW, Sent, example_secret, moment


def pruned(out):
    """The file, with the notes of the flags it uses."""
    used = {flag for vector in out.vectors for flag in vector["flags"]}
    out.notes = {flag: text for flag, text in out.notes.items() if flag in used}
    return out


def groups():
    described = {name: scheme for name, scheme in PRESETS.items() if "function" not in scheme and name not in MESSAGES and name not in COMPOSED}
    plain = [name for name, scheme in described.items() if "token" not in scheme and "timestamp" not in scheme]
    stamped = [name for name, scheme in described.items() if "timestamp" in scheme]
    return plain, stamped


def of_presets(name, title, names):
    out = VectorFile(name, title, "What %s accept and refuse." % ", ".join(names), dict(NOTES))
    for preset in names:
        traps(Preset(out, preset).all())
    return pruned(out)


def traps(preset):
    """What the notes of the senders warn of."""
    trap = globals().get("trap_" + preset.name.replace("-", "_"))
    if trap:
        trap(preset, preset.add, preset.good)
    if preset.name in ("standard-webhooks", "svix", "openai", "lithic", "gitlab"):
        trap_webhooks(preset, preset.add, preset.good)


def trap_stripe(preset, add, good):
    stripped = Sent(dict(preset.scheme, secret="BASE64"), preset.body, preset.secret)
    add("decoded-secret", "The secret taken for base64, as Standard Webhooks would.", "mismatch", "Trap", stripped.headers())
    add("stripped-secret", "The secret without its whsec_.", "mismatch", "Trap", secrets=[preset.secret[6:]])
    add("v0-only", "The right signature under v0, which is for tests.", "malformed_signature", "Trap", good.headers(value=good.value().replace("v1=", "v0=")))
    add("v0-wrong", "A wrong v0 beside the right v1.", "authentic", "Trap", good.headers(value=good.value() + ",v0=00"))
    add("not-base64", "A secret that is no base64.", "authentic", "Trap", sent=preset.sent("whsec_test!"), secrets=["whsec_test!"])


def trap_webhooks(preset, add, good):
    text = Sent(dict(preset.scheme, secret="UTF_8"), preset.body, preset.secret)
    add("secret-as-text", "Signed with the text of the secret.", "mismatch", "Trap", text.headers())
    add("bare-secret", "The secret without whsec_.", "authentic", "Trap", secrets=[preset.secret[6:]])
    add("unpadded-secret", "The secret without its padding.", "authentic", "Trap", secrets=[preset.secret.rstrip("=")])
    add("malformed-secret", "A secret that is no base64.", "malformed_secret", "Secret", secrets=["whsec_not base64"])
    add("url-secret", "A secret in the url alphabet.", "malformed_secret", "Secret", secrets=["whsec_ab-_ab-_"])
    add("empty-secret", "Nothing behind whsec_.", "empty_secret", "Secret", secrets=["whsec_"])
    add("id-dot", "An id that holds the full stop behind it, signed so.", "missing_part", "Cut", sent=preset.sent(id="msg_1.2"))
    name, stamp = preset.scheme["id"]["from"][7:], preset.scheme["timestamp"]["from"][7:]
    genuine = preset.sent(id="msg_1", body=b'{"comment":"x.%d.{\\"to\\":1}"}' % (NOW + 10 ** 6))
    add("cut-genuine", "A body that holds what looks like the end of another delivery.", "authentic", "Accepted", sent=genuine)
    add("cut-elsewhere", "The same text and signature, cut elsewhere: eleven days later with a timestamp out of the body.", "missing_part", "Cut",
        genuine.headers(change={name: 'msg_1.%d.{"comment":"x' % NOW, stamp: str(NOW + 10 ** 6)}), b'{\\"to\\":1}"}', now=NOW + 10 ** 6)
    add("v1a", "A signature of version v1a, which is by a public key, beside the right one.", "authentic", "Trap", good.headers(value="v1a," + "A" * 86 + "== " + good.value()))


def trap_bitbucket(preset, add, good):
    add("sha256-in-old-header", "SHA-256 in the header that others use for SHA-1.", "authentic", "Trap")


def trap_github(preset, add, good):
    form = b"payload=%7B%22zen%22%3A%22Design+for+failure.%22%7D"
    add("form", "A form body: the raw bytes are signed.", "authentic", "Trap", preset.sent(body=form).headers() + [["Content-Type", "application/x-www-form-urlencoded"]],
        body=form)
    add("old-header", "The signature in the header of the old scheme.", "missing_signature", "Trap", [["X-Hub-Signature", good.value()]])
    add("old-header-wrong", "A wrong signature of the old scheme beside the right one.", "authentic", "Trap", [["X-Hub-Signature", "sha1=" + "0" * 40]] + good.headers())


def trap_intercom(preset, add, good):
    longer = preset.sent(algorithm=BY_NAME["SHA_256"])
    add("sha256", "SHA-256 behind its own prefix.", "malformed_signature", "Trap", good.headers(value="sha256=" + longer.sig()))


def trap_fivetran(preset, add, good):
    add("as-sent", "Upper-case hex, as the sender writes it.", "authentic", "Trap", good.headers(value=good.sig().upper()))


def trap_meta(preset, add, good):
    add("unescaped", "The escapes of the body were undone.", "mismatch", "Trap", body=preset.body.replace(b"\\u00e9", "\u00e9".encode()))


def trap_adyen_management(preset, add, good):
    trap_hex_secret(preset, add, good)


def trap_close(preset, add, good):
    trap_hex_secret(preset, add, good)
    add("nine-digits", "A timestamp of nine digits: the tenth could be the first of the body.", "malformed_timestamp", "Cut", sent=preset.sent(stamp=str(NOW)[:-1]))
    add("cut-elsewhere", "The first digit of the body moved into the timestamp.", "malformed_timestamp", "Cut",
        preset.sent(body=b"12").headers(change={"close-sig-timestamp": str(NOW) + "1"}), b"2")


def trap_hex_secret(preset, add, good):
    text = Sent(dict(preset.scheme, secret="UTF_8"), preset.body, preset.secret)
    add("secret-as-text", "Signed with the text of the secret.", "mismatch", "Trap", text.headers())
    add("secret-upper-case", "The secret in upper-case hex.", "authentic", "Trap", secrets=[preset.secret.upper()])
    add("malformed-secret", "A secret that is no hex.", "malformed_secret", "Secret", secrets=["not hex"])
    add("odd-secret", "A secret with an odd number of digits.", "malformed_secret", "Secret", secrets=[preset.secret[:-1]])
    add("empty-secret", "An empty secret.", "empty_secret", "Secret", secrets=[""])




def trap_airtable(preset, add, good):
    text = Sent(dict(preset.scheme, secret="UTF_8"), preset.body, preset.secret)
    add("secret-as-text", "Signed with the text of the secret.", "mismatch", "Trap", text.headers())
    add("malformed-secret", "A secret that is no base64.", "malformed_secret", "Secret", secrets=["not base64"])


def trap_zendesk(preset, add, good):
    decoded = Sent(dict(preset.scheme, secret="BASE64"), preset.body, preset.secret)
    add("decoded-secret", "The secret looks like base64 and is not.", "mismatch", "Trap", decoded.headers())


def trap_box(preset, add, good):
    offset = preset.sent(stamp="2025-10-09T01:53:20-07:00")
    add("offset", "A moment with an offset.", "authentic", "Trap", sent=offset)
    add("offset-forged", "The same moment written in another way is another text.", "mismatch", "Trap", offset.headers(change={"BOX-DELIVERY-TIMESTAMP": "2025-10-09T08:53:20Z"}))
    both = [["BOX-SIGNATURE-PRIMARY", good.sig()], ["BOX-SIGNATURE-SECONDARY", good.sig(good.tag_by(preset.other))], ["BOX-DELIVERY-TIMESTAMP", good.stamp],
            ["BOX-SIGNATURE-ALGORITHM", "HmacSHA256"], ["BOX-SIGNATURE-VERSION", "1"]]
    add("as-sent", "Two keys, two headers, and the headers that tell the version.", "authentic", "Trap", both)
    add("new-key-only", "The operator has the second key only.", "authentic", "Trap", both, secrets=[preset.other])


def trap_twitch(preset, add, good):
    add("nanoseconds", "A moment with nine decimals.", "authentic", "Trap", sent=preset.sent(stamp="2025-10-09T08:53:20.123456789Z"))
    add("id-colon", "An id with a colon, signed so: the date behind it could begin elsewhere.", "missing_part", "Cut", sent=preset.sent(id="msg:1"))
    genuine = preset.sent(id="msg_1", body=b"{2025-10-20T08:53:20Z{}}")
    add("cut-genuine", "A body that holds a date.", "authentic", "Accepted", sent=genuine)
    add("cut-elsewhere", "The same text and signature, cut at the date in the body.", "missing_part", "Cut",
        genuine.headers(change={"Twitch-Eventsub-Message-Id": "msg_12025-10-09T08:53:20Z{", "Twitch-Eventsub-Message-Timestamp": "2025-10-20T08:53:20Z"}), b"{}}", now=NOW + 11 * 86400)


def trap_workos(preset, add, good):
    add("seconds", "Seconds where milliseconds are due: a moment of 1970.", "expired", "Trap", sent=preset.sent(stamp=str(NOW)))
    add("as-sent", "A blank behind the comma, as the sender writes it.", "authentic", "Trap", good.headers(value=good.value().replace(",", ", ")))


def trap_webflow(preset, add, good):
    add("seconds", "Seconds where milliseconds are due: a moment of 1970.", "expired", "Trap", sent=preset.sent(stamp=str(NOW)))


def trap_slack(preset, add, good):
    add("milliseconds", "Milliseconds where seconds are due: a moment far ahead.", "from_future", "Trap", sent=preset.sent(stamp=moment("ms")))


def trap_paddle(preset, add, good):
    add("comma", "A comma for the semicolon.", "malformed_signature", "Format", good.headers(value=good.value().replace(";", ",")))


def trap_scalr(preset, add, good):
    add("no-date", "The signed header is missing.", "missing_part", "Part", good.headers(drop=["Date"]))
    add("empty-date", "The signed header is empty.", "missing_part", "Part", good.headers(change={"Date": ""}))
    add("blank-date", "The signed header is a blank.", "missing_part", "Part", good.headers(change={"Date": " \t"}))
    add("two-dates", "The signed header stands there twice.", "repeated_signature", "Repeated", good.headers() + [["Date", good.extra["Date"]]])
    add("tampered-date", "The signed header was altered.", "mismatch", "Tampered", good.headers(change={"Date": good.extra["Date"].replace("20", "21")}))
    add("blanks-date", "Blanks around the signed header are trimmed.", "authentic", "Trap", good.headers(change={"Date": " %s " % good.extra["Date"]}))
    add("long-date", "A signed header of 4,097 bytes.", "malformed_signature", "Format", good.headers(change={"Date": "D" * 4097}))
    add("body-moved", "All of the body moved into the signed header.", "missing_part", "Cut", good.headers(change={"Date": preset.body.decode() + good.extra["Date"]}), body=b"")
    add("comma", "The date with its comma and GMT, as RFC 9110 has it.", "authentic", "Accepted", sent=Sent(preset.scheme, preset.body, preset.secret, extra={"Date": "Thu, 09 Oct 2025 08:53:20 GMT"}))
    add("other-date", "A date of another form, signed so: nothing would tell where it begins.", "missing_part", "Cut", sent=Sent(preset.scheme, preset.body, preset.secret, extra={"Date": "2025-10-09"}))
    add("old", "A date of long ago: the sender's date is no timestamp.", "authentic", "NoTolerance", now=NOW + 10 ** 9)


def trap_square(preset, add, good):
    url_part(preset, add, good)


def trap_trello(preset, add, good):
    url_part(preset, add, good)


def url_part(preset, add, good):
    add("other-url", "Another URL.", "mismatch", "Tampered", url=good.url + "2")
    add("no-slash", "The URL with another scheme.", "mismatch", "Tampered", url=good.url.replace("https:", "http:"))
    add("no-url", "The URL is not known.", "missing_part", "Part", url=None)


def trap_sanity(preset, add, good):
    add("padded", "The signature with its padding.", "authentic", "Trap", good.headers(value=good.value() + "="))


def trap_calendly(preset, add, good):
    trap_override(preset, add)


def trap_zoom(preset, add, good):
    trap_override(preset, add)


def trap_override(preset, add):
    add("own-tolerance", "A tolerance that the operator sets where the sender gives none.", "expired", "NoTolerance", sent=preset.sent(seconds=NOW - 61), tolerance=60)


def tokens():
    out = VectorFile("presets-token.json", "Presets whose senders repeat the secret", "The secret stands in a header as it is.", dict(NOTES))
    for name in [name for name, scheme in PRESETS.items() if "header" in scheme.get("token", {})]:
        header, secret, other = PRESETS[name]["token"]["header"], "example-token-1", "example-token-2"

        def add(id, comment, expect, flag, headers, secrets=(secret,), index=0, name=name, **more):
            out.add("preset-%s-%s" % (name, id), comment, None, headers, b'{"object_kind":"push"}', expect, flags=[flag], verifier=dict({"preset": name, "secrets": list(secrets)}, **more),
                    secret_index=index if expect == "authentic" else None)

        add("accept", "The secret is there.", "authentic", "Accepted", [[header, secret]])
        add("header-case", "The header name in another case.", "authentic", "Accepted", [[header.upper(), secret]])
        add("blanks", "Blanks around the secret.", "authentic", "Accepted", [[header, " %s\t" % secret]])
        add("rotation", "The second of two secrets.", "authentic", "Rotation", [[header, secret]], [other, secret], 1)
        add("missing", "No header.", "missing_signature", "Missing", [["X-Other", secret]])
        add("repeated", "Two equal headers.", "repeated_signature", "Repeated", [[header, secret]] * 2)
        add("empty", "An empty header.", "malformed_signature", "Format", [[header, " "]])
        add("long", "A header of 4,097 bytes.", "malformed_signature", "Format", [[header, "t" * 4097]])
        add("wrong", "Another secret.", "mismatch", "WrongSecret", [[header, other]])
        add("case", "The secret in another case.", "mismatch", "WrongSecret", [[header, secret.upper()]])
        add("longer", "The secret and more.", "mismatch", "WrongSecret", [[header, secret + "0"]])
        add("shorter", "The secret but for its end.", "mismatch", "WrongSecret", [[header, secret[:-1]]])
        if header == "Authorization":
            add("bearer", "Bearer before the secret.", "authentic", "Accepted", [[header, "Bearer " + secret]])
            add("basic", "Basic before the secret is part of it.", "mismatch", "Trap", [[header, "Basic " + secret]])
        else:
            add("bearer", "Bearer has no meaning outside Authorization.", "mismatch", "Trap", [[header, "Bearer " + secret]])
        add("empty-secret", "An empty secret.", "empty_secret", "Secret", [[header, secret]], [""])
        add("no-secrets", "No secret.", "empty_secret", "Secret", [[header, secret]], [])
        add("blank-secret", "A secret that no header can carry.", "malformed_secret", "Secret", [[header, secret]], [secret + " "])
        add("tolerance", "A tolerance without a timestamp.", "invalid_config", "Trap", [[header, secret]], tolerance=300)
    return pruned(out)


def add_alias(out, alias, name):
    """A delivery that the preset accepts, verified under another name."""
    scheme = PRESETS[name]
    secret = example_secret(scheme)
    arguments = dict(verifier={"preset": alias, "secrets": [secret]}, flags=["Alias"], secret_index=0)
    id, comment, body = "preset-name-alias-%s" % alias, "%s is %s." % (alias, name), b"a=b"
    if "token" in scheme:
        out.add(id, comment, None, [[scheme["token"]["header"], secret]], body, "authentic", **arguments)
        return
    at = dict(url="https://example.com/hook", method="POST")
    sent = Sent(scheme, body, secret, signed_body=SIGNED_BODIES.get(name), **at)
    now = NOW if "timestamp" in scheme else None
    lines = sent.headers() + ([["Content-Type", "application/x-www-form-urlencoded"]] if name in SIGNED_BODIES else [])
    out.add(id, comment, None, lines, body, "authentic", sent.algorithm, received_at=now, **at, **arguments)


# What a function makes of the form `a=b`.
SIGNED_BODIES = {"mandrill": b"ab"}


def names():
    notes = {"Alias": "Another name of a preset, or of a sender that signs as its sender does.", "Unsupported": "A sender that signs with a public key, or not the event.", "Unknown": "A name that no preset has, case and all.",
             "Tolerance": "A tolerance where no timestamp is signed.", "Secret": "A secret that is missing or empty."}
    out = VectorFile("presets-names.json", "Names of presets", "Presets that cannot be had, or not so. The deliveries are of no matter.", notes)

    def refuse(id, comment, expect, flag, name, secrets=("example-secret",), **more):
        out.add("preset-name-%s" % id, comment, None, [["X-Hub-Signature-256", "sha256=" + "0" * 64]], b"{}", expect, flags=[flag],
                verifier=dict({"preset": name, "secrets": list(secrets)}, **more))

    for name in UNSUPPORTED:
        refuse(name, "%s is known, and there can be no preset for it." % name, "unsupported", "Unsupported", name)
    for number, name in enumerate(["", "githb", "GitHub", "STRIPE", "stripe ", " stripe", "standard_webhooks", "standardwebhooks", "cal.com", "hubspot-v4", "hub-spot", "gitlab_token", "sendgrid2",
                                   "Discord", "aws_sns", "x", "Facebook", "github/legacy", "sl\u00e4ck", "slack\u0000"]):
        refuse("unknown-%d" % (number + 1), "A name that does not exist.", "unknown_preset", "Unknown", name)
    for alias, name in sorted(ALIASES.items()):
        add_alias(out, alias, name)
    for name in ("github", "shopify", "scalr", "square", "twilio", "adyen", "telegram", "outpost"):
        refuse("tolerance-%s" % name, "A tolerance beside %s, which signs no timestamp." % name, "invalid_config", "Tolerance", name, [example_secret(PRESETS[name])], tolerance=300)
    refuse("tolerance-zero", "A tolerance of zero where there is no timestamp.", "invalid_config", "Tolerance", "github", tolerance=0)
    for name in ("github", "stripe", "standard-webhooks", "adyen", "twilio"):
        refuse("no-secret-%s" % name, "No secret for %s." % name, "empty_secret", "Secret", name, [])
        refuse("empty-secret-%s" % name, "An empty secret for %s." % name, "empty_secret", "Secret", name, [""])
        refuse("empty-beside-%s" % name, "An empty secret beside a good one, for %s." % name, "empty_secret", "Secret", name, [example_secret(PRESETS[name]), ""])
    return out


def files():
    plain, stamped = groups()
    out = []
    for kind, title, names_of, ranges in [("plain", "Presets that sign the body", plain, ["a-c", "d-h", "i-o", "p-z"]),
                                          ("stamped", "Presets with a timestamp", stamped, ["a-f", "g-o", "p-s", "t-z"])]:
        for letters in ranges:
            chosen = sorted(name for name in names_of if letters[0] <= name[0] <= letters[-1])
            out.append(of_presets("presets-%s-%s-%s.json" % (kind, letters[0], letters[-1]), "%s, %s to %s" % (title, letters[0], letters[-1]), chosen))
    return out + [tokens(), names()]
