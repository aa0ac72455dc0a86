#!/bin/sh
# SPDX-License-Identifier: MIT
# tree.sh: the rules of HACKING.md that a machine can see in the sources.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

git ls-files -co --exclude-standard 2>/dev/null | sort -u | while read -r file; do
	[ -f "$file" ] && echo "$file"
done >"$scratch/files"
[ -s "$scratch/files" ] || tap_bail "this is not a git work tree, or git is missing"
# What recipes put into upstream's trees keeps upstream's style.
grep -E '\.[ch]$' "$scratch/files" | grep -v '^recipes/' >"$scratch/c"

out=$scratch/offences

# rule NAME: kept when the list of offences is empty.
rule() {
	if [ -s "$out" ]; then
		tap_result 1 "$1"
		head -n 20 "$out" | tap_note
	else
		tap_result 0 "$1"
	fi
}

# over_c PROGRAM: run an awk program over all C files; `code` is the line without strings and
# comments, `text` the line without strings only.
over_c() {
	xargs awk '
	function strip(line) {
		gsub(/\\./, "", line)
		gsub(/\047[^\047]*\047/, "0", line)
		gsub(/"[^"]*"/, "\"\"", line)
		return line
	}
	function without_comments(line,    at, out) {
		out = ""
		while (line != "") {
			if (in_comment) {
				at = index(line, "*/")
				if (at == 0) return out
				line = substr(line, at + 2)
				in_comment = 0
			} else {
				at = index(line, "/*")
				if (at == 0) return out line
				out = out substr(line, 1, at - 1)
				line = substr(line, at + 2)
				in_comment = 1
			}
		}
		return out
	}
	FNR == 1 { in_comment = 0 }
	{ was_comment = in_comment; text = in_comment ? $0 : strip($0); code = without_comments(text) }
	'"$1" <"$scratch/c"
}

over_c '
FNR == 1 && $0 != "/* SPDX-License-Identifier: MIT */" { print FILENAME ": no SPDX line" }' >"$out"
rule "every C file begins with its licence"

grep -E '\.sh$|^(try|check|\.ci/run|bench/run)$' "$scratch/files" | while read -r file; do
	head -n 2 "$file" | grep -q '^# SPDX-License-Identifier: MIT$' || echo "$file"
done >"$out"
rule "every script names its licence"

over_c 'code ~ /\/\// { print FILENAME ":" FNR ": " $0 }' >"$out"
rule "no // comments"

over_c 'code ~ /return[ (]*-[ (]*ERR_/ { print FILENAME ":" FNR ": " $0 }' >"$out"
rule "codes come from err_set() alone"

over_c 'code ~ /(^|[^A-Za-z0-9_.>])(strcpy|strcat|sprintf|vsprintf|gets|system|popen|alloca|strtok|mktemp|tmpnam|atoi|atol|rand|srand)[ \t]*\(/ {
	print FILENAME ":" FNR ": " $0 }' >"$out"
rule "no function that cannot be used safely"

over_c 'text ~ /(^|[^A-Za-z])(TODO|FIXME|XXX|HACK)([^A-Za-z]|$)/ { print FILENAME ":" FNR ": " $0 }' >"$out"
rule "nothing is left to do in a comment"

over_c '
FNR == 1 && last > 0 { end_file() }
{ name = FILENAME; last = FNR }
END { end_file() }
function end_file(    limit) {
	limit = name ~ /\.h$/ ? 400 : 800
	if (last > limit) print name ": " last " lines, at most " limit
	last = 0
}' >"$out"
rule "files are short enough to read"

over_c '
/^\{$/ { start = FNR; has_switch = 0 }
code ~ /switch \(/ { has_switch = 1 }
/^\}$/ && start {
	if (FNR - start > 81 && !has_switch) print FILENAME ":" start ": " FNR - start - 1 " lines"
	start = 0
}
FNR == 1 { start = 0 }' >"$out"
rule "functions have at most 80 lines, unless one switch"

over_c '
FILENAME ~ /\.h$/ && FILENAME !~ /^tests\/story\/sources\// && code ~ /^#ifndef / && !(FILENAME in seen) {
	seen[FILENAME] = 1
	guard = toupper(FILENAME); gsub(/[^A-Z0-9]/, "_", guard)
	if ($2 != guard) print FILENAME ": guard " $2 ", expected " guard
}' >"$out"
rule "a header's guard is its path"

# Who may include whose headers: DESIGN.md, "The parts".
over_c '
BEGIN {
	may["base"] = " base "
	may["kernel-iface"] = " kernel-iface base "
	may["linker"] = " linker kernel-iface base "
	may["store"] = " store kernel-iface base "
	may["repo"] = " repo kernel-iface base "
	may["pkgd"] = " pkgd linker store repo kernel-iface base "
	may["cli"] = " cli pkgd repo linker kernel-iface base "
}
/^#include "/ {
	split(FILENAME, from, "/")
	path = $2; gsub(/"/, "", path)
	count = split(path, to, "/")
	if (!(from[1] in may)) next
	if (count < 2 || !(to[1] in may)) {
		print FILENAME ":" FNR ": " path " does not start at the root"
	} else if (index(may[from[1]], " " to[1] " ") == 0) {
		print FILENAME ":" FNR ": " from[1] " may not see " path
	} else if (from[1] != to[1] && count > 2) {
		print FILENAME ":" FNR ": " path " is private to " to[1]
	} else if (from[1] == "cli" && to[1] == "pkgd" && path != "pkgd/protocol.h") {
		print FILENAME ":" FNR ": cli sees only pkgd/protocol.h, not " path
	}
}' >"$out"
rule "folders see each other as DESIGN.md says"

# Each outside library has one place.
over_c '
BEGIN {
	home["llvm-c/"] = "^linker/llvm/"
	home["solv/"] = "^repo/solve/worker/"
	home["curl/"] = "^repo/fetch/worker/"
	home["microhttpd"] = "^repo/serve/server/"
	home["sodium"] = "^repo/trust/"
	home["nettle"] = "^base/hash\\.c$"
	home["sqlite3"] = "^base/db\\.c$"
	home["archive"] = "^$"
	home["zstd"] = "^repo/package/worker/"
	home["ucl"] = "^base/ucl\\.c$"
	home["jansson"] = "^base/json\\.h$"
}
/^#include </ && FILENAME !~ /^(tests|bench)\// {
	path = $2; gsub(/[<>]/, "", path)
	for (library in home)
		if (index(path, library) == 1 && FILENAME !~ home[library])
			print FILENAME ":" FNR ": " path
}' >"$out"
rule "each outside library is included in one place"

for folder in base kernel-iface linker store repo pkgd cli recipes tests bench; do
	grep -q "^$folder/" "$scratch/files" && [ ! -s "$folder/README.md" ] && echo "$folder/README.md"
done >"$out"
rule "every folder has its README"

grep -E '(^|/)meson\.build$' "$scratch/files" |
	xargs grep -nE "run_command\(.*(find|ls) |\*\.c" /dev/null >"$out"
rule "meson files list their sources by hand"

grep -vE '\.(png|svg)$|^tests/(golden|fuzz)/' "$scratch/files" | while read -r file; do
	if [ -s "$file" ] && ! grep -qI '' "$file"; then
		echo "$file: not text"
	fi
done >"$out"
rule "nothing generated is kept: all files are text"

# The folder above the work tree is a workplace's own, unless every machine has one of that name.
place=$(dirname "$(git rev-parse --path-format=absolute --git-common-dir | sed 's|/\.git$||')")
case $place in
/ | /tmp | /var/tmp | /home | /root | /opt | /srv | /mnt | /usr/src)
	tap_skip "the work tree stands in $place, which says nothing of a machine"
	;;
*)
	xargs grep -nIF -e "$place/" <"$scratch/files" >"$out"
	rule "no path of the machine it was written on"
	;;
esac

if command -v clang-format-14 >/dev/null; then
	xargs clang-format-14 --dry-run -Werror <"$scratch/c" 2>&1 | grep -E 'error:' >"$out"
	rule "clang-format changes nothing"
else
	tap_skip "clang-format-14 is not installed"
fi

if command -v shellcheck >/dev/null; then
	grep -E '\.sh$|^(try|check|\.ci/run|bench/run)$' "$scratch/files" |
		xargs shellcheck -x >"$out" 2>&1
	rule "shellcheck has nothing to say of the scripts"
	# Recipe scripts get their variables from weld build, which sources them.
	if grep -qE '^recipes/[^/]+/build$' "$scratch/files"; then
		grep -E '^recipes/[^/]+/build$' "$scratch/files" |
			xargs shellcheck -S warning -s sh -e SC2154,SC2034,SC2164 >"$out" 2>&1
		rule "shellcheck: recipes"
	fi
else
	tap_skip "shellcheck is not installed"
fi

tap_done
