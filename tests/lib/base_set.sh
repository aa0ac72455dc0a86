#!/bin/sh
# SPDX-License-Identifier: MIT
# base_set.sh: build every recipe of recipes/ into out/packages; what is up to date is kept.
set -eu

cd "$(dirname "$0")/../.."
mkdir -p out/packages out/log
"${WELD_BUILD:-build}/cli/weld" build --all -o out/packages "$@"
