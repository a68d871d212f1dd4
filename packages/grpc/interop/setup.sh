#!/bin/sh
# Fetches the other implementations that the interoperability tests run: Python's grpcio, Go's grpc-go (its official
# interop client and server), grpcurl and h2spec. Everything lands in .tools, which git ignores. Run it as often as you
# like: what is there and of the right version is kept.
set -eu
cd "$(dirname "$0")"
tools="$PWD/.tools"
mkdir -p "$tools/bin"

wanted="$(cat requirements.txt)"
if [ "$(cat "$tools/venv/installed" 2>/dev/null || true)" != "$wanted" ]; then
  python3 -m venv "$tools/venv"
  "$tools/venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
  printf '%s' "$wanted" > "$tools/venv/installed"
fi

wanted="$(cat go/go.sum)"
if [ "$(cat "$tools/bin/built" 2>/dev/null || true)" != "$wanted" ]; then
  cd go
  sh ../../../../scripts/go.sh build -o "$tools/bin/" github.com/fullstorydev/grpcurl/cmd/grpcurl github.com/summerwind/h2spec/cmd/h2spec
  sh ../../../../scripts/go.sh build -o "$tools/bin/grpc-go-client" google.golang.org/grpc/interop/client
  sh ../../../../scripts/go.sh build -o "$tools/bin/grpc-go-server" google.golang.org/grpc/interop/server
  printf '%s' "$wanted" > "$tools/bin/built"
fi
