#!/bin/sh
# SPDX-License-Identifier: MIT
# power.sh [TIMES [SEED]]: the power goes at random moments while a machine starts, with what the disk's
# cache had not written yet; afterwards it starts, and state is whole.
#
# Moments are spread over the time that a start took just now: one in each of TIMES equal parts. Every second one
# hits a fresh disk, whose state is being filled. The disk is behind nbdkit with a cache that only a flush
# empties: it is killed with the machine.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
. tests/boot/machine.sh
machine_begin
command -v nbdkit >/dev/null || machine_skip "nbdkit is not installed"
times=${1:-20}
seed=${2:-7}
server=

# disk_serve: the disk in a cache that forgets when the power goes.
disk_serve() {
	rm -f "$scratch/nbd"
	nbdkit -f -U "$scratch/nbd" --filter=cache file "$disk" cache=writeback >"$scratch/nbdkit" 2>&1 &
	server=$!
	story_children="$story_children $server"
	disk_tries=0
	until [ -S "$scratch/nbd" ] || [ $disk_tries -gt 100 ]; do
		disk_tries=$((disk_tries + 1))
		sleep 0.1
	done
}

# power_on: what `weld image run` would run, with the disk behind that cache.
power_on() {
	disk_serve
	"$weld" --json image run --dry-run "$disk" |
		jq -r --arg served "file=nbd:unix:$scratch/nbd" \
			'.argv[] | sub("^file=[^,]*(?<rest>,format=raw,if=virtio.*)"; $served + .rest)' \
			>"$scratch/argv"
	set --
	while read -r word; do
		set -- "$@" "$word"
	done <"$scratch/argv"
	machine_command "$@"
}

# power_off_hard: now, all of it.
power_off_hard() {
	kill -KILL "$server" "$(cat "$machine_dir/pid")" 2>/dev/null
	machine_kill
	wait "$server" 2>/dev/null
}

# state_is_whole [WORDS]: every file that state begins with is there and has its contents (but resolv.conf, which is
# DHCP's), nothing is left behind, and what was kept is there.
state_is_whole() {
	state_said=$(machine_run "cd /weld/defaults && find . -type f ! -path './var/*' ! -name resolv.conf | while read -r f; do cmp -s \$f ../state/\$f || echo \$f; done; find /weld/state -name '.weld-boot.new'; weld-boot status | grep weld_good; cat /root/kept 2>/dev/null; cd; echo \$?")
	echo "$state_said" >"$scratch/state"
	[ "$state_said" = "weld_good: 1
${1:-}0" ]
}

# How long a start takes here and now, in centiseconds; and something to keep.
machine_copy machine.img
cp --sparse=always "$disk" "$scratch/kept.img"
disk=$scratch/kept.img
. tests/lib/step.sh
began=$(step_clock)
power_on
machine_expect 'login: $' || tap_bail "the machine does not start"
took=$(($(step_clock) - began))
echo "a start takes $((took / 100)).$((took % 100)) s; seed $seed" | tap_note
machine_login
machine_run 'echo kept >/root/kept; sync' >/dev/null
machine_try "a machine on such a disk starts, and ends cleanly" machine_off
kill -TERM "$server" && wait "$server"

awk -v times="$times" -v seed="$seed" -v took=$took 'BEGIN {
	srand(seed)
	for (i = 0; i < times; i++)
		printf "%d\n", (i + rand()) * took * 10 / times
}' >"$scratch/moments"

number=0
while read -r moment; do
	number=$((number + 1))
	kept=
	if [ $((number % 2)) = 0 ]; then
		disk=$scratch/kept.img
		kept="kept
"
	else
		machine_copy machine.img
	fi
	power_on
	machine_ask "listen $moment"
	power_off_hard
	power_on
	machine_try "$number: after a power cut at $moment ms it starts" machine_up
	state_is_whole "$kept"
	tap_result $? "$number: state is whole"
	tap_note <"$scratch/state"
	power_off_hard
done <"$scratch/moments"
tap_done
