#!/usr/bin/env bash
# Landfall against a server that we did not write: ministack, from PyPI, with authorization on.
# First every port method, then the demo's pipeline: release 1 goes everywhere, release 2 is rolled back by its alarm.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/venv.sh ministack 'ministack[full]==1.5.33' 'cbor2' 'boto3'
cargo build --quiet --package landfall

port=4787
work=$(mktemp -d)
(cd "$work" && BIND_HOST=127.0.0.1 GATEWAY_PORT=$port AUTH=true exec "$VENV/bin/ministack" > "$work/server.log" 2>&1) &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

"$VENV/bin/python" ci/ministack.py prepare "http://127.0.0.1:$port"
LANDFALL_TEST_ENDPOINT="http://127.0.0.1:$port" cargo test --quiet --package landfall-aws --test server
"$VENV/bin/python" ci/ministack.py releases "http://127.0.0.1:$port" "$work" "$PWD/target/debug/landfall"
