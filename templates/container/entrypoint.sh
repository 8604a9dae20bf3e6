#!/bin/sh
# The server reads its key from the environment; secrets of Docker and Kubernetes are files.
set -eu
if [ -n "${GENAI_API_KEY_FILE:-}" ]; then
  GENAI_API_KEY="$(cat "$GENAI_API_KEY_FILE")"
  export GENAI_API_KEY
fi
exec node /opt/genai/node_modules/genai-toolkit/bin/run.js "$@"
