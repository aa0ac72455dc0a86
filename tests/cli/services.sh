#!/bin/sh
# SPDX-License-Identifier: MIT
# services.sh WELD SOURCE: services that packages declare: their files, what is told, and what values cannot say.
set -eu
weld=$1
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"

unit=$root/current/lib/systemd/system
services=$root/current/etc/services
${CC:-cc} -static -O1 -x c -o "$directory/program" - <<'END'
#include <stdio.h>
#include <unistd.h>
/* Says its arguments, one a line; or waits. */
int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		puts(argv[i]);
	return argc > 1 ? 0 : pause();
}
END

# service NAME VERSION LINES [MORE]: a package with lib/NAME/program, and a service NAME that runs it.
service() {
	mkdir -p "$directory/src/$1-$2/more/lib/$1"
	cp "$directory/program" "$directory/src/$1-$2/more/lib/$1/program"
	echo "$2" >>"$directory/src/$1-$2/more/lib/$1/program"
	recipe "$1" "$2" "kind = native
		architectures = [ \"$(uname -m)\" ]
		services { $1 { program = \"lib/$1/program\"; $3 } }
		${4:-}"
}

# package NAME VERSION: its file.
package() {
	echo "$directory/packages/$1-$2-1.weld"
}

# change ARG ...: weld with --json, which is kept.
change() {
	w --json "$@" >"$directory/reply"
}

# told: what the last change says of services.
told() {
	jq -r '.services[] | "\(.name) \(.change): \(.command)"' "$directory/reply"
}

account='users { www { home = "var/lib/www" } }
	directories { "var/lib/www" { mode = "0750" } }'
service web 1.0 'user = www; state = [ "var/lib/www" ]; arguments = [ "-d", "{prefix}/share/web" ]' "$account"
service web 1.1 'user = www; state = [ "var/lib/www" ]; arguments = [ "-d", "{prefix}/share/web" ]' "$account"
service web 2.0 'user = www; arguments = [ "-v" ]' "$account"
service late 1.0 'needs = [ web ]; after = [ log ]; restart = always; unconfined = true'
# shellcheck disable=SC2016
service odd 1.0 'restart = no; arguments = [ "a b", "\"", "'"'"'", "\\", "%h %%", "$HOME $(id) `id`", ";", "# x", "\\n\\x41", "*" ]'
service wait 1.0 ''
service wait 1.1 ''

"$weld" --root "$root" --dry-run install "$(package web 1.0)" >"$directory/log" 2>&1
tap_try 'the plan has a service' grep -q 'web  new  web-1.0-1' "$directory/log"
change install "$(package web 1.0)" 2>/dev/null
tap_is 'what came is told, and how it is started' "$(told)" "web new: systemctl enable --now $unit/web.service"
tap_is 'its files are there' "$(cd "$root/current" && find lib/systemd etc/services -type l | sort | tr '\n' ' ')" \
	'etc/services/web/finish etc/services/web/log/run etc/services/web/run lib/systemd/system/web.service '
tap_is 'they belong to the package' "$(w --json owns lib/systemd/system/web.service | jq -r '.owners[0].package')" web
tap_is 'and are among its files' \
	"$(w --json files web | jq -r '.files[].path' | grep -c '/services/web/\|web.service')" 4
tap_is 'a unit says what is declared' "$(grep -E '^(User|Restart|ExecStart|ReadWritePaths|NoNew|ProtectSystem)' "$unit/web.service")" \
	"ExecStart=\":$root/current/lib/web/program\" \"-d\" \"$root/current/share/web\"
User=www
Restart=on-failure
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=\"$root/state/var/lib/www\""
tap_try 'a second one' change install "$(package late 1.0)"
tap_is 'is ordered' "$(grep -E '^(After|Requires|Restart|User|NoNew)' "$unit/late.service")" \
	'After=network.target log.service web.service
Requires=web.service
Restart=always'

# What systemd itself makes of it.
if command -v systemd-analyze >/dev/null; then
	tap_try 'systemd takes the units' systemd-analyze verify --man=no "$unit/web.service" "$unit/late.service"
	systemd-analyze verify --man=no "$unit/web.service" >"$directory/log" 2>&1
	tap_is 'without a warning' "$(cat "$directory/log")" ''
	mkdir -p "$directory/machine$unit"
	cp "$unit/web.service" "$directory/machine$unit"
	tap_try 'the command that is told enables it' systemctl --root "$directory/machine" enable "$unit/web.service"
	tap_is 'by a link that stays right after the next change' \
		"$(readlink "$directory/machine/etc/systemd/system/web.service")" "$unit/web.service"
else
	tap_skip 'what systemd makes of units: systemd is not installed'
fi

# Values that would say something else where they are not quoted.
wanted='a b
"
'"'"'
\
%h %%
$HOME $(id) `id`
;
# x
\n\x41
*'
tap_try 'a service with odd arguments' change install "$(package odd 1.0)"
tap_is 'runs with just these' "$(sh "$services/odd/run")" "$wanted"
if [ -x /lib/systemd/systemd ] && [ "$(id -u)" = 0 ]; then
	mkdir -p "$directory/user/config/systemd/user" "$directory/user/run"
	cp "$unit/odd.service" "$directory/user/config/systemd/user"
	chmod 755 "$directory"
	chmod -R a+rX "$root"
	chmod 700 "$directory/user/run"
	chown -R 65534 "$directory/user"
	setpriv --reuid=65534 --clear-groups env HOME="$directory/user" XDG_CONFIG_HOME="$directory/user/config" \
		XDG_RUNTIME_DIR="$directory/user/run" timeout 60 \
		/lib/systemd/systemd --test --user --unit=odd.service >"$directory/log" 2>&1 || :
	# shellcheck disable=SC2016
	tap_is 'and systemd reads the same' "$(sed -n '/Unit odd.service/,$s/^.*Command Line: [^ ]* //p' "$directory/log" | head -n 1)" \
		'"a b" "\"" '"\"'\""' "\\" "%h %%" "\$HOME \$(id) \`id\`" ";" "# x" "\\n\\x41" "*"'
else
	tap_skip 'what systemd reads: root is needed, and systemd'
fi

# Going on
tap_try 'a newer version with the same service' change install "$(package web 1.1)"
tap_is 'leaves nothing to do' "$(told)" ''
tap_try 'one with another' change install "$(package web 2.0)"
tap_is 'has' "$(told)" 'web changed: systemctl daemon-reload && systemctl try-restart web'
tap_try 'going back' change rollback
tap_is 'brings the old unit back' "$(grep -c ReadWritePaths "$unit/web.service") $(told)" \
	'1 web changed: systemctl daemon-reload && systemctl try-restart web'
w install "$(package wait 1.0)" >/dev/null 2>&1
"$root/current/lib/wait/program" &
pid=$!
i=0
until [ "$(readlink "/proc/$pid/exe" | grep -c wait-1.0)" = 1 ] || [ $i = 100 ]; do
	sleep 0.1
	i=$((i + 1))
done
tap_try 'an upgrade of what runs' change install "$(package wait 1.1)"
tap_is 'is told' "$(told)" 'wait old: systemctl restart wait'
tap_is 'with the process' "$(jq -c '.services[0].pids' "$directory/reply")" "[$pid]"
tap_is 'and ends nothing' "$(kill -0 $pid && echo runs)" runs
kill $pid
tap_try 'what does not run' change install "$(package wait 1.0)" --allow-downgrade
tap_is 'is not told' "$(told)" ''

# Whole and gone
tap_try 'all is as it was made' w verify
file=$(readlink -f "$unit/web.service")
chmod u+w "$file" && echo 'ExecStartPre=/bin/evil' >>"$file" && chmod u-w "$file"
tap_refuse 'a changed unit is found' 'output.*changed' w verify
tap_try 'and repaired' w repair
tap_is 'by making it again' "$(grep -c evil "$unit/web.service" || :)" 0
mv "$root/db/weld.db" "$directory/weld.db"
tap_try 'a database that is gone is made anew' w repair
tap_is 'and knows them' "$(w --json owns etc/services/web/run | jq -r '.owners[0].package')" web
"$weld" --root "$root" --dry-run remove wait >"$directory/log" 2>&1
tap_try 'the plan has what goes' grep -q 'wait  gone  wait-1.0-1' "$directory/log"
tap_try 'a package that goes' change remove wait
tap_is 'tells what is left to do' "$(told)" 'wait gone: systemctl disable --now wait'
tap_is 'and takes its service away' "$(find "$root/current/" -path '*wait*' | wc -l)" 0

# Which start where weld makes that
downs() {
	(cd "$services" && echo */down)
}
tap_is 'those that were asked for start' "$(downs)" '*/down'
tap_try 'others do not' w mark auto late
tap_is 'by themselves' "$(downs)" late/down
w policy set services none && w relink >/dev/null
tap_is 'none' "$(downs)" 'late/down odd/down web/down'
w policy set services late,web && w relink >/dev/null
tap_is 'those that are named' "$(downs)" odd/down
w policy set services all && w relink >/dev/null
tap_is 'all' "$(downs)" '*/down'
tap_refuse 'what is no name is refused' "policy services: 'a,/b'" w policy set services a,/b

# What cannot be
mkdir -p "$directory/src/rival-1.0/more/lib/systemd/system"
echo >"$directory/src/rival-1.0/more/lib/systemd/system/web.service"
recipe rival 1.0 ''
tap_refuse 'two packages with the same service' 'lib/systemd/system/web.service: .*both have it' w install "$(package rival 1.0)"
cp -R "$directory/recipes/wait-1.0" "$directory/recipes/own"
# shellcheck disable=SC2016
sed -i 's|^package() {|&\nmkdir -p "$DESTDIR$PREFIX/etc/services/wait"; echo >"$DESTDIR$PREFIX/etc/services/wait/run"|' \
	"$directory/recipes/own/build"
tap_refuse 'a package that has a file of its service' 'etc/services/wait/run: .*the same path' \
	"$weld" build "$directory/recipes/own" -o "$directory/own" --check=no
# refuse_recipe NAME LINES PATTERN: no package is made of it.
refuse_recipe() {
	mkdir -p "$directory/recipes/bad"
	cat >"$directory/recipes/bad/recipe.ucl" <<-END
		name = bad
		version = "1.0"
		summary = "Bad"
		licence = MIT
		source { folder = files }
		services { bad { program = "bin/bad"; $2 } }
	END
	tap_refuse "$1" "$3" "$weld" build "$directory/recipes/bad" -o "$directory/bad"
}
refuse_recipe 'a user that nobody declares' 'user = root' 'user root is not among "users"'
refuse_recipe 'state that nobody declares' 'state = [ "var/lib/x" ]' 'state var/lib/x is not among "directories"'
refuse_recipe 'a line break' 'arguments = [ "a\nUser=root" ]' 'a control character'
refuse_recipe 'a name that is none to systemd' 'needs = [ "a+b" ]' 'not a name of a service'

if [ "$(id -u)" = 0 ]; then
	mkdir "$directory/me"
	chmod 755 "$directory" "$directory/packages"
	chown 12345:12345 "$directory/me"
	HOME=$directory/me XDG_CACHE_HOME=$directory/me/cache setpriv --reuid=12345 --regid=12345 --clear-groups \
		"$weld" --root "$directory/me/root" --yes --json install "$(package web 1.0)" >"$directory/reply" 2>/dev/null
	tap_is "a user's services are the user's" "$(told)" \
		"web new: systemctl --user enable --now $directory/me/root/current/lib/systemd/system/web.service"
	tap_is 'and run as the user' "$(grep -cE '^(User|CapabilityBoundingSet|ProtectSystem)' "$directory/me/root/current/lib/systemd/system/web.service" || :)" 0
else
	tap_skip 'services of a user without privilege: this is one'
fi
tap_done
