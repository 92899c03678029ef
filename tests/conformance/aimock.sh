#!/usr/bin/env bash
# karat against aimock: text, tool calls, thinking, cut replies and errors in ten dialects, plain and streamed.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

need npm
need python3
if [ ! -e "$SCRATCH/aimock/installed" ]; then
  mkdir -p "$SCRATCH/aimock"
  (cd "$SCRATCH/aimock" && npm init --yes >/dev/null && npm install --no-audit --no-fund --loglevel=error @copilotkit/aimock >&2)
  touch "$SCRATCH/aimock/installed"
fi
exec python3 "$here/aimock_server.py"
