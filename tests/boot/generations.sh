#!/bin/sh
# SPDX-License-Identifier: MIT
# generations.sh: a disk with two generations: the newest boots, the older can be chosen, state is the
# same for both; and a generation that does not come up is not chosen again.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
. tests/boot/machine.sh
machine_begin
machine_copy next.img

# partition IMAGE NAME: "START SIZE", in bytes.
partition() {
	"$weld" --json image show "$1" |
		jq -r --arg name "$2" '.partitions[] | select(.name == $name) | "\(.start) \(.size)"'
}

# name_of NUMBER: the partition of a generation of the disk.
name_of() {
	"$weld" --json image show "$disk" |
		jq -r --argjson number "$1" '.generations[] | select(.number == $number) | .partition'
}

# contents IMAGE NAME: digest of a partition.
contents() {
	partition "$1" "$2" | {
		read -r start size
		tail -c +$((start + 1)) "$1" | head -c "$size" | sha256sum
	}
}

older=$(name_of 1)
newest=$(name_of 2)
for name in "$older" weld-state; do
	[ "$(contents "$disk" "$name")" = "$(contents "$images/machine.img" "$name")" ]
	tap_result $? "--onto leaves $name as it was, bit for bit"
done
[ "$("$weld" --json image show "$disk" | jq '[.slots[] | {name, base}]')" = \
	"$("$weld" --json image show "$images/machine.img" | jq '[.slots[] | {name, base}]')" ]
tap_result $? "libraries keep their addresses"

# running: the generation that the machine runs, and whether `tree` is there, which only the newest has.
running() {
	machine_run "weld-boot status | sed -n 's/^generation: //p'; [ -e /bin/tree ] && echo tree; cat /root/note 2>/dev/null; echo note >>/root/note"
}

machine_start "$disk"
machine_try "the newest generation boots" machine_up
[ "$(running)" = "2
tree" ]
tap_result $? "it is the newest, and has what was added"
machine_try "it ends" machine_off

# The menu waits a second; keys count it out. The second entry is the older.
machine_start "$disk"
machine_expect 'GNU GRUB' && machine_expect 'weld generation 1' && machine_send '\x0e' &&
	machine_ask 'listen 500' && machine_send '\r'
machine_try "the older is in the menu, and boots when it is chosen" machine_up
[ "$(running)" = "1
note" ]
tap_result $? "it is the older, and has the state of the newest"
machine_send 'reboot\r'
machine_try "after reboot the newest boots again" machine_up
[ "$(running)" = "2
tree
note
note" ]
tap_result $? "with the state of both"
machine_try "it ends, too" machine_off
[ "$("$weld" --json image show "$disk" | jq .trying)" = 0 ]
tap_result $? "choosing the older does not put the newest on trial"

# The newest is damaged in its first block, behind what tells a file system from another: it cannot
# be mounted, and the machine must find to the older by itself.
machine_copy next.img
partition "$disk" "$newest" | {
	read -r start size
	printf 'damage' | dd of="$disk" bs=1 seek=$((start + 2048)) conv=notrunc status=none
}
machine_start "$disk"
machine_try "a machine whose newest generation cannot start comes up without help" machine_up
[ "$(running)" = 1 ]
tap_result $? "it runs the older generation"
machine_says "the disk remembers which one came up, and which one did not" \
	"weld-boot status | grep weld_" "weld_good: 1
weld_trying: 2"
machine_try "it ends cleanly" machine_off
machine_start "$disk"
machine_try "the broken one is not tried again" machine_up
[ "$(running)" = "1
note" ] && ! grep -q 'Rebooting in' "$machine_dir/log"
tap_result $? "the older was started at once, with its state"
tap_done
