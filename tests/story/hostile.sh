#!/bin/sh
# SPDX-License-Identifier: MIT
# hostile.sh HOSTILE_UNITS [COUNT]: packages that want to do harm, and workers that fail. Whatever they do
# ends in an error that names the package, and the old generation stays. With a count, the units of all packages are
# damaged, which takes long:
#     tests/story/hostile.sh build/tests/hostile_units 2000
set -u

hostile=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
. tests/lib/libexec.sh
story_scratch

if [ $# -gt 1 ]; then
	"$hostile" "$2" 1 "$packages"/*.weld >"$scratch/units" 2>&1
else
	"$hostile" 60 1 "$(package_file minigzip)" "$(package_file tree)" "$(package_file bzip2)" \
		"$(package_file dash)" "$(package_file compiler-rt)" "$(package_file xz)" "$(package_file lua)" \
		"$(package_file sqlite)" "$(package_file musl)" >"$scratch/units" 2>&1
fi
tap_try "damaged units: $(sed -n 's/^ok 1 - //p' "$scratch/units")" grep -q '^ok 1' "$scratch/units"
tap_note <"$scratch/units"

root=$scratch/root
"$weld" --root "$root" --yes install "$(package_file tree)" "$(package_file musl)" \
	"$(package_file compiler-rt)" >/dev/null 2>&1 || tap_bail "no root"
"$weld" --root "$root" policy set tier instant >/dev/null 2>&1
state_of "$root" >"$scratch/before"

# unchanged NAME PATTERN COMMAND ...: refused with this message, and nothing has changed.
unchanged() {
	tap_refuse "$@"
	state_of "$root" >"$scratch/after"
	cmp -s "$scratch/before" "$scratch/after"
	tap_result $? "$1: nothing changed"
}

# lie NAME OLD NEW: the package with another text, as long, in its manifest; all digests are right.
lie() {
	lie_file=$scratch/$(basename "$(package_file "$1")")
	zstd -qdf "$(package_file "$1")" -o "$scratch/lie.tar"
	python3 - "$scratch/lie.tar" "$2" "$3" <<-'END' || tap_bail "the lie about $1 does not fit"
		import hashlib, sys
		path, old, new = sys.argv[1], sys.argv[2].encode(), sys.argv[3].encode()
		tar = bytearray(open(path, "rb").read())
		size = int(tar[124:135], 8)
		text = bytes(tar[512:512 + size])
		if len(old) != len(new) or old not in text:
		    sys.exit(1)
		text = text.replace(old, new)
		tar[512:512 + size] = text
		at = 512 + (size + 511) // 512 * 512 + 512
		tar[at:at + 64] = hashlib.sha256(text).hexdigest().encode()
		open(path, "wb").write(tar)
	END
	zstd -qf "$scratch/lie.tar" -o "$lie_file"
}

# install FILE ...: beside what is there.
install() {
	"$weld" --root "$root" --yes install "$@"
}

lie zlib '"name":"gzopen"' '"name":"gzopem"'
unchanged "a manifest that lies about an export" "minigzip.*gzopen" \
	install "$lie_file" "$(package_file minigzip)"
lie minigzip '"undefined":[' '"undefines":['
unchanged "a manifest without the symbols that are needed" "minigzip|undefined" \
	install "$lie_file" "$(package_file zlib)"
lie minigzip '"imports":["z","c",' '"imports":["q","c",'
unchanged "a manifest that lies about imports" "minigzip" install "$lie_file" "$(package_file zlib)"
size=$(zstd -qdc "$(package_file minigzip)" | head -c 100000 | grep -ao '"objects":\[{"sha256":"[0-9a-f]*","size":[0-9]' |
	head -n 1)
lie minigzip "$size" "$(echo "$size" | sed 's/[0-8]$/9/')"
unchanged "a manifest that lies about a size" "minigzip" install "$lie_file" "$(package_file zlib)"
lie minigzip '"kind":"ir"' '"kind":"xx"'
unchanged "a package of no kind" "minigzip" install "$lie_file" "$(package_file zlib)"
# The machine code of another architecture under the name of this one.
natives=$(zstd -qdc "$(package_file musl)" | head -c 500000 | grep -ao '"native":{[^}]*}' | head -n 1)
swapped=$(echo "$natives" | sed -E 's/("aarch64":)"([0-9a-f]*)"(.*"x86_64":)"([0-9a-f]*)"/\1"\4"\3"\2"/')
lie musl "$natives" "$swapped"
unchanged "a manifest that lies about an architecture" "musl-.*(machine|architecture|native)" install "$lie_file"
lie musl '"riscv64","x86_64"]' '"riscv64","x86_65"]'
unchanged "a package that does not say this architecture" "musl-.*is for .*not for" install "$lie_file"

# worker SCRIPT: a weld-worker that knows the target and then does this in place of lowering.
worker() {
	libexec_without_compiler "$scratch/worker" "$(dirname "$(dirname "$weld")")"
	cat >"$scratch/worker/weld-worker" <<-END
		#!/bin/sh
		[ "\$1" != --target ] || exec "$(dirname "$(dirname "$weld")")/linker/weld-worker" "\$@"
		$1
	END
	chmod +x "$scratch/worker/weld-worker"
}

failing() {
	WELD_LIBEXEC=$scratch/worker "$weld" --root "$root" --yes install "$(package_file dash)"
}

worker 'kill -SEGV $$'
unchanged "a worker that dies" "(dash|compiler-rt)-.*signal 11" failing
worker 'exit 0'
unchanged "a worker that gives nothing" "(dash|compiler-rt)-.*not valid" failing
worker 'exit 7'
unchanged "a worker that gives up" "(dash|compiler-rt)-.*status 7" failing
worker 'echo "no memory" >&2; exit 1'
unchanged "a worker that complains" "(dash|compiler-rt)-.*no memory" failing
tap_try "what was installed runs" "$root/current/bin/tree" --version
tap_done
