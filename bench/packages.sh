#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2086 # lists of words
# packages.sh ROW ...: what a package manager does apart from linking: 300 packages with 6,000 files and 24 MB
# from a local repository, in memory (/dev/shm) and, in rows that end in -disk, on a disk. Peers get the
# same files in packages of their own form, compressed with zstd as weld's, and check no signatures; weld does.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/story.sh

here=$PWD/out/bench/packages
runs=${BENCH_RUNS:-3}
count=${BENCH_PACKAGES:-300}
made=$here/made-$count
managers="weld apt dnf zypper pacman"
verbs="install dry-run search owner verify remove"
mkdir -p "$here"

for tool in apt-ftparchive dnf zypper pacman repo-add createrepo_c rpmbuild; do
	command -v $tool >/dev/null || {
		echo "bench: $tool is missing (run 'tests/lib/setup.sh bench')" >&2
		exit 1
	}
done
[ "$(id -u)" = 0 ] || {
	echo "bench: the peers only install for root" >&2
	exit 1
}
[ -e "$made/.done" ] || {
	rm -rf "$made"
	WELD=$weld bench/packages/make "$made" $count >"$here/log" 2>&1
	: >"$made/.done"
}

names=$(ls "$made/tree")
one=p003
file=share/$one/f07

# What each manager is asked, for the root $root; the repository is known already. Lists of names are split.
weld_do() {
	case $1 in
	prepare)
		"$weld" --root "$root" repo add bench "file://$made/weld" \
			--key "$made/weld/metadata/1.root.json"
		"$weld" --root "$root" update
		;;
	install) "$weld" --root "$root" --yes install $names ;;
	dry-run) "$weld" --root "$root" --dry-run install --reinstall $one ;;
	search) "$weld" --root "$root" search $one ;;
	owner) "$weld" --root "$root" owns "$root/current/$file" ;;
	verify) "$weld" --root "$root" verify ;;
	remove) "$weld" --root "$root" --yes remove $names ;;
	esac
}

apt_do() {
	apt_options="-o Dir::State=$root/var/lib/apt -o Dir::State::status=$root/var/lib/dpkg/status
		-o Dir::Cache=$root/var/cache/apt -o Dir::Etc::sourcelist=$root/sources -o Dir::Etc::sourceparts=-
		-o Dir::Etc::preferencesparts=- -o APT::Sandbox::User=root -o Dpkg::Options::=--root=$root
		-o Dpkg::Use-Pty=0 -o Acquire::Languages=none"
	case $1 in
	prepare)
		mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/var/lib/apt/lists/partial" \
			"$root/var/cache/apt/archives/partial"
		: >"$root/var/lib/dpkg/status"
		echo "deb [trusted=yes] file:$made/deb ./" >"$root/sources"
		apt-get $apt_options update
		;;
	install) apt-get $apt_options --yes install $names ;;
	dry-run) apt-get $apt_options --simulate --reinstall install $one ;;
	search) apt-cache $apt_options search $one ;;
	owner) dpkg --root="$root" --search "/usr/$file" ;;
	verify) dpkg --root="$root" --verify ;;
	remove) apt-get $apt_options --yes purge $names ;;
	esac
}

dnf_do() {
	dnf_command="dnf --quiet --assumeyes --installroot=$root --releasever=1 --setopt=reposdir=/nowhere
		--setopt=cachedir=$root/var/cache/dnf --setopt=pluginpath=/nowhere --nogpgcheck
		--repofrompath=bench,file://$made/rpm --disablerepo=* --enablerepo=bench"
	case $1 in
	prepare) $dnf_command makecache ;;
	install) $dnf_command install $names ;;
	dry-run) $dnf_command --assumeno reinstall $one ;;
	search) $dnf_command --cacheonly search $one ;;
	owner) rpm --root="$root" -qf "/usr/$file" ;;
	verify) rpm --root="$root" -Va ;;
	remove) $dnf_command remove $names ;;
	esac
}

zypper_do() {
	zypper_command="zypper --quiet --non-interactive --no-gpg-checks --root $root"
	case $1 in
	prepare)
		$zypper_command addrepo --no-gpgcheck "file://$made/rpm" bench
		$zypper_command refresh
		;;
	install) $zypper_command install --no-recommends $names ;;
	dry-run) $zypper_command install --dry-run --force $one ;;
	search) $zypper_command --no-refresh search $one ;;
	owner) rpm --root="$root" -qf "/usr/$file" ;;
	verify) rpm --root="$root" -Va ;;
	remove) $zypper_command remove $names ;;
	esac
}

pacman_do() {
	pacman_command="pacman --root $root --config $root/pacman.conf --dbpath $root/var/lib/pacman --noconfirm
		--cachedir $root/var/cache/pacman --hookdir $root/hooks --noprogressbar"
	case $1 in
	prepare)
		mkdir -p "$root/var/lib/pacman" "$root/var/cache/pacman"
		printf '[options]\nArchitecture = auto\nSigLevel = Never\n[bench]\nServer = file://%s\n' \
			"$made/pacman" >"$root/pacman.conf"
		$pacman_command -Sy
		;;
	install) $pacman_command -S $names ;;
	dry-run) $pacman_command -S --print $one ;;
	search) $pacman_command -Ss $one ;;
	owner) $pacman_command -Qo "$root/usr/$file" ;;
	verify) $pacman_command -Qkk ;;
	remove) $pacman_command -R $names ;;
	esac
}

# Whether the manager did what it said: all files there, or none.
check() {
	case $2 in
	install) check_files=$((count * 20)) ;;
	remove) check_files=0 ;;
	*) return 0 ;;
	esac
	check_place=$root/usr/share
	[ "$1" = weld ] && check_place=$root/current/share
	check_found=$(find -L "$check_place" -path '*/p*/f*' -type f 2>/dev/null | wc -l)
	[ "$check_found" = "$check_files" ] || {
		echo "bench: $1 $2: $check_found files instead of $check_files (see $here/log)" >&2
		return 1
	}
}

# cycle PLACE MANAGER: from nothing to all and back; a line of microseconds for each verb.
cycle() {
	case $1 in
	memory) root=$(mktemp -d -p /dev/shm weld-bench.XXXXXX) ;;
	disk) root=$(mktemp -d -p "$here" root.XXXXXX) ;;
	esac
	"$2_do" prepare >>"$here/log" 2>&1
	for cycle_verb in $verbs; do
		[ "$1" = disk ] && sync
		cycle_began=$(date +%s%N)
		# Some managers end with 1 where a dry run or a search did what it should.
		"$2_do" "$cycle_verb" >>"$here/log" 2>&1 || :
		cycle_ended=$(date +%s%N)
		check "$2" "$cycle_verb"
		echo $(((cycle_ended - cycle_began) / 1000)) >>"$here/times/$1-$cycle_verb-$2"
	done
	chmod -R u+w "$root"
	rm -rf "$root"
}

# measure PLACE: all cycles in turn, once in this run of the bench.
measure() {
	[ ! -e "$here/times/$1" ] || return 0
	: >"$here/times/$1"
	measure_run=0
	while [ $measure_run -lt "$runs" ]; do
		for measure_manager in $managers; do
			cycle "$1" "$measure_manager"
		done
		measure_run=$((measure_run + 1))
	done
}

median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

rm -rf "$here/times"
mkdir "$here/times"
: >"$here/log"
for row; do
	place=memory
	verb=${row#packages-}
	case $verb in
	*-disk) place=disk verb=${verb%-disk} ;;
	esac
	measure $place
	{
		for manager in $managers; do
			printf '%s\t%s\n' "$manager" "$(median "$here/times/$place-$verb-$manager")"
		done
		# What a person should wait at most, in microseconds.
		case $row in
		packages-install) printf 'limit\t500000\n' ;;
		packages-dry-run | packages-search | packages-owner) printf 'limit\t15000\n' ;;
		esac
	} | jq -Rnc --arg row "$row" --argjson runs "$runs" '
		[inputs | split("\t") | {name: .[0], median: (.[1] | tonumber)}]
		| {row: $row, unit: "us", runs: $runs, weld: {median: .[0].median}, peers: .[1:]}'
done
