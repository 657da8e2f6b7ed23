#!/bin/sh
# Runs all Go tests and ends with a plain count. Keeps the tests' exit status.
# PACKAGES chooses packages, FLAGS adds flags of `go test`.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p artifacts
events=artifacts/test.json
# Property tests draw the same cases every time; RAPID_SEED=0 draws new ones.
RAPID_SEED=${RAPID_SEED:-20261120}
export RAPID_SEED
race=
if command -v gcc >/dev/null 2>&1; then race=-race; fi
# The longest package begins first, so that the others fill the time beside it.
# Many tests wait for a browser or a database, so one package more than there are
# processors keeps those busy. `make lint` vets; doing it here again takes a
# minute. docs/decisions/0053-a-fast-suite.md has the measurements.
packages=${PACKAGES:-./cmd/gongping ./...}
beside=$(($(nproc 2>/dev/null || echo 2) + 1))
runner=$(CGO_ENABLED=0 go tool -n gotestsum) || exit 1
# One database server for all test programs.
CGO_ENABLED=0 go build -o artifacts/beside ./internal/testkit/beside || exit 1

# shellcheck disable=SC2086 # lists are meant to be split
artifacts/beside "$runner" --format pkgname --hide-summary skipped --jsonfile "$events" -- $race -vet=off -p "$beside" -timeout 25m ${FLAGS:-} $packages
status=$?

# A test is an event with a name; a package that does not build has none.
count() { grep "^{[^{]*\"Action\":\"$1\"" "$events" | grep -c '"Test":"'; }
passed=$(count pass)
failed=$(count fail)
skipped=$(count skip)
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
	failed=$(grep '"Action":"fail"' "$events" | grep -vc '"Test":"')
fi
if [ "$skipped" -gt 0 ]; then
	echo "Skipped, with the reason each gives:"
	grep -o '"Output":"[^"]*_test\.go:[0-9]*: [^"]*\(not at hand\|not installed\|skip\)[^"]*"' "$events" | sed 's/^"Output":" */  /; s/\\n"$//' | sort | uniq -c | sort -rn | head -20
fi
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
