#!/usr/bin/env bash
# addon.sh TARGET: builds the Node addon of one platform, as it is published.
set -euo pipefail
cd "$(dirname "$0")/../zt-node"
rustup target add "$1"
npm ci
npx napi build --platform --profile dist --target "$1" --no-const-enum --js binding.js --dts binding.d.ts
