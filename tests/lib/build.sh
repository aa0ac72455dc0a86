# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# build.sh, sourced after step.sh: build weld.

# build_weld DIRECTORY TARGET [MESON OPTION ...]: configure once, then build what changed.
build_weld() {
	build_dir=$1
	build_target=$2
	shift 2
	if [ ! -f "$build_dir/build.ninja" ]; then
		quietly "out/log/$build_dir-setup" meson setup "$build_dir" "$@"
	fi
	quietly "out/log/$build_dir" ninja -C "$build_dir" "$build_target"
	printf '    %s: %s\n' "$build_dir" "$(tail -n 1 "out/log/$build_dir")"
}
