#!/bin/sh
# SPDX-License-Identifier: MIT
# plugins.sh: plug-ins, from recipe to dlopen(): a program and a plug-in that try all that is promised,
# Lua with a module; updates of either, removal, going back, and what is refused.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

mkdir "$scratch/packages"
cp -a "$packages"/. "$scratch/packages"
cp -a tests/story/plugins/host tests/story/plugins/greet "$scratch"

# build NAME: package a folder of the scratch directory as it stands there now.
build() {
	"$weld" build "$scratch/$1" -o "$scratch/packages" --check=no
}

# offer: publish what there is now, and let the root know.
offer() {
	"$weld" repo publish --keys "$scratch/keys" "$scratch/repo" "$scratch/packages"/greet-*.weld \
		"$scratch/packages"/host-*.weld && "$weld" --root "$root" update
}

# next NAME VERSION SED-SCRIPT: a new version of a folder, with its source changed.
next() {
	sed -i "s/^version = .*/version = \"$2\"/" "$scratch/$1/recipe.ucl"
	sed -i "$3" "$scratch/$1/src/$1.c"
	build "$1" && offer
}

tap_try "a program that loads plug-ins builds" build host
tap_try "and a plug-in for it, linked with none of it" build greet
make_repo "$scratch/repo" "$scratch/keys" "$scratch/packages"/*.weld >/dev/null 2>&1 ||
	tap_bail "no repository"
root=$scratch/root
make_root "$root" "$scratch/repo" >/dev/null 2>&1 || tap_bail "no root"
bin=$root/current/bin

# A plug-in without its program is no code yet; the program makes it one.
tap_try "a plug-in installs without its program" "$weld" --root "$root" --yes install greet
tap_try "and is not there" test ! -e "$root/current/lib/host/greet.so"
tap_try "with the program it is linked" "$weld" --root "$root" --yes install host
tap_try "and there" test -e "$root/current/lib/host/greet.so"
tap_try "all that dlopen() and its companions promise is so" "$bin/host"
tap_refuse "a program that does not load plug-ins says so" "does not load plug-ins" \
	"$bin/host-that-loads-none" "$root/current/lib/host/greet.so"

head -c 1000 "$root/current/lib/host/greet.so" >"$scratch/short.so"
tap_refuse "a plug-in that was cut short is refused" "short.so" "$bin/host" "$scratch/short.so"
: >"$scratch/empty.so"
tap_refuse "so is an empty one" "empty.so" "$bin/host" "$scratch/empty.so"

# Lua finds its module where it looks for one.
tap_try "Lua and a module install" "$weld" --root "$root" --yes install lua lua-lpeg
"$bin/lua" -e 'local lpeg = require "lpeg"; print(lpeg.version(), lpeg.match(lpeg.P "a" ^ 1 * -1, "aaa"))
print(require "re".match("key = value", "{%w+} %s* \"=\" %s* {%w+}"))' >"$scratch/got" 2>&1
printf '1.0.2\t4\nkey\tvalue\n' >"$scratch/wanted"
tap_same "lua: require \"lpeg\" works" "$scratch/got" "$scratch/wanted"
gdb -nx -batch -ex 'set breakpoint pending on' -ex 'set debuginfod enabled off' -ex 'break luaopen_lpeg' \
	-ex 'run -e "require [[lpeg]]"' -ex 'bt 2' -ex continue "$bin/lua" </dev/null >"$scratch/got" 2>&1
tap_try "gdb stops in the module, which it knows by name" grep -q '^#0 .* in luaopen_lpeg .*from .*lpeg.so' "$scratch/got"
tap_try "and is told when it is closed" grep -q 'unloaded shared library .*lpeg.so' "$scratch/got"
tap_try "weld owns knows the file" sh -c "'$weld' --root '$root' owns lib/lua/5.4/lpeg.so | grep lua-lpeg"
tap_try "and weld files lists it" sh -c "'$weld' --root '$root' files lua-lpeg | grep lib/lua/5.4/lpeg.so"
tap_try "weld verify finds nothing" "$weld" --root "$root" verify

# What a plug-in can do, its program can.
cat >"$scratch/advisory.json" <<'J'
{"id": "TEST-1", "affected": [{"package": {"ecosystem": "weld", "name": "lua-lpeg"},
 "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
 "ecosystem_specific": {"symbols": ["runtimecap"]}}]}
J
"$weld" --root "$root" audit --advisories "$scratch/advisory.json" >"$scratch/audit" 2>&1
tap_try "an audit sees a plug-in's code in its program" grep -q "TEST-1.*bin/lua: runtimecap" "$scratch/audit"

# An update of the plug-in alone leaves the program; one of the program makes the plug-in's image anew.
host_image=$(readlink "$bin/host")
tap_try "a new version of the plug-in is built" next greet 1.1 s/hello/salut/
tap_try "and comes with an upgrade" "$weld" --root "$root" --yes upgrade
tap_is "the program is the same" "$(readlink "$bin/host")" "$host_image"
tap_try "and greets as the new one does" sh -c "'$bin/host' '$root/current/lib/host/greet.so' | grep 'salut command line'"
tap_try "a new version of the program is built" next host 1.1 's/^host_add(/host_new(int a)\n{\n\treturn a;\n}\n\nint\nhost_add(/'
tap_try "and comes with an upgrade, the plug-in with it" "$weld" --root "$root" --yes upgrade
tap_try "all promises hold again" "$bin/host"
tap_refuse "the old program does not take the new plug-in" "not linked for this program" \
	"$root/store/${host_image#*/store/}" "$root/current/lib/host/greet.so"

# What cannot be is refused before anything changes.
tap_try "a program that lost a function is built" next host 1.2 's/host_compare/host_compared/'
state_of "$root" >"$scratch/before"
tap_refuse "its upgrade names plug-in, program and symbol" \
	"lib/host/greet.so for bin/host: needs the symbol host_compare" \
	"$weld" --root "$root" --yes upgrade
state_of "$root" >"$scratch/after"
tap_same "and nothing has changed" "$scratch/after" "$scratch/before"
cp -a "$scratch/greet" "$scratch/tls"
sed -i 's/^name = .*/name = tls/' "$scratch/tls/recipe.ucl"
sed -i 's/greet.so/tls.so/' "$scratch/tls/build"
sed -i 's/^static int begun/static _Thread_local int begun/' "$scratch/tls/src/greet.c"
tap_try "a plug-in with thread-local variables is built" build tls
tap_refuse "and refused" "has thread-local variables" \
	"$weld" --root "$root" --yes install "$scratch/packages"/tls-*.weld

# Away and back.
tap_try "the plug-in is removed" "$weld" --root "$root" --yes remove greet
tap_refuse "then there is none" "No such file" "$bin/host" "$root/current/lib/host/greet.so"
tap_try "weld rollback" "$weld" --root "$root" --yes rollback
tap_try "brings it back" "$bin/host"
tap_done
