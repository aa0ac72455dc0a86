#!/bin/sh
# SPDX-License-Identifier: MIT
# sbom.sh WELD SOURCE MADE_ROOT: bills of materials and licences, of made roots and package files.
set -eu
weld=$1
source=$2
made_root=$3
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
root=$directory/root

# w ARG ...: weld on the made root.
w() {
	"$weld" --root "$root" "$@"
}

# valid NAME FORMAT FILE
valid() {
	tap_try "$1 is valid $2" "$source/tests/sbom/validate.py" "$2" "$3"
}

# ask FILE JQ_PROGRAM
ask() {
	jq -r "$2" "$directory/$1"
}

"$made_root" "$root" 24 || tap_bail "no root was made"
w sbom >"$directory/root.cdx"
w sbom --format spdx >"$directory/root.spdx"
valid 'a root' cyclonedx "$directory/root.cdx"
valid 'a root' spdx "$directory/root.spdx"

# What the documents say.
tap_is 'every package is a component' "$(ask root.cdx '.components | length')" 24
tap_is 'a package has its version' "$(ask root.cdx '.components[] | select(.name == "p6").version')" 1.0-1
tap_is 'and a purl with its digest' "$(ask root.cdx '.components[] | select(.name == "p6").purl')" \
	"pkg:generic/p6@1.0-1?checksum=sha256:$(printf p6 | sha256sum | cut -d' ' -f1)"
tap_is 'a source of Debian has its own' \
	"$(ask root.cdx '.components[] | select(.name == "p6").pedigree.ancestors[0].purl')" \
	'pkg:deb/debian/s2@1:1.0~rc1%2Bb-1?arch=source'
tap_is 'its archive has a digest' \
	"$(ask root.cdx '.components[] | select(.name == "p6").pedigree.ancestors[0].externalReferences[0] | "\(.url) \(.hashes[0].content)"')" \
	"s2_1.0~rc1%2Bb-1.dsc $(printf 'source 2' | sha256sum | cut -d' ' -f1)"
tap_is 'a private library is linked statically' \
	"$(ask root.cdx '.components[] | select(.name == "p6").components[] | select(.["bom-ref"] == "program:bin/p6").properties[] | select(.name == "weld:link").value')" \
	'static library:l3'
tap_is 'a slot is bound' \
	"$(ask root.cdx '.components[] | select(.name == "p8").components[] | select(.["bom-ref"] == "program:bin/p8").properties[] | select(.name == "weld:link").value')" \
	'slot slot:l4'
tap_is 'it has its layout id' \
	"$(ask root.cdx '.components[] | select(.name == "p4").components[] | select(.["bom-ref"] == "slot:l4").properties[] | select(.name == "weld:layout-id").value')" \
	"$(printf 'layout of slot 4' | sha256sum | cut -d' ' -f1)"
tap_is 'dependencies say the same' \
	"$(ask root.cdx '.dependencies[] | select(.ref == "program:bin/p8").dependsOn[]')" slot:l4
tap_is 'a package depends on what it requires' \
	"$(ask root.cdx '.dependencies[] | select(.ref == "package:p6").dependsOn[]')" package:p3
tap_is 'the compiler is named' "$(ask root.cdx '.formulation[0].components[] | "\(.name) \(.version)"' | tr '\n' ' ')" \
	'weld 0.1.0 clang 22.1.8 '
tap_is 'an image stands under all licences inside it' \
	"$(ask root.cdx '.components[] | select(.name == "p14").components[] | select(.["bom-ref"] == "program:bin/p14").licenses[0].expression')" \
	'(BSD-3-Clause OR GPL-2.0-only) AND Apache-2.0 WITH LLVM-exception'

# relations FROM TYPE: what SPDX says that it leads to.
relations() {
	ask root.spdx ".relationships[] | select(.spdxElementId == \"SPDXRef-$1\" and .relationshipType == \"$2\").relatedSpdxElement" |
		tr '\n' ' '
}

tap_is 'SPDX: the document describes the root' "$(relations DOCUMENT DESCRIBES)" 'SPDXRef-root '
tap_is 'SPDX: a static link' "$(relations program-bin-p6 STATIC_LINK)" 'SPDXRef-library-l3 '
tap_is 'SPDX: a slot' "$(relations program-bin-p8 DYNAMIC_LINK)" 'SPDXRef-slot-l4 '
tap_is 'SPDX: what a slot is made from' "$(relations slot-l4 GENERATED_FROM)" 'SPDXRef-library-l4 '
tap_is 'SPDX: a requirement' "$(relations package-p6 DEPENDS_ON)" 'SPDXRef-package-p3 '
tap_is 'SPDX: the compiler' "$(relations tool-clang-22.1.8 BUILD_TOOL_OF | wc -w | tr -d ' ')" 24
tap_is 'SPDX: the source' "$(relations package-p6 GENERATED_FROM | grep -c '^SPDXRef-source-s2-')" 1

# Licences that the list does not have.
tap_is 'an unknown licence has a name of its own' \
	"$(ask root.spdx '.packages[] | select(.SPDXID == "SPDXRef-package-p2").licenseDeclared')" \
	'MIT AND LicenseRef-weld-Own-Licence'
tap_is 'and the text of its package' \
	"$(ask root.spdx '.hasExtractedLicensingInfos[] | select(.name == "Own-Licence").extractedText' | head -n 1)" \
	'Do with it what you like.'
tap_is 'so has what is no expression' \
	"$(ask root.cdx '.components[] | select(.name == "p3").licenses[0].license.name')" \
	'see "COPYING" <here>'

# Names that need care.
tap_is 'a hostile name is kept' \
	"$(ask root.cdx '.components[] | select(.name == "p1").components[] | select(.type == "application").name')" \
	"$(printf 'bin/a b"<&>'"'"'\303\251{}|')"

# One package, and one that is not there.
w sbom p6 >"$directory/p6.cdx"
w sbom --format spdx p6 >"$directory/p6.spdx"
valid 'a package' cyclonedx "$directory/p6.cdx"
valid 'a package' spdx "$directory/p6.spdx"
tap_is 'it is what the bill is about' "$(ask p6.cdx .metadata.component.name)" p6
tap_is 'with all that it requires and nothing else' \
	"$(ask p6.cdx '.components[].name' | tr '\n' ' ')" 'p1 p3 '
tap_refuse 'an unknown package is an error' 'p25.*not installed|p25.*no package|did you mean' w sbom p25
tap_refuse 'an unknown format is a usage error' 'cyclonedx or spdx' w sbom --format xml

# The same root gives the same document.
w sbom >"$directory/again"
tap_same 'the same root, the same document' "$directory/root.cdx" "$directory/again"
"$made_root" "$directory/other" 24
"$weld" --root "$directory/other" sbom --format spdx >"$directory/again"
tap_same 'also elsewhere' "$directory/root.spdx" "$directory/again"
"$made_root" "$directory/less" 23
"$weld" --root "$directory/less" sbom >"$directory/again"
tap_try 'another root has another serial number' test "$(ask again .serialNumber)" != "$(ask root.cdx .serialNumber)"
tap_is 'its time is the generation'"'"'s' "$(ask root.cdx .metadata.timestamp)" 2023-11-14T22:13:20Z
SOURCE_DATE_EPOCH=1000000000 w sbom --format spdx >"$directory/epoch"
tap_is 'or what SOURCE_DATE_EPOCH says' "$(ask epoch .creationInfo.created)" 2001-09-09T01:46:40Z
tap_is 'which does not change its name' "$(ask epoch .documentNamespace)" "$(ask root.spdx .documentNamespace)"
tap_refuse 'a wrong SOURCE_DATE_EPOCH is told' 'SOURCE_DATE_EPOCH' env SOURCE_DATE_EPOCH=now \
	"$weld" --root "$root" sbom

# Validation can fail: each change makes a document that is refused.
for change in 'del(.bomFormat)' '.specVersion = 1.5' '.serialNumber = "urn:uuid:1"' \
	'.components[0].type = "thing"' '.components[0].hashes[0].content = "abc"' \
	'.components[0].licenses = [{"license": {"id": "Foo"}}]' '.more = 1' \
	'.components[1]["bom-ref"] = .components[0]["bom-ref"]' \
	'.dependencies[0].dependsOn += ["package:none"]'; do
	jq "$change" "$directory/root.cdx" >"$directory/changed"
	tap_refuse "CycloneDX refused: $change" . "$source/tests/sbom/validate.py" cyclonedx "$directory/changed"
done
for change in 'del(.spdxVersion)' '.packages[0].SPDXID = "SPDXRef-a_b"' \
	'.packages[0].filesAnalyzed = "no"' '.creationInfo.created = "today"' \
	'.relationships[0].relationshipType = "LIKES"' \
	'.relationships[0].relatedSpdxElement = "SPDXRef-none"' '.packages[0].more = 1' \
	'.packages[1].SPDXID = .packages[0].SPDXID'; do
	jq "$change" "$directory/root.spdx" >"$directory/changed"
	tap_refuse "SPDX refused: $change" . "$source/tests/sbom/validate.py" spdx "$directory/changed"
done

# Where it goes.
tap_try 'a file is written' w sbom -o "$directory/file"
tap_same 'it is the document' "$directory/root.cdx" "$directory/file"
tap_refuse 'a file that is there is not touched' 'exists' w sbom --format spdx -o "$directory/file"
tap_same 'it is as it was' "$directory/root.cdx" "$directory/file"
tap_is '--json wraps the document' "$(w --json sbom | jq -r '"\(.schema) \(.command) \(.document.bomFormat)"')" \
	'1 sbom CycloneDX'
tap_is 'a closed pipe is no scene' "$({ w sbom 2>&1 >&3 3>&- | cat >"$directory/err"; } 3>&1 | true; cat "$directory/err")" ''

# An empty root.
"$made_root" "$directory/empty" 0
for format in cyclonedx spdx; do
	"$weld" --root "$directory/empty" sbom --format $format >"$directory/empty.$format"
	valid 'an empty root' $format "$directory/empty.$format"
done
tap_is 'it has no licences' "$("$weld" --root "$directory/empty" licenses)" ''

# A package file.
mkdir -p "$directory/recipe" "$directory/src/plain-1.0"
echo 'Use it.' >"$directory/src/plain-1.0/COPYING"
echo text >"$directory/src/plain-1.0/text"
tar -C "$directory/src" -czf "$directory/plain-1.0.tar.gz" plain-1.0
cat >"$directory/recipe/recipe.ucl" <<-END
	name = plain
	version = "1.0"
	summary = "Plain text"
	licence = "MIT OR LicenseRef-own"
	bootstrap = yes
	source {
		url = "file://$directory/plain-1.0.tar.gz"
		sha256 = "$(sha256sum <"$directory/plain-1.0.tar.gz" | cut -d' ' -f1)"
	}
END
cat >"$directory/recipe/build" <<-'END'
	build() {
		:
	}
	package() {
		weld_install 644 text share/plain
	}
END
tap_try 'a package is built' "$weld" build "$directory/recipe" -o "$directory" --check=no
file=$directory/plain-1.0-1.weld
for format in cyclonedx spdx; do
	"$weld" --root "$directory/none" sbom --format $format "$file" >"$directory/file.$format"
	valid 'a package file' $format "$directory/file.$format"
done
tap_try 'no root was made for it' test ! -e "$directory/none"
tap_is 'its digest is the file'"'"'s' "$(ask file.cyclonedx '.metadata.component.hashes[0].content')" \
	"$(sha256sum <"$file" | cut -d' ' -f1)"
tap_is 'it has no time of its own' "$(ask file.cyclonedx '.metadata.timestamp')" null
head -c 300 "$file" >"$directory/short.weld"
tap_refuse 'a damaged file is refused' 'short.weld' w sbom "$directory/short.weld"
tap_refuse 'a missing file is refused' 'none.weld' w sbom "$directory/none.weld"
tap_try 'it is installed' "$weld" --root "$directory/real" --yes install "$file"
tap_is 'its licence text came with it' "$("$weld" --root "$directory/real" licenses --texts | tail -n 1)" '    Use it.'

# A system image: what --image finds is what the root inside says.
tap_try 'an image is made' "$weld" --root "$directory/real" image build --format=dir --base=none \
	-o "$directory/image" "$file"
"$weld" --root "$directory/image/weld" sbom >"$directory/inside"
"$weld" --root "$directory/none" sbom --image "$directory/image" >"$directory/image.cdx"
tap_same 'its bill is that of the root inside' "$directory/inside" "$directory/image.cdx"
valid 'an image' cyclonedx "$directory/image.cdx"
tap_is 'it tells of its package' "$(ask image.cdx '.components[].name')" plain
tap_is 'its licences are shown' "$("$weld" licenses --image "$directory/image")" \
	"$(printf 'MIT OR LicenseRef-own\n  plain 1.0-1')"
tap_refuse 'a directory that is no image is refused' 'no image' w sbom --image "$directory"
tap_refuse 'so is a file that is none' 'not a disk' w licenses --image "$file"
tap_refuse 'and one that is not there' 'none: No such file' w sbom --image "$directory/none"

# Licences.
w licenses >"$directory/licences" 2>"$directory/err"
tap_is 'packages stand under their licences' "$(sed -n '/^Zlib$/,/^[^ ]/p' "$directory/licences" | head -n 3 | tr '\n' ' ')" \
	'Zlib   p1 1.0-1   p13 1.0-1 '
tap_try 'one without a text is told so' grep -q '^  p4 1.0-1  (no text)$' "$directory/licences"
tap_try 'also at the end' grep -q 'without a licence text: p4$' "$directory/err"
tap_try 'a wrong expression is warned of' grep -q 'warning: p3: licence: is no SPDX' "$directory/err"
w licenses --texts p5 >"$directory/text"
tap_try 'a text is shown' grep -q "^    Copyright Andr$(printf '\303\251')\$" "$directory/text"
tap_is 'it does not move the cursor' "$(tr -d '\n\t -~\200-\377' <"$directory/text")" ''
tap_is 'JSON has them too' "$(w --json licenses --texts p5 2>/dev/null | jq -r '.licences[0].packages[0].texts[0].path')" \
	share/licenses/p5/COPYING
tap_refuse 'licences of an unknown package' 'p25' w licenses p25

# Damage.
store=$(dirname "$root"/store/*-p5-1.0-1/manifest.json)
chmod u+w "$store"/objects "$store"/objects/* "$store" "$store/manifest.json"
echo changed >"$(echo "$store"/objects/*)"
tap_refuse 'a changed text is refused' 'changed on disk.*weld repair' w licenses --texts p5
echo '{}' >"$store/manifest.json"
tap_refuse 'a damaged manifest is refused' 'manifest.json: changed on disk.*weld repair' w sbom
rm "$store/manifest.json"
tap_refuse 'a missing manifest is refused' 'manifest.json' w sbom
tap_try 'packages without it are told still' w sbom p4
tap_done
