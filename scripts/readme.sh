#!/bin/sh
# Runs the README's commands, so that none of them is a promise only. `make run`
# is started for real on a free port with an empty data directory and must show a
# page; other make targets and subcommands of gongping must exist.
set -eu
cd "$(dirname "$0")/.."
readme=${1:-README.md}
[ -f "$readme" ] || { echo "readme: there is no $readme"; exit 1; }

commands=$(awk '/^```(sh|bash|console)$/ { on = 1; next } /^```/ { on = 0 } on' "$readme" | sed 's/^\$ //; s/ *#.*$//' | grep -E '(make|gongping) ' || true)
[ -n "$commands" ] || { echo "readme: no commands found in $readme"; exit 1; }
faults=0
checked=0
fault() { echo "readme: $*"; faults=$((faults + 1)); }

# words: the command without leading NAME=value settings and the program's path.
echo "$commands" | grep -oE '(^|[ /])(make|gongping)( [a-z][a-z-]*)+' | sed 's|^[ /]*||' | sort -u >artifacts/readme.txt
while read -r program first second _; do
	checked=$((checked + 1))
	case $program in
	make) make -n "$first" >/dev/null 2>&1 || fault "make $first does not exist" ;;
	gongping)
		bin/gongping "$first" --help >/dev/null 2>&1 && ! bin/gongping "$first" --help 2>&1 | grep -q '^  gongping \[command\]$' ||
			fault "gongping $first does not exist"
		if [ -n "$second" ] && bin/gongping "$first" --help | grep -q '^Available Commands:'; then
			bin/gongping "$first" --help | grep -q "^  $second " || fault "gongping $first $second does not exist"
		fi
		;;
	esac
done <artifacts/readme.txt

data=$(mktemp -d)
chmod 711 "$data"
trap 'kill -TERM "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; rm -rf "$data"' EXIT
addr=127.0.0.1:${README_PORT:-18973}
GONGPING_DATA=$data GONGPING_ADDR=$addr make run >artifacts/readme-run.log 2>&1 &
pid=$!
n=0
until node -e "fetch('http://$addr/').then(r => process.exit(r.status < 400 ? 0 : 1), () => process.exit(1))" 2>/dev/null; do
	n=$((n + 1))
	if [ $n -gt 240 ] || ! kill -0 "$pid" 2>/dev/null; then
		tail -n 20 artifacts/readme-run.log
		fault "make run shows no page"
		break
	fi
	sleep 0.5
done
grep -q "http://$addr" artifacts/readme-run.log || fault "make run does not print its address"
echo "readme: $checked commands checked, make run answered, $faults faults"
[ "$faults" -eq 0 ]
