"""Looks at buckets of Google Cloud Storage without the project's own code: the JSON API by Python's standard library.

gcs_client.py ENDPOINT get BUCKET KEY FILE | put BUCKET KEY TEXT | copy BUCKET FROM TO
"""

import hashlib
import json
import sys
import urllib.parse
import urllib.request

ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def place(bucket, key):
    return f"/storage/v1/b/{bucket}/o/{urllib.parse.quote(key, safe='')}"


def get(endpoint, bucket, key, file):
    with ask(endpoint + place(bucket, key)) as answer:
        described = json.load(answer)
    with ask(endpoint + place(bucket, key) + "?alt=media&generation=" + described["generation"]) as answer:
        content = answer.read()
    with open(file, "wb") as out:
        out.write(content)
    print(json.dumps({"size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
                      "metadata": described.get("metadata", {}), "content_type": described.get("contentType")}))


def put(endpoint, bucket, key, text):
    url = f"{endpoint}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={urllib.parse.quote(key, safe='')}"
    with ask(urllib.request.Request(url, data=text.encode(), method="POST")) as answer:
        assert json.load(answer)["name"] == key


def copy(endpoint, bucket, source, target):
    url = endpoint + place(bucket, source) + "/rewriteTo" + place(bucket, target).removeprefix("/storage/v1")
    with ask(urllib.request.Request(url, data=b"", method="POST")) as answer:
        assert json.load(answer)["done"]


def main(endpoint, command, *arguments):
    {"get": get, "put": put, "copy": copy}[command](endpoint, *arguments)


main(*sys.argv[1:])
