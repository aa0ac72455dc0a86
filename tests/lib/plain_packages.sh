# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
# plain_packages.sh, sourced after home.sh: packages of plain files in $directory, so that nothing has
# to be compiled; made by $weld.

root=$directory/root

# w ARG ...: weld on this root, saying yes.
w() {
	"$weld" --root "$root" --yes "$@"
}

# recipe NAME VERSION LINES: build $directory/packages/NAME-VERSION-1.weld with a text, a configuration file
# and a script.
# What lies in $directory/src/NAME-VERSION/more is put there, too. With a series the package is
# NAME@SERIES-VERSION-1.weld, and its files are named NAMESERIES.
recipe() {
	mkdir -p "$directory/recipes/$1-$2" "$directory/src/$1-$2/share/$1" "$directory/src/$1-$2/etc" \
		"$directory/src/$1-$2/bin"
	echo "$1 $2" >"$directory/src/$1-$2/share/$1/text"
	[ -f "$directory/src/$1-$2/etc/$1.conf" ] ||
		echo "setting = $2" >"$directory/src/$1-$2/etc/$1.conf"
	# shellcheck disable=SC2016
	printf '#!/bin/sh\ncat "@PREFIX@/share/%s/text"\n' "$1" >"$directory/src/$1-$2/bin/say-$1"
	tar -C "$directory/src" -czf "$directory/src/$1-$2.tar.gz" "$1-$2"
	cat >"$directory/recipes/$1-$2/recipe.ucl" <<-END
		name = $1
		version = "$2"
		summary = "Test package $1"
		licence = MIT
		bootstrap = yes
		config = [ "etc/*" ]
		source {
			url = "file://$directory/src/$1-$2.tar.gz"
			sha256 = "$(sha256sum <"$directory/src/$1-$2.tar.gz" | cut -d' ' -f1)"
		}
		$3
	END
	cat >"$directory/recipes/$1-$2/build" <<-'END'
		build() {
			sed "s,@PREFIX@/share/$NAME,$PREFIX/share/$NAME$SERIES,g" bin/say-* >say
		}
		package() {
			weld_install 644 share/*/text "share/$NAME$SERIES"
			[ -z "$SERIES" ] || mv "etc/$NAME.conf" "etc/$NAME$SERIES.conf"
			weld_install 644 etc/*.conf etc
			mv say "say-$NAME$SERIES"
			weld_install 755 "say-$NAME$SERIES" bin
			[ ! -d more ] || cp -R more/. "$DESTDIR$PREFIX"
		}
	END
	"$weld" build "$directory/recipes/$1-$2" -o "$directory/built-$1-$2" --check=no \
		>"$directory/log" 2>&1 || {
		tap_note <"$directory/log"
		tap_bail "$1-$2 does not build"
	}
	mkdir -p "$directory/packages"
	cp "$directory/built-$1-$2"/*.weld "$directory/packages"
}
