#!/bin/sh
# SPDX-License-Identifier: MIT
# harden.sh: one package, built once and knowing nothing of defences, is attacked: without defences each
# attack reaches what it wants, and with them exactly those do not that a defence is against.
set -u
export LC_ALL=C

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

root=$scratch/root
bin=$root/current/bin
attacks="return-address guard-page overread pointer destructors registers"

mkdir "$scratch/packages"
cp -a "$packages"/. "$scratch/packages"
make_recipe "$scratch/attacks" tests/story/sources/attacks 1.0
tap_try "the attacks build" "$weld" build "$scratch/attacks/recipe" -o "$scratch/packages" --check=no
mkdir "$root"
"$weld" --root "$root" --yes install "$scratch"/packages/musl-[0-9]*.weld \
	"$scratch"/packages/compiler-rt-[0-9]*.weld >/dev/null 2>&1 || tap_bail "no root"
"$weld" --root "$root" policy set tier fast 2>/dev/null

# harden LIST: link the root with these defences.
harden() {
	"$weld" --root "$root" policy set harden "$1" 2>/dev/null &&
		"$weld" --root "$root" --yes relink >/dev/null 2>&1
}

# try ATTACK: "reached ...", or "stopped" when it was ended by a signal or found nothing.
try() {
	try_said=$("$bin/attack" "$1" 2>/dev/null)
	try_status=$?
	if [ $try_status = 0 ]; then
		echo "reached $try_said"
	elif [ $try_status -gt 128 ] || [ "$try_said" = nothing ]; then
		echo stopped
	else
		echo "status $try_status"
	fi
}

# expect LIST ATTACK ...: with these defences these attacks are stopped, and no others.
expect() {
	expect_list=$1
	shift
	harden "$expect_list"
	tap_result $? "linked with $expect_list"
	for attack in $attacks; do
		got=$(try "$attack")
		case " $* " in
		*" $attack "*)
			[ "$got" = stopped ]
			tap_result $? "$expect_list: $attack is stopped"
			;;
		*)
			[ "${got#reached }" != "$got" ]
			tap_result $? "$expect_list: $attack works"
			;;
		esac
		echo "$got" | tap_note
	done
}

# masks: how many conditional moves guard the loads of a function that Spectre would read through.
masks() {
	objdump -d --no-show-raw-insn "$bin/attack" | awk '
	/<look_up>:$/ { inside = 1; next }
	/^$/ { inside = 0 }
	inside && $2 ~ /^cmov/ { n++ }
	END { print n + 0 }'
}

"$weld" --root "$root" policy set harden none 2>/dev/null
tap_try "the attacks install" "$weld" --root "$root" --yes install "$scratch"/packages/attacks-1.0-1.weld
for attack in $attacks; do
	got=$(try "$attack")
	[ "${got#reached }" != "$got" ]
	tap_result $? "without defences $attack works: ${got#reached }"
done
unmasked=$(masks)
"$bin/attack" where >"$scratch/where.none"

expect stack-protector,zero-registers return-address registers
expect stack-clash,cfi guard-page pointer registers
expect bounds,speculative-loads overread
# What a speculating CPU would read cannot be shown here; that nothing it loads gets on is in the code.
[ "$(masks)" -gt "$unmasked" ]
tap_result $? "loads behind a check are masked: $(masks) conditional moves, $unmasked without"
expect shuffle,read-only destructors
"$bin/attack" where >"$scratch/where.shuffle"
! cmp -s "$scratch/where.none" "$scratch/where.shuffle"
tap_result $? "functions stand in another order"
"$weld" --root "$root" --yes relink --reseed >/dev/null 2>&1
"$bin/attack" where >"$scratch/where.reseed"
! cmp -s "$scratch/where.shuffle" "$scratch/where.reseed"
tap_result $? "and with another seed in yet another"
"$weld" --root "$root" --json info attacks |
	jq -r '.packages[0].installed.images[] | "\(.name) \(.harden)"' >"$scratch/got"
echo "bin/attack shuffle,read-only" >"$scratch/wanted"
tap_same "'weld info' says what the image has" "$scratch/got" "$scratch/wanted"

# A seed belongs to its generation: one that was killed on the way leaves none, and the same gives the same.
timeout -s KILL 0.5 "$weld" --root "$root" --yes relink --reseed >/dev/null 2>&1
"$weld" --root "$root" --yes relink >/dev/null 2>&1
"$weld" --root "$root" --yes --json relink 2>/dev/null |
	jq -c '[.images.linked, .images.lowered]' >"$scratch/got"
echo "[0,0]" >"$scratch/wanted"
tap_same "after a killed 'relink --reseed' nothing is to be linked again" "$scratch/got" "$scratch/wanted"
# images: name and digest of each image of the current generation.
images() {
	jq -c '.images[] | {name, digest}' "$root/current/manifest.json"
}
images >"$scratch/wanted"
number=$(generation_of "$root")
seed=$root/state/seeds/$number
[ -e "$seed" ] || seed=$root/state/seed
cp "$seed" "$scratch/seed"
mv "$root" "$root.old"
mkdir -p "$root/state"
cp "$scratch/seed" "$root/state/seed"
cp -a "$root.old/cache" "$root/cache"
"$weld" --root "$root" --yes install "$scratch"/packages/musl-[0-9]*.weld \
	"$scratch"/packages/compiler-rt-[0-9]*.weld >/dev/null 2>&1
"$weld" --root "$root" policy set tier fast 2>/dev/null
"$weld" --root "$root" policy set harden shuffle,read-only 2>/dev/null
"$weld" --root "$root" --yes install "$scratch"/packages/attacks-1.0-1.weld >/dev/null 2>&1
images >"$scratch/got"
tap_same "the same seed gives the same bytes in a new root" "$scratch/got" "$scratch/wanted"

tap_refuse "an unknown defence is named, with one that is near" "did you mean 'stack-clash'" \
	"$weld" --root "$root" policy set harden stack-crash
tap_refuse "so is an empty list" "is empty" "$weld" --root "$root" policy set harden ""

tap_done
