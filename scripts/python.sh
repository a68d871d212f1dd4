#!/bin/sh
# Makes .venv with the stock gRPC and OpenTelemetry of Python, for the tests that speak with another language, and the types of
# Grafana; or, as `sh scripts/python.sh .venv-fuzz schemathesis==4.32.5`, another folder with other packages. Again: does nothing.
set -eu
cd "$(dirname "$0")/.."

venv=${1:-.venv}
[ $# -gt 0 ] && shift
wanted="$*"
if [ -z "$wanted" ]; then
  wanted="grpcio==1.76.0 grpcio-tools==1.76.0 grpcio-reflection==1.76.0 grpcio-health-checking==1.76.0 grpcio-status==1.76.0"
  wanted="$wanted opentelemetry-sdk==1.45.2 opentelemetry-exporter-otlp-proto-http==1.45.2"
  wanted="$wanted opentelemetry-instrumentation-wsgi==0.66b2 opentelemetry-instrumentation-grpc==0.66b2"
  wanted="$wanted grafana-foundation-sdk==1769699241"
fi
mark=$venv/kerf-packages

if [ -x "$venv/bin/python" ] && [ "$(cat "$mark" 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi
command -v python3 >/dev/null || { echo "python3 is missing: install Python 3.11 or later" >&2; exit 1; }

# Two test files may want it at once. The lock goes with its holder, however that ends.
if [ -z "${KERF_VENV_LOCKED:-}" ]; then
  exec python3 -c '
import fcntl, os, sys
lock = open(sys.argv[1] + ".lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
os.set_inheritable(lock.fileno(), True)
os.environ["KERF_VENV_LOCKED"] = "1"
os.execvp("sh", ["sh", "scripts/python.sh", *sys.argv[1:]])' "$venv" $wanted
fi

python3 -m venv --clear "$venv" || { echo "python3 -m venv failed: on Debian, apt install python3-venv" >&2; exit 1; }
# shellcheck disable=SC2086
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: $wanted
echo "$wanted" >"$mark"
