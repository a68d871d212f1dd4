#!/bin/sh
# Makes .venv with the stock gRPC of Python, for the tests that call Kerf from another language. Again: does nothing.
set -eu
cd "$(dirname "$0")/.."

wanted="grpcio==1.76.0 grpcio-tools==1.76.0 grpcio-reflection==1.76.0 grpcio-health-checking==1.76.0 grpcio-status==1.76.0"
mark=.venv/kerf-packages

if [ -x .venv/bin/python ] && [ "$(cat "$mark" 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi
command -v python3 >/dev/null || { echo "python3 is missing: install Python 3.9 or later" >&2; exit 1; }

python3 -m venv --clear .venv || { echo "python3 -m venv failed: on Debian, apt install python3-venv" >&2; exit 1; }
# shellcheck disable=SC2086
.venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: $wanted
echo "$wanted" >"$mark"
