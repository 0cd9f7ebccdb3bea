"""Makes a container in Azurite and prints its URL with a signature. Argument: the origin of Azurite.

The account and its key are those that Azurite documents; the strings to sign are those of
https://learn.microsoft.com/rest/api/storageservices/create-account-sas and .../create-service-sas.
"""

import base64
import hashlib
import hmac
import sys
import urllib.parse
import urllib.request

ACCOUNT = "devstoreaccount1"
KEY = base64.b64decode("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==")
VERSION, START, END = "2020-12-06", "", "2099-01-01T00:00:00Z"
CONTAINER = "countersign-test"


def signed(fields, *parts):
    text = "\n".join(parts)
    signature = base64.b64encode(hmac.new(KEY, text.encode(), hashlib.sha256).digest()).decode()
    return urllib.parse.urlencode({**fields, "sig": signature})


origin = sys.argv[1]
url = f"{origin}/{ACCOUNT}/{CONTAINER}"
account = {"sv": VERSION, "ss": "b", "srt": "sco", "sp": "rwdlac", "se": END, "spr": "https,http"}
account_sas = signed(account, ACCOUNT, "rwdlac", "b", "sco", START, END, "", "https,http", VERSION, "", "")
request = urllib.request.Request(f"{url}?restype=container&{account_sas}", method="PUT", headers={"x-ms-version": VERSION})
urllib.request.urlopen(request).close()
# Read, create, write, list; and delete, for the test's own objects.
service = {"sv": VERSION, "sr": "c", "sp": "rcwdl", "se": END}
service_sas = signed(
    service, "rcwdl", START, END, f"/blob/{ACCOUNT}/{CONTAINER}", "", "", "", VERSION, "c", *[""] * 7
)
print(f"{url}?{service_sas}")
