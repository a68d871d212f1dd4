#!/bin/sh
# Builds the OpenTelemetry Collector and the Jaeger that tests run, and makes the Python that they run: .tools and the .venv of
# the repository, which git ignores. Run it as often as you like: what is there and of the right version is kept.
set -eu
cd "$(dirname "$0")"
sh ../../../scripts/python.sh

tools="$PWD/.tools"
mkdir -p "$tools"
wanted="$(cat servers/go.sum servers/*.go)"
if [ "$(cat "$tools/built" 2>/dev/null || true)" != "$wanted" ]; then
  (cd servers && sh ../../../../scripts/go.sh build -ldflags='-s -w' -o "$tools/servers" .)
  printf '%s' "$wanted" > "$tools/built"
fi
