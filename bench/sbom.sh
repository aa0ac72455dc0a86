#!/bin/sh
# SPDX-License-Identifier: MIT
# sbom.sh ROW ...: how long bills of materials and licences take in roots that were made up.
set -eu

cd "$(dirname "$0")/.."
. bench/synthetic.sh

statuses=0
ask() {
	case $1 in
	sbom) "$weld" --root "$root" -q sbom ;;
	spdx) "$weld" --root "$root" -q sbom --format=spdx ;;
	licenses) "$weld" --root "$root" -q licenses ;;
	esac
}

time_rows "$@"
