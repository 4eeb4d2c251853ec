"""Uploads a folder to a bucket of an S3 server, and downloads it from there to another folder.

usage: bucket.py ENDPOINT FROM TO
"""

import pathlib
import sys

import boto3

endpoint, source, target = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
s3 = boto3.client(
    "s3",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
)
s3.create_bucket(Bucket="blocks")
for file in source.rglob("*"):
    if file.is_file():
        s3.upload_file(str(file), "blocks", file.relative_to(source).as_posix())

for page in s3.get_paginator("list_objects_v2").paginate(Bucket="blocks"):
    for entry in page["Contents"]:
        file = target / entry["Key"]
        file.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file("blocks", entry["Key"], str(file))
        print(entry["Key"])
