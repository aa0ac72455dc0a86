#!/bin/sh
# SPDX-License-Identifier: MIT
# service.sh: a real server, from its recipe to an answer: its unit, what systemd says of it, the program as the unit
# starts it, and going back.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

root=$scratch/root
make_root "$root" "$story_repo" >/dev/null 2>&1 || tap_bail "no root"
"$weld" --root "$root" --yes install dash >/dev/null 2>&1 || tap_bail "no dash"
unit=$root/current/lib/systemd/system/mini-httpd.service
tap_try "a package with a service" sh -c "'$weld' --root '$root' --yes install mini-httpd >'$scratch/log' 2>&1"
tap_is "its unit is told, with what enables it" \
	"$(grep -c "service mini-httpd is new: systemctl.* enable --now $unit" "$scratch/log")" 1
tap_is "and belongs to it" "$("$weld" --root "$root" --json owns lib/systemd/system/mini-httpd.service | jq -r '.owners[0].package')" \
	mini-httpd
tap_try "so does its directory" test -d "$root/current/var/www"
if command -v systemd-analyze >/dev/null; then
	tap_try "systemd takes the unit" systemd-analyze verify --man=no "$unit"
	exposure=$(systemd-analyze security --offline=yes --threshold=100 --no-pager "$unit" 2>/dev/null |
		sed -n 's/.*exposure level for [^:]*: \([0-9]*\)\..*/\1/p')
	echo "# exposure, as systemd counts it: ${exposure:-unknown} of 10"
	if [ "$(id -u)" = 0 ]; then
		[ "${exposure:-10}" -lt 5 ]
		tap_result $? "and finds it well confined"
	fi
else
	tap_skip "what systemd says of it: systemd is not installed"
fi

# start: the program, with the unit's own words, but for the port.
start() {
	port=$((20000 + ($$ + $1) % 20000))
	eval "set -- $(sed -n "s|^ExecStart=\":|\"|; T; s|\"8080\"|\"$port\"|; p" "$unit")"
	"$@" >/dev/null 2>&1 &
	server=$!
	story_children="$story_children $server"
}

# ask PATH: the first line and the last of the answer.
ask() {
	ask_tries=0
	until timeout 20 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "GET %s HTTP/1.0\r\n\r\n" "$2" >&3 && cat <&3' \
		ask "$port" "$1" >"$scratch/answer" 2>/dev/null && [ -s "$scratch/answer" ] || [ $ask_tries = 50 ]; do
		ask_tries=$((ask_tries + 1))
		sleep 0.2
	done
	tr -d '\r' <"$scratch/answer" | sed -n '1p;$p'
}

echo hello from weld >"$root/current/var/www/index.html"
chmod -R a+rX "$scratch"
start 0
tap_is "the program that the unit starts answers" "$(ask /)" "HTTP/1.0 200 Ok
hello from weld"
tap_is "and says what is not there" "$(ask /missing | head -n 1)" "HTTP/1.0 404 Not Found"
tap_try "it is one of weld's" sh -c "readlink /proc/$server/exe | grep -q '/store/.*-mini-httpd-'"

tap_try "another layout of all slots" \
	sh -c "'$weld' --root '$root' --yes --json relink --reseed >'$scratch/reply' 2>/dev/null"
tap_is "leaves the one that runs as it was, which is told" \
	"$(jq -c '[.services[] | .name, .change, (.pids | index('$server') != null)]' "$scratch/reply")" \
	'["mini-httpd","old",true]'
tap_is "and which goes on" "$(ask / | tail -n 1)" "hello from weld"
kill $server
wait $server 2>/dev/null
start 1
tap_is "started again it answers, too" "$(ask / | tail -n 1)" "hello from weld"
kill $server
wait $server 2>/dev/null

tap_try "going back to before the package" \
	sh -c "'$weld' --root '$root' --yes rollback 1 >'$scratch/log' 2>&1"
tap_is "says what is left to do" "$(grep -c 'service mini-httpd is gone: systemctl.* disable --now mini-httpd' "$scratch/log")" 1
tap_is "takes the service away" "$(find "$root/current/" -path '*mini-httpd*' | wc -l)" 0
tap_is "and leaves what was served" "$(cat "$root/state/var/www/index.html")" "hello from weld"
tap_done
