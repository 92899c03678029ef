#!/usr/bin/env bash
# karat's AWS signatures against moto, which recomputes them, and against botocore, byte for byte.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

venv venv-moto 'moto[server]' boto3
exec "$SCRATCH/venv-moto/bin/python" "$here/moto_server.py"
