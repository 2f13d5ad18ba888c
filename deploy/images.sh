#!/bin/sh
# Prints the base images by digest, as lines of an environment file. What else .env holds is kept.
set -eu
command -v docker >/dev/null || { echo "deploy/images.sh needs docker, which asks the registry for the digests" >&2; exit 1; }
test ! -f .env || grep -v '^[A-Z]*_IMAGE=' .env || true
while read -r variable image; do
    digest=$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}')
    echo "$variable=$image@$digest"
done <<LIST
PYTHON_IMAGE python:3.11-slim-bookworm
KAFKA_IMAGE apache/kafka:4.1.0
CLICKHOUSE_IMAGE clickhouse/clickhouse-server:26.8
LIST
