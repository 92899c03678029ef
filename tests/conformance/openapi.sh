#!/usr/bin/env bash
# Request bodies for OpenAI's APIs against OpenAI's own OpenAPI document.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

venv venv-openapi 'jsonschema>=4.20' pyyaml
if [ -z "${OPENAPI:-}" ]; then
  need curl
  export OPENAPI="$SCRATCH/openapi.json"
  [ -e "$OPENAPI" ] || curl --fail --silent --show-error --location --output "$OPENAPI" \
    https://raw.githubusercontent.com/openai/openai-openapi/HEAD/openapi.json
fi
exec "$SCRATCH/venv-openapi/bin/python" "$here/openapi.py"
