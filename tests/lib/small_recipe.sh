# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
# small_recipe.sh, sourced after home.sh: recipes for packages of one C file.

# small_recipe FOLDER NAME VERSION REQUIRES BUILD INSTALL [LINES] <C: a folder for `weld build`, with these
# commands, and more lines for recipe.ucl.
small_recipe() {
	small_source=$directory/src/$2-$3
	mkdir -p "$1" "$small_source"
	cat >"$small_source/$2.c"
	tar -C "$directory/src" -czf "$small_source.tar.gz" "$2-$3"
	cat >"$1/recipe.ucl" <<-END
		name = $2
		version = "$3"
		summary = "Test package $2"
		licence = MIT
		bootstrap = yes
		build_requires = [ $4 ]
		source {
			url = "file://$small_source.tar.gz"
			sha256 = "$(sha256sum <"$small_source.tar.gz" | cut -d' ' -f1)"
		}
		${7:-}
	END
	printf 'build() {\n\t%s\n}\npackage() {\n\t%s\n}\n' "$5" "$6" >"$1/build"
}

# small_build FOLDER OUTPUT OPTION ...: the package, or the end of the test.
small_build() {
	small_folder=$1
	small_output=$2
	shift 2
	"$weld" build "$small_folder" -o "$small_output" --check=no "$@" >"$directory/log" 2>&1 || {
		tap_note <"$directory/log"
		tap_bail "$small_folder does not build"
	}
}
