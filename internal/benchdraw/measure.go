package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gongping/internal/app/draws"
	"gongping/internal/embedpg"
	"gongping/internal/pg/rounddb"
	"gongping/survey/draw"
)

// result is what one frame size gave. Times in seconds; NaN-free: 0 is "not measured".
type result struct {
	n, drawn, strata           int
	copyTable, copyOrdered     float64 // plain COPY, in the table's and in the ids' order
	rows, stream               float64 // reading with pgx rows, and with the decoder
	draw, whole                float64 // tickets only; with digest and unit list in the same pass
	commit, reveal             float64 // the use cases, all writing included
	window, rStrata            float64 // the same draw in SQL; R
	drawMB, wholeMB, serviceMB float64 // largest resident memory
}

const seed, purpose = "31415126535461524336", "bench-main"

func bench(ctx context.Context, server *embedpg.Server, n int, o options) (r result, err error) {
	sample := min(o.sample, n/5)
	progress("%d residents: making the frame", n)
	w, err := newWorld(ctx, server, n, sample)
	if err != nil {
		return r, err
	}
	defer w.close()
	debug.FreeOSMemory()
	round, err := rounddb.Get(ctx, w.Pool, district, w.round)
	if err != nil {
		return r, err
	}
	plan, err := w.plan(ctx)
	if err != nil {
		return r, err
	}
	r.n, r.strata, r.drawn = n, len(plan), w.drawn
	progress("%d residents: reading", n)
	steps, err := w.reading(ctx, &r)
	if err != nil {
		return r, err
	}
	steps = append(steps, w.drawing(draws.Rows(ctx, w.Pool, district, round), plan, &r)...)
	if err := turns(steps, o.repeatsOf(n)); err != nil {
		return r, err
	}
	if o.profile != "" {
		if err := profiled(o.profile, steps[len(steps)-1].do); err != nil {
			return r, err
		}
	}
	progress("%d residents: the same draw in SQL", n)
	if err := least(&r.window, func() error { return window(ctx, w) }); err != nil {
		return r, err
	}
	if n <= o.rmax {
		progress("%d residents: R", n)
		r.rStrata = inR(ctx, n, sample)
	}
	progress("%d residents: commit and reveal", n)
	return r, w.service(ctx, &r)
}

// plan is what is to be drawn in every stratum.
func (w *world) plan(ctx context.Context) (plan []draw.StratumPlan, err error) {
	strata, err := rounddb.Strata(ctx, w.Pool, district, w.round)
	if err != nil {
		return nil, err
	}
	for _, s := range strata {
		plan = append(plan, draw.StratumPlan{Stratum: s.Stratum, Method: draw.Method(s.Method), Population: uint64(s.Population), Sample: s.Planned, Reserve: s.Reserve})
	}
	return plan, nil
}

// service commits and reveals through the use cases.
func (w *world) service(ctx context.Context, r *result) error {
	svc := &draws.Service{Core: w.Core}
	var id string
	err := withPeak(&r.serviceMB, func() error {
		if err := least(&r.commit, func() (err error) {
			id, err = svc.Commit(ctx, w.manager, w.round, draws.Wish{Purpose: purpose,
				Randomness: draw.Randomness{Kind: draw.Dice, Name: "dice", Due: w.clock.Now().Add(time.Hour)}})
			return err
		}); err != nil {
			return err
		}
		w.clock.Advance(2 * time.Hour)
		return least(&r.reveal, func() error {
			_, err := svc.Reveal(ctx, w.other, id, seed, "in the bench")
			return err
		})
	})
	return err
}

// window is the same draw as one SQL statement.
func window(ctx context.Context, w *world) error {
	const ticket = `sha256('\x00000017676f6e6770696e672f647261772f7469636b65742f7631'::bytea || int4send(length(@seed)) || @seed::bytea || int4send(length(@purpose)) || @purpose::bytea
		|| int4send(length(person_id)) || person_id::bytea)`
	var n int
	var tickets int64
	err := w.Pool.QueryRow(ctx, `select count(*), bit_xor(('x' || encode(substr(ticket, 1, 8), 'hex'))::bit(64)::bigint) from (
		select p.stratum, p.ticket, row_number() over (partition by p.stratum order by p.ticket, p.person_id) as ord, s.planned + s.reserve as wanted
		from (select person_id, committee || '#' || sex as stratum, `+ticket+` as ticket from frame_person
			where district = @district and frame_id = @frame and status = 'resident') p
		join round_stratum s on s.district = @district and s.round_id = @round and s.stratum = p.stratum) d where ord <= wanted`,
		pgx.NamedArgs{"seed": seed, "purpose": purpose, "district": district, "frame": w.frame, "round": w.round}).Scan(&n, &tickets)
	if err == nil && (n != w.drawn || uint64(tickets) != w.tickets) {
		err = fmt.Errorf("SQL drew %d residents and not the same %d", n, w.drawn)
	}
	return err
}

func copyOut(ctx context.Context, pool *pgxpool.Pool, sql string) error {
	c, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	_, err = c.Conn().PgConn().CopyTo(ctx, io.Discard, sql)
	return err
}

// inR draws with sampling::strata; 0 where R or the package is missing. The
// time is R's own, without its start and without making the table.
func inR(ctx context.Context, n, sample int) float64 {
	if _, err := exec.LookPath("Rscript"); err != nil {
		return 0
	}
	script := fmt.Sprintf(`if (!requireNamespace("sampling", quietly=TRUE)) quit(status=3)
n <- %d; d <- data.frame(s = rep(1:13000, length.out=n)); d <- d[order(d$s), , drop=FALSE]
size <- rep(max(1, round(%d/13000)), 13000)
t <- system.time(r <- sampling::strata(d, "s", size=size, method="srswor"))
cat(t[["elapsed"]])`, n, sample)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "Rscript", "-e", script).Output()
	if err != nil {
		return 0
	}
	v, _ := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	return v
}

// least keeps the least time of several runs.
func least(to *float64, do func() error) error {
	at := time.Now()
	if err := do(); err != nil {
		return err
	}
	if s := time.Since(at).Seconds(); *to == 0 || s < *to {
		*to = s
	}
	return nil
}

// withPeak keeps the largest resident memory of this process while do runs
// (Linux: the high-water mark, set back before).
func withPeak(mb *float64, do func() error) error {
	runtime.GC()
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	err := do()
	if status, rerr := os.ReadFile("/proc/self/status"); rerr == nil {
		for line := range strings.Lines(string(status)) {
			if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" {
				kb, _ := strconv.ParseFloat(f[1], 64)
				*mb = max(*mb, kb/1024)
			}
		}
	}
	return err
}

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
