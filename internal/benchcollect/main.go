// Command benchcollect measures how many submissions a second are acknowledged
// after their commit, against pgbench doing the same single-row insert into the
// same table on the same server in the same run.
//
// Each submission of ours is checked against questionnaire, round and access
// table, and writes five rows (completion, answer, receipt, seconds and the
// sealed-off link to the case) and its part of the audit log; pgbench writes
// one row, and in a second measurement the same five. Afterwards the rows are counted: nothing acknowledged may be missing
// or doubled.
//
//	go run ./internal/benchcollect -seconds 4 -clients 16,64,256
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
	"sync"
	"sync/atomic"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/config"
)

func main() {
	seconds := flag.Float64("seconds", 4, "length of each measurement")
	clients := flag.String("clients", "16,64,256", "numbers of clients")
	cases := flag.Int("cases", 200_000, "cases to answer")
	prof := flag.String("profile", "", "measure the use case alone and write its processor profile to this file")
	flag.Parse()
	config.SetMemory()
	if *prof != "" {
		if err := alone(context.Background(), time.Duration(*seconds*float64(time.Second)), strings.Split(*clients, ","), *cases, *prof); err != nil {
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
	fmt.Printf("%7s | %9s %7s | %9s %7s | %10s %5s %5s %7s %7s | %8s %5s %5s %7s %7s\n", "", "pgbench:", "one row", "pgbench:", "5 rows",
		"use case:", "1 row", "5", "", "", "HTTP:", "1 row", "5", "", "")
	fmt.Printf("%7s | %9s %7s | %9s %7s | %10s %5s %5s %7s %7s | %8s %5s %5s %7s %7s\n", "clients", "/s", "p99 ms", "/s", "p99 ms",
		"/s", "×", "×", "p50 ms", "p99 ms", "/s", "×", "×", "p50 ms", "p99 ms")
	if err := b.warm(ctx); err != nil {
		return err
	}
	inserted := 0
	for _, c := range clients {
		n, err := strconv.Atoi(strings.TrimSpace(c))
		if err != nil || n < 1 {
			return fmt.Errorf("-clients: %q is no number of clients", c)
		}
		base, err := b.pgbench(ctx, n, length, false)
		if err != nil {
			return err
		}
		whole, err := b.pgbench(ctx, n, length, true)
		if err != nil {
			return err
		}
		inserted += base.n + whole.n
		direct, err := b.measure(ctx, n, length, b.submit)
		if err != nil {
			return err
		}
		server, err := b.measure(ctx, n, length, b.post)
		if err != nil {
			return err
		}
		fmt.Printf("%7d | %9.0f %7.1f | %9.0f %7.1f | %10.0f %5.2f %5.2f %7.1f %7.1f | %8.0f %5.2f %5.2f %7.1f %7.1f\n", n, base.rate(), base.p(0.99),
			whole.rate(), whole.p(0.99), direct.rate(), direct.rate()/base.rate(), direct.rate()/whole.rate(), direct.p(0.5), direct.p(0.99),
			server.rate(), server.rate()/base.rate(), server.rate()/whole.rate(), server.p(0.5), server.p(0.99))
		fmt.Printf("        processor time each, µs, clients and service + database: pgbench %s, five rows %s; use case %s; HTTP %s\n", base.cost.per(base.n), whole.cost.per(whole.n),
			direct.cost.per(direct.n), server.cost.per(server.n))
		b.acknowledged += direct.n + server.n
	}
	return b.check(ctx, inserted)
}

// alone measures the use case only, under the profiler.
func alone(ctx context.Context, length time.Duration, clients []string, cases int, file string) error {
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
		o, err := b.measure(ctx, n, length, b.submit)
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

func (o outcome) rate() float64 { return float64(o.n) / o.took.Seconds() }

// p is a percentile of the latency (nearest rank).
func (o outcome) p(q float64) float64 {
	if len(o.latency) == 0 {
		return 0
	}
	return o.latency[min(int(q*float64(len(o.latency))), len(o.latency)-1)]
}

// measure lets n clients submit, each waiting for its answer before the next.
func (b *bench) measure(ctx context.Context, n int, length time.Duration, do func(context.Context, string, field.Submission) error) (outcome, error) {
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	all := make([][]float64, n)
	before := b.begin()
	began := time.Now()
	end := began.Add(length)
	for i := range n {
		wg.Go(func() {
			for time.Now().Before(end) && failed.Load() == nil {
				k := int(b.next.Add(1)) - 1
				if k >= len(b.Cases) {
					err := fmt.Errorf("all %d cases are answered; ask for more with -cases", len(b.Cases))
					failed.Store(&err)
					return
				}
				sub := field.Submission{ID: app.NewID(), CaseID: b.Cases[k], Mode: "door", Answers: b.Answers, Seconds: 120, Hour: 18}
				t := time.Now()
				if err := do(ctx, b.Cases[k], sub); err != nil {
					failed.Store(&err)
					return
				}
				all[i] = append(all[i], float64(time.Since(t).Microseconds())/1000)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return outcome{}, *err
	}
	out := outcome{took: time.Since(began), cost: b.since(before)}
	for _, l := range all {
		out.latency = append(out.latency, l...)
	}
	out.n = len(out.latency)
	slices.Sort(out.latency)
	return out, nil
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
