#!/bin/sh
# SPDX-License-Identifier: MIT
# graph.sh ROW ...: how long questions to the dependency graph take in roots that were made up.
set -eu

cd "$(dirname "$0")/.."
. bench/synthetic.sh

[ -e "$here/lib0004-2.0-1.weld" ] || "$synthetic" package "$here" 4 200 2.0 retype

# 3: nothing forbids it; 5: it cannot take its place.
statuses="0 3 5"
ask() {
	case $1 in
	graph-json) "$weld" --root "$root" graph --format json ;;
	graph-html) "$weld" --root "$root" graph --format html ;;
	graph-dot) "$weld" --root "$root" graph ;;
	why) "$weld" --root "$root" why lib0001 ;;
	tree) "$weld" --root "$root" tree musl --invert ;;
	leaves) "$weld" --root "$root" leaves ;;
	why-not) "$weld" --root "$root" why-not app0005 ;;
	diff) "$weld" --root "$root" diff 1 1 ;;
	symbols) "$weld" --root "$root" symbols musl ;;
	provides) "$weld" --root "$root" provides c_f001 ;;
	binds) "$weld" --root "$root" binds c_f001 ;;
	owns) "$weld" --root "$root" owns c_f001 ;;
	can-replace) "$weld" --root "$root" can-replace lib0004 "$here/lib0004-2.0-1.weld" ;;
	esac
}

time_rows "$@"
