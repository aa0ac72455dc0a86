#!/bin/sh
# SPDX-License-Identifier: MIT
# proxy.sh WELD SOURCE PKGD: a repository that only a proxy knows the way to, for a user's weld and for the daemon;
# the proxy's password stands nowhere.
set -eu
weld=$1
source=$2
pkgd=$(realpath "$3")
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"
# shellcheck source=tests/lib/daemon.sh
. "$source/tests/lib/daemon.sh"
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY
proxy=
trap 'daemon_stop; [ -z "$proxy" ] || kill "$proxy"; chmod -R u+w "$directory"; rm -rf "$directory"' EXIT

recipe alpha 1.0 ''
recipe beta 1.0 ''
{
	"$weld" key generate signer --no-passphrase
	"$weld" repo init "$directory/repo"
	"$weld" repo publish "$directory/repo" "$directory"/packages/*.weld
	w repo add test http://repo.invalid --key "$directory/repo/metadata/1.root.json"
} >"$directory/log" 2>&1 || tap_bail "$(tail -n 3 "$directory/log")"
python3 "$source/tests/lib/proxy.py" "$directory/repo" "$directory/port" "$directory/asked" carol:s3sAme &
proxy=$!
tries=200
while ! [ -e "$directory/port" ] && [ "$tries" -gt 0 ]; do
	tries=$((tries - 1))
	sleep 0.05
done
place=127.0.0.1:$(cat "$directory/port")
url=http://carol:s3sAme@$place
: >"$directory/said"

# said COMMAND ...: run it, and keep all that it says.
said() {
	said_status=0
	"$@" >"$directory/now" 2>&1 || said_status=$?
	cat "$directory/now" >>"$directory/said"
	cat "$directory/now"
	return "$said_status"
}

# A user's weld has it from the environment.
tap_refuse 'without a proxy there is no way' 'repo.invalid' said w update
tap_try 'with one there is' said env WELD_DEBUG=all http_proxy="$url" "$weld" --root "$root" update
tap_try 'which was asked' grep -q 'GET http://repo.invalid/metadata/timestamp.json' "$directory/asked"
tap_refuse 'but not for a host that is reached without' 'repo.invalid' \
	said env http_proxy="$url" no_proxy=.invalid "$weld" --root "$root" update
tap_refuse 'a wrong password is told' '407' \
	said env http_proxy="http://carol:wr0ng@$place" "$weld" --root "$root" update
tap_refuse 'a proxy that is not there is told' 'repo.invalid' \
	said env http_proxy=http://carol:s3sAme@127.0.0.1:1 "$weld" --root "$root" update

# The daemon has it from its configuration.
conf=$directory/pkgd.conf
(umask 077 && : >"$conf")
http_proxy=$url daemon_start "$pkgd" "$root" --rules "$conf"
tap_refuse 'nothing of its surroundings is the daemon'\''s' 'repo.invalid' said w update

# configure TEXT PATTERN: the daemon reads this, and its log has a line more that matches.
configure() {
	echo "$1" >"$conf"
	before=$(grep -c "$2" "$directory/journal") || :
	kill -HUP "$daemon"
	tries=200
	while [ "$(grep -c "$2" "$directory/journal")" = "$before" ] && [ "$tries" -gt 0 ]; do
		tries=$((tries - 1))
		sleep 0.05
	done
	[ "$tries" -gt 0 ]
}
: >"$directory/asked"
tap_try 'a proxy is configured' configure "proxy { http = \"$url\"; https = \"$url\" }" 'rules read again'
tap_try 'an update goes by it' said w update
tap_try 'an install, too' said w install alpha
tap_is 'the package came that way' "$(grep -c 'GET http://repo.invalid/targets/.*alpha-1.0-1.weld' "$directory/asked")" 1
w repo add other https://repo.invalid --key "$directory/repo/metadata/1.root.json" >/dev/null 2>&1
tap_refuse 'https goes through it' 'repo.invalid' said w update
tap_try 'by a tunnel' grep -q 'CONNECT repo.invalid:443' "$directory/asked"
w repo remove other >/dev/null 2>&1
chmod 644 "$conf"
tap_try 'a password that others can read is refused' configure "proxy { http = \"$url\" }" 'others can read it'
chmod 600 "$conf"
tap_try 'what is no proxy is refused' configure 'proxy { http = "carol:s3sAme@nowhere" }' 'proxy: http: not a URL'
tap_try 'what is no key, too' configure "proxy { htp = \"$url\" }" 'something beside'
tap_try 'and what cannot be read' configure "proxy { http = \"$url" 'pkgd.conf: '
tap_try 'or is odd' configure "proxy { http = $url carol:s3sAme }; }" 'not read again'
tap_try 'the old one holds' said w install beta
tap_try 'exceptions' configure "proxy { http = \"$url\"; except = [\"repo.invalid\"] }" 'rules read again'
tap_refuse 'hold' 'repo.invalid' said w update
tap_try 'none' configure '' 'rules read again'
tap_refuse 'is none' 'repo.invalid' said w update
daemon_stop
cat "$directory/journal" >>"$directory/said"
find "$root" -name '*.json' -exec cat {} + >>"$directory/said"
w history >>"$directory/said" 2>&1 || :
tap_is 'the password stands in no message and no log' "$(grep -c 's3sAme\|wr0ng\|czNzQW1l' "$directory/said")" 0
tap_done
