"""Signatures whose text is not the canonical encoding of any bytes, or is of another encoding."""

from .accepted import kebab
from .build import (ALGORITHMS, BASE64, BASE64_URL, ENCODINGS, HEXA_DECIMAL, INFER, SHORT, SIGN, VectorFile, hmac_connection,
                    sign, varied_body)

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ALPHABET = {BASE64: LETTERS + "+/", BASE64_URL: LETTERS + "-_"}


def put(text, at, new, replace=True):
    """`text` with `new` in place of the character at `at` (or in front of it), as bytes."""
    new = new if isinstance(new, bytes) else new.encode("utf-8")
    return text[:at].encode("ascii") + new + text[at + (1 if replace else 0):].encode("ascii")


def foreign(text, wrong):
    """Faults that any encoding can have: one foreign character, or a blank inside."""
    middle, last = len(text) // 2, len(text) - 1
    yield "start", "A character outside the alphabet at the start.", "Alphabet", put(text, 0, wrong)
    yield "middle", "A character outside the alphabet in the middle.", "Alphabet", put(text, middle, wrong)
    yield "end", "A character outside the alphabet at the end.", "Alphabet", put(text, last, wrong)
    yield "behind", "Characters outside the alphabet behind the end.", "Alphabet", text.encode() + wrong.encode() * 4
    yield "inner-space", "A space inside.", "InnerBlank", put(text, middle, " ", replace=False)
    yield "inner-tab", "A tab inside.", "InnerBlank", put(text, middle, "\t", replace=False)
    yield "inner-newline", "A newline inside.", "InnerBlank", put(text, middle, "\n", replace=False)
    yield "inner-nul", "A NUL inside.", "InnerBlank", put(text, middle, "\x00", replace=False)
    yield "space-for-character", "A space in place of a character.", "InnerBlank", put(text, middle, " ")
    yield "trailing-newline", "A newline at the end, which is not trimmed.", "InnerBlank", text.encode() + b"\n"
    yield "leading-newline", "A newline in front, which is not trimmed.", "InnerBlank", b"\n" + text.encode()
    yield "non-ascii", "A letter beyond ASCII.", "NonAscii", put(text, middle, "\u00e9")
    yield "full-width", "A full-width digit in place of a character.", "NonAscii", put(text, middle, "\uff11")
    yield "non-utf8", "A byte that no UTF-8 text has.", "NonAscii", put(text, middle, b"\xff")
    yield "high-bit", "A good character with its highest bit set.", "NonAscii", put(text, middle, bytes([ord(text[middle]) | 0x80]))


def hexadecimal(text):
    yield from foreign(text, "g")
    yield "odd-short", "The last digit is missing.", "OddLength", text[:-1].encode()
    yield "odd-long", "One digit too many.", "OddLength", text.encode() + b"0"
    yield "one-digit", "One digit alone.", "OddLength", text[:1].encode()
    yield "0x", "A prefix 0x.", "Alphabet", b"0x" + text.encode()
    yield "dashes", "Pairs of digits with dashes between.", "Alphabet", "-".join(text[i:i + 2] for i in range(0, len(text), 2)).encode()
    yield "quotes", "Quotation marks around.", "Alphabet", b'"' + text.encode() + b'"'


def base64(text, encoding):
    padding = len(text) - len(text.rstrip("="))
    bare, alphabet = text.rstrip("="), ALPHABET[encoding]
    other = str.maketrans("+/", "-_") if encoding == BASE64 else str.maketrans("-_", "+/")
    own = "+/" if encoding == BASE64 else "-_"
    yield from foreign(bare, "*")
    for number, character in enumerate(own):
        at = bare.index(character)
        yield ("other-alphabet-%d" % (62 + number), "One character of the other base64 alphabet.", "OtherAlphabet", put(text, at, character.translate(other)))
    yield "other-alphabet", "The other base64 alphabet throughout.", "OtherAlphabet", text.translate(other).encode()
    if padding == 2:
        yield "partial-padding", "One `=` where two belong.", "Padding", (bare + "=").encode()
    yield "excess-padding", "One `=` more than belongs.", "Padding", (text + "=").encode()
    yield "much-padding", "A whole group of padding too many.", "Padding", (text + "====").encode()
    if padding:
        yield "blank-before-padding", "A space in front of the padding.", "BlankBeforePadding", (bare + " " + "=" * padding).encode()
        step = alphabet.index(bare[-1])
        yield "trailing-bits", "The unused bits of the last character are not all zero.", "TrailingBits", (bare[:-1] + alphabet[step + 1]).encode()
        yield ("trailing-bits-padded", "The unused bits of the last character are not all zero, padding present.", "TrailingBits",
               (bare[:-1] + alphabet[step + 1] + "=" * padding).encode())
        top = 8 if padding == 2 else 2
        yield ("trailing-bits-top", "The highest of the unused bits of the last character is set.", "TrailingBits",
               (bare[:-1] + alphabet[step + top]).encode())
    yield "one-left", "A last group of a single character.", "LoneCharacter", bare[:len(bare) // 4 * 4 - 3].encode()
    yield ("zero-left", "A last group of a single character that stands for zero bits.", "LoneCharacter",
           (bare[:len(bare) // 4 * 4] + "A").encode())
    yield "one-character", "One character alone.", "LoneCharacter", bare[:1].encode()
    yield "quotes", "Quotation marks around.", "Alphabet", b'"' + bare.encode() + b'"'


def add_other_encoding(out, algorithm, body):
    """Each encoding read as each other one."""
    short = kebab(algorithm)
    digits = sign(algorithm, HEXA_DECIMAL, body)
    for encoding in (BASE64, BASE64_URL):
        for mode, configured in [("fixed", algorithm), ("inferred", INFER)]:
            # Hexadecimal digits are good base64 of another length: 64 digits decode to 48 bytes, the length of SHA_384.
            expect = "mismatch" if mode == "inferred" and len(digits) == 64 else "wrong_length"
            out.add("encoding-%s-hex-read-as-%s-%s" % (short, SHORT[encoding], mode), "Hexadecimal where %s is configured." % encoding,
                    hmac_connection(configured, encoding), [[SIGN, digits]], body, expect, flags=["OtherEncoding"])
            for form, text in [("padded", sign(algorithm, encoding, body)), ("unpadded", sign(algorithm, encoding, body).rstrip("="))]:
                if form == "padded" and not text.endswith("="):
                    continue
                out.add("encoding-%s-%s-%s-read-as-hex-%s" % (short, SHORT[encoding], form, mode), "%s where HEXA_DECIMAL is configured." % encoding,
                        hmac_connection(configured, HEXA_DECIMAL), [[SIGN, text]], body, "malformed_encoding", flags=["OtherEncoding"])


def files():
    notes = {
        "Alphabet": "A character that the encoding does not have.",
        "InnerBlank": "White space or a control character; only spaces and tabs at the ends are trimmed.",
        "NonAscii": "A byte over 127.",
        "OddLength": "An odd number of hexadecimal digits.",
        "OtherAlphabet": "Characters of base64 where base64url is configured, or the reverse.",
        "Padding": "Padding that is neither absent nor complete.",
        "BlankBeforePadding": "A blank in front of the padding is text in front of a `=` that is no label, but only padding follows, so the decoder refuses it.",
        "TrailingBits": "Bits of the last character that belong to no byte must be zero.",
        "LoneCharacter": "A base64 group of one character holds no byte.",
        "OtherEncoding": "A good signature in an encoding that is not the configured one.",
        "DecodedFirst": "Text that is too long and malformed as well: the whole text is decoded before its length is judged.",
        "Inferred": "The algorithm is not configured.",
        "Labelled": "The signature stands behind a label.",
    }
    out = VectorFile("rejected-encodings.json", "Rejected encodings", "One fault in the text of the signature, for every algorithm and encoding.", notes)
    for number, algorithm in enumerate(ALGORITHMS):
        body, short = varied_body(algorithm), kebab(algorithm)
        for encoding in ENCODINGS:
            text = sign(algorithm, encoding, body)
            faults = list(hexadecimal(text) if encoding == HEXA_DECIMAL else base64(text, encoding))
            for count, (id, comment, flag, value) in enumerate(faults):
                out.add("encoding-%s-%s-%s" % (short, SHORT[encoding], id), comment, hmac_connection(algorithm, encoding),
                        [[SIGN, value]], body, "malformed_encoding", flags=[flag])
                if (count + number) % 3 == 0:
                    out.add("encoding-%s-%s-%s-inferred" % (short, SHORT[encoding], id), comment, hmac_connection(INFER, encoding),
                            [[SIGN, value]], body, "malformed_encoding", flags=[flag, "Inferred"])
                if (count + number) % 3 == 1:
                    out.add("encoding-%s-%s-%s-labelled" % (short, SHORT[encoding], id), comment, hmac_connection(INFER, encoding),
                            [[SIGN, algorithm.digest.encode() + b"=" + value]], body, "malformed_encoding", flags=[flag, "Labelled"])
            wrong = "g" if encoding == HEXA_DECIMAL else "*"
            long = text.rstrip("=") * 8
            out.add("encoding-%s-%s-long-and-malformed" % (short, SHORT[encoding]), "Too long, with a foreign character at the very end.",
                    hmac_connection(algorithm, encoding), [[SIGN, long + wrong * 2]], body, "malformed_encoding", flags=["DecodedFirst"])
        add_other_encoding(out, algorithm, body)
    add_neighbours(out)
    return [out]


def add_neighbours(out):
    """The characters that stand next to an alphabet in ASCII, where a careless range check fails."""
    algorithm = ALGORITHMS[3]
    body = varied_body(algorithm)
    for encoding, characters in [(HEXA_DECIMAL, "/@G`gGZ~!"), (BASE64, ".,-*@[`{_~"), (BASE64_URL, "+/.,*@[`{~^")]:
        text = sign(algorithm, encoding, body).rstrip("=")
        for character in dict.fromkeys(characters):
            out.add("encoding-neighbour-%s-%02x" % (SHORT[encoding], ord(character)), "The character %s, which is not of the alphabet." % character,
                    hmac_connection(algorithm, encoding), [[SIGN, put(text, 5, character)]], body, "malformed_encoding", flags=["Alphabet"])
