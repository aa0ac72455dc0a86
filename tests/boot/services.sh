#!/bin/sh
# SPDX-License-Identifier: MIT
# services.sh: a machine whose packages declare accounts, directories and services: what runs, as whom, and
# what a person has decided.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
. tests/boot/machine.sh
machine_begin

build() {
	"$weld" --root "$story_root" --yes image build "$@"
}

tap_try "an image with a service" build -o "$scratch/disk.img" mini-httpd
disk=$scratch/disk.img
port=$((20000 + $$ % 20000))
machine_start --port "$port:8080" "$disk"
machine_try "it boots" machine_up
machine_says "the service runs" \
	"i=0; until sv status mini-httpd | grep -q ^run || [ \$i = 20 ]; do sleep 1; i=\$((i+1)); done; sv status mini-httpd | cut -d: -f1" run
machine_says "as the user that its package declares" \
	"stat -c %U /proc/\$(pidof mini_httpd | tr ' ' '\\n' | tail -n 1)" mini-httpd
machine_says "whose account was made" "grep -c '^mini-httpd:.*:/weld/state/var/www:/bin/false\$' /etc/passwd; grep -c ^mini-httpd: /etc/group" "1
1"
machine_says "its directory is there" "echo from the machine >/var/www/index.html; stat -c '%a %U' /var/www/" "755 root"

# asked: the last line of what the machine answers through the forwarded port.
asked() {
	timeout 30 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "GET / HTTP/1.0\r\n\r\n" >&3 && cat <&3' asked "$port" 2>/dev/null |
		tail -n 1
}
[ "$(asked)" = "from the machine" ]
tap_result $? "it answers"
machine_says "what a person decides is kept apart" \
	"mkdir -p /var/services/mini-httpd /var/services/own && touch /var/services/mini-httpd/down && printf '#!/bin/sh\\nexec sleep 1000\\n' >/var/services/own/run && chmod 755 /var/services/own/run; echo \$?" 0
machine_try "poweroff ends the machine cleanly" machine_off

machine_start --port "$port:8080" "$disk"
machine_try "it boots again" machine_up
machine_says "what was kept from starting does not run, and a person's own service does" \
	"i=0; until sv status own | grep -q ^run || [ \$i = 20 ]; do sleep 1; i=\$((i+1)); done; sv status mini-httpd own | cut -d: -f1 | tr '\\n' ' '" "down run "
machine_says "the account was not made twice" "grep -c ^mini-httpd: /etc/passwd" 1
machine_try "poweroff ends this one, too" machine_off
tap_done
