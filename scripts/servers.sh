#!/usr/bin/env bash
# The real servers that tests run against, from Debian: installed where they are missing and can be. Tests start them
# themselves, each with a port and a folder of its own. `npm test` runs this first.
set -euo pipefail

# The command that a package brings, and the package.
wanted=(
  redis-server:redis-server
  chromium:chromium
  prometheus:prometheus
  amtool:prometheus-alertmanager
)

missing=()
for each in "${wanted[@]}"; do
  command -v "${each%%:*}" > /dev/null || missing+=("${each##*:}")
done
((${#missing[@]} == 0)) && exit 0

if ((EUID == 0)) && command -v apt-get > /dev/null; then
  echo "== servers for tests: ${missing[*]}"
  # Nothing may begin to listen on this machine by being installed.
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
else
  echo "Missing for some of the tests: ${missing[*]}. Install them; until then those tests are left out, except in CI, where they fail." >&2
fi
