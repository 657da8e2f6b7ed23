# Everything a person or a machine does with the checkout. `make` lists it.
SHELL := /bin/sh
# A toolchain that bootstrap had to fetch comes first.
export PATH := $(CURDIR)/.cache/go/bin:$(PATH)
# One instruction set for all: published figures must come out alike everywhere.
export GOAMD64 := v1
# Lint and build share what they compile: the same flags, and no C. (The race
# detector needs C, so the tests compile all of it once more.)
export GOFLAGS := -trimpath -buildvcs=false

REVISION := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)$(shell test -z "$$(git status --porcelain -uno 2>/dev/null)" || echo -modified)
GOFILES  := find . -name '*.go' -not -path './.cache/*' -not -path '*/node_modules/*'
VENDOR   := web/static/vendor/LICENSES.txt
MODULES  := web/node_modules/.package-lock.json
BENCH    ?= .
ANSWERS  ?= 1000000
SUBMISSIONS ?= 100000

.DEFAULT_GOAL := help
.PHONY: help run build assets test looks lint bench bench-go bench-dash bench-collect fault-collect bench-draw bench-stats verify bootstrap bootstrap-test clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build and run the demonstration; Ctrl-C stops it, the data stays
	@exec bin/gongping serve --demo

build: bootstrap $(VENDOR) ## build bin/gongping
	@mkdir -p bin
	CGO_ENABLED=0 go build -ldflags '-s -w -X main.revision=$(REVISION)' -o bin/ ./cmd/...

assets: $(VENDOR) ## fetch the browser libraries into web/static/vendor

# The licences are the last file that the script writes.
$(VENDOR): $(MODULES) web/build.mjs web/icons.txt
	cd web && node build.mjs
	@touch $@

$(MODULES): web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

test: bootstrap-test $(VENDOR) ## run all tests; ends with a plain count
	@scripts/test.sh

looks: bootstrap-test $(VENDOR) ## look at every page in both languages on both screens (make test takes two of the four)
	GONGPING_LOOKS=all PACKAGES='./web/... ./cmd/gongping' scripts/test.sh

lint: bootstrap $(VENDOR) ## formatting, vet and staticcheck
	@out=$$($(GOFILES) -exec gofmt -l {} +); test -z "$$out" || { echo "not formatted (gofmt -w mends it):"; echo "$$out"; exit 1; }
	CGO_ENABLED=0 go vet ./...
	CGO_ENABLED=0 go tool staticcheck ./...

bench: bench-collect bench-dash bench-stats ## measure submissions, dashboards, the scoring run and the statistics, beside their peers

bench-go: bootstrap $(VENDOR) ## run the small Go benchmarks (BENCH=pattern chooses)
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./...

bench-dash: bootstrap $(VENDOR) ## time the demonstration's scoring run and its dashboards under load
	GONGPING_BENCH=1 go test ./internal/benchdash -count=1 -run Bench -v

bench-collect: bootstrap $(VENDOR) ## submissions acknowledged a second, against pgbench in the same run
	go run ./internal/benchcollect

fault-collect: bootstrap $(VENDOR) ## 100,000 submissions resent, cut off and killed in the real program; prints the counts (SUBMISSIONS=n)
	GONGPING_FAULT=$(SUBMISSIONS) go test ./cmd/gongping -count=1 -timeout 30m -run TestNothingIsLostUnderFaults -v

bench-draw: bootstrap ## time the draw against a plain COPY, SQL and R (DRAW='-huge' for 25 million residents)
	GOMEMLIMIT=64MiB go run ./internal/benchdraw $(DRAW)

bench-stats: bootstrap ## time the statistics, beside R where it is installed (ANSWERS=10000000 for more)
	@mkdir -p artifacts && go build -o artifacts/bench-stats ./bench/stats && artifacts/bench-stats -max $(ANSWERS)

verify: lint test ## what a change must pass before it is handed in

clean: ## remove what was built; keeps the data
	rm -rf bin artifacts

bootstrap:
	@scripts/bootstrap.sh run

bootstrap-test:
	@scripts/bootstrap.sh test
