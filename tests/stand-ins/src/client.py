"""Looks at a bucket, and makes users, with boto3 alone: what the tests compare with what `promote` says.

    client.py ENDPOINT list BUCKET               every key and version, as sorted JSON lines
    client.py ENDPOINT get BUCKET KEY FILE       the object into FILE; its description as JSON
    client.py ENDPOINT user NAME POLICY          a user with this policy; its keys as JSON
    client.py ENDPOINT bucket NAME               a bucket that keeps no versions
"""

import hashlib
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

PAGE = 1000


def versions(s3, bucket):
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, MaxKeys=PAGE):
        for kind in ("Versions", "DeleteMarkers"):
            for entry in page.get(kind, []):
                yield entry, kind


def listing(s3, bucket):
    try:
        found = list(versions(s3, bucket))
    except ClientError as error:
        # A server without versions still has keys.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (400, 405, 501):
            raise
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        found = [(entry, "Versions") for page in pages for entry in page.get("Contents", [])]
    return sorted(
        json.dumps([entry["Key"], kind, entry.get("VersionId"), entry.get("ETag"), entry.get("Size"),
                    entry.get("IsLatest"), entry["LastModified"].isoformat()])
        for entry, kind in found)


def main(endpoint, command, *arguments):
    style = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2})
    client = lambda service: boto3.client(service, endpoint_url=endpoint, config=style)
    if command == "list":
        print("\n".join(listing(client("s3"), *arguments)))
    elif command == "bucket":
        client("s3").create_bucket(Bucket=arguments[0])
    elif command == "get":
        bucket, key, file = arguments
        answer = client("s3").get_object(Bucket=bucket, Key=key)
        body = answer["Body"].read()
        with open(file, "wb") as out:
            out.write(body)
        print(json.dumps({"size": len(body), "sha256": hashlib.sha256(body).hexdigest(),
                          "metadata": answer["Metadata"], "content_type": answer["ContentType"]}))
    elif command == "user":
        name, policy = arguments
        iam = client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="test", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        print(json.dumps({"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}))
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
