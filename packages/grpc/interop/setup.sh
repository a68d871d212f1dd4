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
  case "$(go env GOVERSION)" in
    go1.[0-9] | go1.[0-9].* | go1.1[0-9]* | go1.20*)
      # Debian's, say. From 1.21 on it fetches what go.mod asks for by itself; before, the toolchain is only a module.
      toolchain="golang.org/toolchain@v0.0.1-go$(sed -n 's/^go //p' go.mod).$(go env GOOS)-$(go env GOARCH)"
      found="$(cd / && go mod download -json "$toolchain" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')"
      chmod +x "$found"/bin/* "$found"/pkg/tool/*/*
      export GOROOT="$found" PATH="$found/bin:$PATH"
      ;;
  esac
  go build -o "$tools/bin/" github.com/fullstorydev/grpcurl/cmd/grpcurl github.com/summerwind/h2spec/cmd/h2spec
  go build -o "$tools/bin/grpc-go-client" google.golang.org/grpc/interop/client
  go build -o "$tools/bin/grpc-go-server" google.golang.org/grpc/interop/server
  printf '%s' "$wanted" > "$tools/bin/built"
fi
