#!/usr/bin/env bash
# Rows of npm `@cloud-copilot/iam-simulate`.
set -euo pipefail
cd "$(dirname "$0")"
npm ci --no-audit --no-fund --loglevel=error >&2
node rows.mjs "$1"
