// Command benchcollect measures how many submissions a second are acknowledged
// after their commit, against pgbench doing the same single-row insert into the
// same table on the same server in the same run.
//
// Each submission of ours is checked against questionnaire, round and access
// table, and writes two rows (the answer with its seconds, and the completed
// case with the sealed-off link to the answer) and its part of the audit log;
// pgbench writes the answer's row alone, and in other measurements the same row
// as a constant of its statement, and both rows. Then half of the greatest
// rate arrives by the clock (see paced). Afterwards the rows are counted: nothing
// acknowledged may be missing or doubled.
//
//	go run ./internal/benchcollect -seconds 2 -clients 16,64,256
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongping/internal/config"
)

func main() {
	seconds := flag.Float64("seconds", 2, "length of each measurement")
	clients := flag.String("clients", "16,64,256", "numbers of clients")
	cases := flag.Int("cases", 1_000_000, "cases to answer; fewer than the facts that the service keeps (internal/app/field, maxFacts)")
	prof := flag.String("profile", "", "measure the use case alone and write its processor profile to this file")
	overHTTP := flag.Bool("http", false, "with -profile: over HTTP instead of the use case")
	flag.Parse()
	config.SetMemory()
	if *prof != "" {
		if err := alone(context.Background(), time.Duration(*seconds*float64(time.Second)), strings.Split(*clients, ","), *cases, *prof, *overHTTP); err != nil {
			fmt.Fprintln(os.Stderr, "benchcollect:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(context.Background(), time.Duration(*seconds*float64(time.Second)), strings.Split(*clients, ","), *cases); err != nil {
		fmt.Fprintln(os.Stderr, "benchcollect:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, length time.Duration, clients []string, cases int) error {
	b, err := prepare(ctx, cases)
	if err != nil {
		return err
	}
	defer b.close()
	fmt.Printf("%s, %d processors, %s\n%d cases, %s a measurement, commits are synchronous\n\n", processor(), runtime.NumCPU(), b.version, cases, length)
	if err := b.warm(ctx); err != nil {
		return err
	}
	fmt.Printf("%7s  %-54s %9s %8s %8s %8s %8s   %s\n", "clients", "", "/s", "÷ 1 row", "÷ both", "p50 ms", "p99 ms", "processor time each, µs: clients and service + database")
	inserted := 0
	for _, c := range clients {
		n, err := strconv.Atoi(strings.TrimSpace(c))
		if err != nil || n < 1 {
			return fmt.Errorf("-clients: %q is no number of clients", c)
		}
		added, err := b.round(ctx, n, length)
		if err != nil {
			return err
		}
		inserted += added
	}
	return b.check(ctx, inserted)
}

// round measures everything with n clients, and returns how many answers
// pgbench has written.
func (b *bench) round(ctx context.Context, n int, length time.Duration) (inserted int, err error) {
	one, use, times, inserted, err := b.turns(ctx, n, length)
	if err != nil {
		return 0, err
	}
	b.acknowledged += use.n
	half, err := b.pgbench(ctx, n, length, oneRow, one.rate()/2)
	if err != nil {
		return 0, err
	}
	both, err := b.pgbench(ctx, n, length, bothRows, 0)
	if err != nil {
		return 0, err
	}
	fixed, err := b.pgbench(ctx, n, length, constant, 0)
	if err != nil {
		return 0, err
	}
	line := func(what string, o outcome) {
		fmt.Printf("%7d  %-54s %9.0f %8.2f %8.2f %8.1f %8.1f   %s\n", n, what, o.rate(), o.rate()/one.rate(), o.rate()/both.rate(), o.p(0.5), o.p(0.99), o.cost.per(o.n))
	}
	fmt.Printf("%7d  use case ÷ pgbench, one row, turn by turn: %.2f; median %.2f\n", n, times, median(times))
	line("pgbench, one row", one)
	line("pgbench, one row, at half load, from the time to send", half)
	line("pgbench, one row that never changes", fixed)
	line("pgbench, both rows", both)
	addr, stop, err := b.empty()
	if err != nil {
		return 0, err
	}
	defer stop()
	empty, hangUp, err := b.poster(addr, "/empty/", n)
	if err != nil {
		return 0, err
	}
	defer hangUp()
	post, leave, err := b.poster(b.addr, "/api/v1/cases/", n)
	if err != nil {
		return 0, err
	}
	defer leave()
	line("use case", use)
	if err := b.half(ctx, n, length, "use case", use.rate()/2, b.submit, line); err != nil {
		return 0, err
	}
	server, err := b.measure(ctx, n, length, post)
	if err != nil {
		return 0, err
	}
	b.acknowledged += server.n
	line("over HTTP", server)
	if err := b.half(ctx, n, length, "over HTTP", server.rate()/2, post, line); err != nil {
		return 0, err
	}
	sync, err := b.synchronise(n, length/2)
	if err != nil {
		return 0, err
	}
	line(fmt.Sprintf("over HTTP, %d interviews a synchronisation", queued), sync)
	// The empty handler takes no case away.
	at := b.next.Load()
	b.nothingKept = true
	o, err := b.measure(ctx, n, length, empty)
	b.nothingKept = false
	b.next.Store(at)
	line("an empty handler over HTTP", o)
	return inserted + half.n + fixed.n + both.n, err
}

// turns is how often pgbench and the use case take turns, so that a minute in
// which disk or neighbours are slow hits both.
const turns = 3

// turns measures pgbench's single row and the use case by turns, after one turn of
// pgbench that does not count, because the table's first pages are dear. It
// returns all of each together, how many times pgbench the use case was in each
// turn, and how many answers pgbench has written.
func (b *bench) turns(ctx context.Context, n int, length time.Duration) (one, use outcome, times []float64, inserted int, err error) {
	warm, err := b.pgbench(ctx, n, time.Second, oneRow, 0)
	if err != nil {
		return one, use, nil, 0, err
	}
	for range turns {
		p, err := b.pgbench(ctx, n, length, oneRow, 0)
		if err != nil {
			return one, use, nil, 0, err
		}
		u, err := b.measure(ctx, n, length, b.submit)
		if err != nil {
			return one, use, nil, 0, err
		}
		one, use = one.with(p), use.with(u)
		times = append(times, u.rate()/p.rate())
	}
	return one, use, times, warm.n + one.n, nil
}

// half measures what arrives by the clock at a rate.
func (b *bench) half(ctx context.Context, n int, length time.Duration, what string, rate float64, do doer, line func(string, outcome)) error {
	o, err := b.paced(ctx, n, rate, length, do)
	if err != nil {
		return err
	}
	b.acknowledged += o.n
	line(what+" at half load, from the time to send", o)
	return nil
}

// alone measures the use case only, under the profiler.
func alone(ctx context.Context, length time.Duration, clients []string, cases int, file string, overHTTP bool) error {
	b, err := prepare(ctx, cases)
	if err != nil {
		return err
	}
	defer b.close()
	if err := b.warm(ctx); err != nil {
		return err
	}
	stop, err := profile(file)
	if err != nil {
		return err
	}
	defer stop()
	for _, c := range clients {
		n, err := strconv.Atoi(strings.TrimSpace(c))
		if err != nil {
			return err
		}
		do, leave := b.submit, func() {}
		if overHTTP {
			if do, leave, err = b.poster(b.addr, "/api/v1/cases/", n); err != nil {
				return err
			}
		}
		o, err := b.measure(ctx, n, length, do)
		leave()
		if err != nil {
			return err
		}
		fmt.Printf("%4d clients: %6.0f/s, p50 %.1f ms, p99 %.1f ms, %s µs each\n", n, o.rate(), o.p(0.5), o.p(0.99), o.cost.per(o.n))
		b.acknowledged += o.n
	}
	return b.check(ctx, 0)
}

// warm is a service in the middle of a round: its connections have planned their
// statements, and it has read the fixed facts of the cases.
func (b *bench) warm(ctx context.Context) error {
	o, err := b.measure(ctx, 16, 3*time.Second, b.submit)
	b.acknowledged += o.n
	return err
}

// outcome is what one measurement brought.
type outcome struct {
	n       int
	took    time.Duration
	latency []float64 // milliseconds, sorted
	cost    spent
}

// with adds a further measurement of the same thing.
func (o outcome) with(p outcome) outcome {
	o.n, o.took = o.n+p.n, o.took+p.took
	o.latency = append(o.latency, p.latency...)
	slices.Sort(o.latency)
	o.cost = spent{o.cost.own + p.cost.own, o.cost.database + p.cost.database, o.cost.child + p.cost.child}
	return o
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

func (o outcome) rate() float64 { return float64(o.n) / o.took.Seconds() }

// p is a percentile of the latency (nearest rank).
func (o outcome) p(q float64) float64 {
	if len(o.latency) == 0 {
		return 0
	}
	return o.latency[min(int(q*float64(len(o.latency))), len(o.latency)-1)]
}

// processor names the machine's processor.
func processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(data)) {
			if name, ok := strings.CutPrefix(line, "model name"); ok {
				return strings.TrimSpace(strings.TrimLeft(name, " \t:"))
			}
		}
	}
	return runtime.GOARCH
}

// look finds a program of PostgreSQL.
func look(name string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	for _, v := range []string{"18", "17", "16", "15"} {
		p := "/usr/lib/postgresql/" + v + "/bin/" + name
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("%s is not installed; it comes with PostgreSQL", name)
}
