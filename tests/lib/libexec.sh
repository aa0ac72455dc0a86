# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A directory of weld's programs without weld-worker, for WELD_LIBEXEC: what can be had there is read, not lowered.

# libexec_without_compiler DIRECTORY BUILD
libexec_without_compiler() {
	mkdir -p "$1"
	ln -sf "$2/repo/package/weld-archive" "$2/repo/fetch/weld-fetch" "$2/repo/solve/weld-solve" "$1"
}
