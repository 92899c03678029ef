#!/usr/bin/env bash
# karat against LiteLLM's proxy: plain and streamed replies of four dialects, usage, errors, embeddings.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

venv venv-litellm 'litellm[proxy]'
exec "$SCRATCH/venv-litellm/bin/python" "$here/litellm_proxy.py"
