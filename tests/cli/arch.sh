#!/bin/sh
# SPDX-License-Identifier: MIT
# arch.sh WELD SOURCE: roots for another architecture: how one is made, and what it refuses. Nothing is
# compiled here.
set -eu
weld=$(realpath "$1")
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
here=$(uname -m)
other=aarch64
cpu=cortex-a72
[ "$here" != aarch64 ] || other=riscv64 cpu=sifive-u74

# recipe NAME ARCHITECTURE: a native package that is for one architecture.
recipe() {
	mkdir -p "$directory/$1/files"
	echo text >"$directory/$1/files/text"
	cat >"$directory/$1/build" <<-'END'
		build() { :; }
		package() { weld_install 644 text "share/$NAME"; }
	END
	printf '%s\n' "name = $1" 'version = 1' 'summary = s' 'licence = MIT' 'bootstrap = yes' \
		'source { folder = files }' 'kind = native' "architectures = [ $2 ]" >"$directory/$1/recipe.ucl"
	tap_try "build $1" "$weld" build "$directory/$1" -o "$directory" --check=no
}

# at ROOT ARGUMENT ...: weld on one of the roots.
at() {
	at_root=$1
	shift
	"$weld" --root "$directory/$at_root" -y "$@"
}

recipe here "$here"
recipe there "$other"
recipe all 'aarch64, riscv64, x86_64'
tap_is 'a root for another architecture says where its programs run' \
	"$(at other install --arch $other "$directory/there-1-1.weld" 2>&1 | grep -c "here under qemu-$other")" 1
tap_is 'remembers it' "$(at other policy show | grep arch)" "arch $other"
tap_is 'and takes what every CPU of it runs' "$(at other policy show | grep -c 'cpu generic')" 1
tap_refuse 'what is for this machine is not for it' "here-1-1: is for $here, not for $other" \
	at other install "$directory/here-1-1.weld"
tap_refuse 'it cannot become one of this machine' "is a root for $other, not for $here" \
	at other install --arch "$here" "$directory/here-1-1.weld"
tap_refuse 'nor by policy' "is a root for $other, not for $here" at other policy set arch "$here"
tap_try 'the same architecture again is no change' at other install --arch $other "$directory/there-1-1.weld"

tap_try 'a root for this machine' at own install "$directory/here-1-1.weld"
tap_is 'says so' "$(at own policy show | grep arch)" "arch $here"
tap_refuse 'and cannot become another' "is a root for $here, not for $other" \
	at own install --arch $other "$directory/there-1-1.weld"
tap_refuse 'what is for others is not for it' "there-1-1: is for $other, not for $here" \
	at own install "$directory/there-1-1.weld"

tap_refuse 'an unknown architecture' 'arm64: no such architecture \(weld knows x86_64' \
	at new install --arch arm64 "$directory/here-1-1.weld"
tap_try 'a dry run for another architecture' at new -n install --arch $other "$directory/there-1-1.weld"
tap_is 'says whom it is for' "$(at new --json -n install --arch $other "$directory/there-1-1.weld" |
	jq -r '"\(.arch) \(.is_foreign)"')" "$other true"
tap_try 'and leaves nothing' test ! -e "$directory/new/state/policy.json"
tap_refuse 'a failed install' 'not for' at new install --arch $other "$directory/here-1-1.weld"
tap_is 'leaves the choice open' "$(at new policy show | grep arch)" "arch $here"
tap_try 'policy chooses, too' at new policy set arch $other
tap_refuse 'a CPU of this machine' 'is one of|this machine is' at new policy set cpu native
tap_refuse 'a CPU of another architecture' "cpu power10|is one of x86_64, not of $other" at new policy set cpu skylake
tap_try 'a CPU of the architecture' at new policy set cpu $cpu
tap_refuse 'then the architecture stays' "cpu $cpu: is one of $other" at new policy set arch "$here"

tap_try 'a root for RISC-V' at risc install --arch riscv64 "$directory/all-1-1.weld"
tap_refuse 'a CPU of 32 bits' 'cannot compile for it: .*RV64' at risc policy set cpu sifive-e31
tap_done
