// Command benchdraw measures the draw as the service does it, over frames in a
// private PostgreSQL in a temporary directory, against what the same reading
// costs at best (a plain COPY of the same columns to nowhere), against the same
// draw in SQL, and, where R's package sampling is installed, against strata().
// `make bench-draw` runs it; docs/benchmarks.md holds its results.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gongping/internal/embedpg"
)

func main() {
	sizes := flag.String("n", "100000,1000000,5000000", "residents in the frame, one or more sizes")
	huge := flag.Bool("huge", false, "also a frame of 25,000,000 (needs 30 GB of disk and twenty minutes)")
	sample := flag.Int("sample", 133_333, "residents to draw, half as many reserves on top; a fifth of the frame where that is fewer")
	repeat := flag.Int("repeat", 3, "how often each is measured, five times as often up to 200,000 residents; the least counts")
	rmax := flag.Int("rmax", 100_000, "largest frame given to R")
	dir := flag.String("dir", "", "where the temporary database goes (default: the system's temporary directory)")
	profile := flag.String("cpuprofile", "", "write a CPU profile of the last draw to this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *huge {
		*sizes += ",25000000"
	}
	if err := run(ctx, *sizes, *dir, options{*sample, *repeat, *rmax, *profile}); err != nil {
		fmt.Fprintln(os.Stderr, "benchdraw:", err)
		os.Exit(1)
	}
}

type options struct {
	sample, repeat, rmax int
	profile              string
}

func run(ctx context.Context, sizes, dir string, o options) error {
	tmp, err := os.MkdirTemp(dir, "gongping-benchdraw-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o711); err != nil {
		return err
	}
	server, err := embedpg.Start(ctx, embedpg.Config{Dir: filepath.Join(tmp, "data"), Scratch: true,
		Settings: map[string]string{"max_wal_size": "4GB", "maintenance_work_mem": "512MB"}})
	if err != nil {
		return err
	}
	defer func() {
		c, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = server.Stop(c)
	}()
	fmt.Println(machine(server.Version()))
	var all []result
	for _, s := range strings.Split(sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || n < 1000 {
			return fmt.Errorf("size %q: want a whole number of at least 1000", s)
		}
		r, err := bench(ctx, server, n, o)
		if err != nil {
			return fmt.Errorf("%d residents: %w", n, err)
		}
		all = append(all, r)
	}
	report(os.Stdout, all)
	return nil
}
