#!/bin/sh
# Builds programs that tests run, in the folder of their go.mod: `sh ../../scripts/go.sh build -o FOLDER PACKAGE…`. With the Go
# that go.mod asks for, whichever one is installed; all with the same flags, so that they share what they are made of.
set -eu
case "$(go env GOVERSION)" in
  go1.[0-9] | go1.[0-9].* | go1.1[0-9]* | go1.20*)
    # Debian's, say. From 1.21 on it fetches what go.mod asks for by itself; before, the toolchain is only a module.
    toolchain="golang.org/toolchain@v0.0.1-go$(sed -n 's/^go //p' go.mod).$(go env GOOS)-$(go env GOARCH)"
    found="$(cd / && go mod download -json "$toolchain" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')"
    chmod +x "$found"/bin/* "$found"/pkg/tool/*/*
    export GOROOT="$found" PATH="$found/bin:$PATH"
    ;;
esac
# Nobody waits for these programs to be fast, and everybody for them to be built: a third less, so.
export CGO_ENABLED=0 GOFLAGS="-mod=readonly -buildvcs=false '-gcflags=all=-N -l -dwarf=false'"
exec go "$@"
