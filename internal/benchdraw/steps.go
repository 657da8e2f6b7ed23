package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"

	"gongping/internal/pg/drawdb"
	"gongping/survey/draw"
)

// step is something that is timed.
type step struct {
	to *float64
	mb *float64 // nil: memory is not measured
	do func() error
}

// reading are the ways to read the frame.
func (w *world) reading(ctx context.Context, r *result) ([]step, error) {
	ordered, err := drawdb.StreamSQL(district, w.frame)
	if err != nil {
		return nil, err
	}
	table := strings.Replace(ordered, "order by person_id", "", 1)
	return []step{
		{&r.copyTable, nil, func() error { return copyOut(ctx, w.Pool, table) }},
		{&r.copyOrdered, nil, func() error { return copyOut(ctx, w.Pool, ordered) }},
		{&r.stream, nil, func() error {
			for _, err := range drawdb.Stream(ctx, w.Pool, district, w.frame) {
				if err != nil {
					return err
				}
			}
			return nil
		}},
		{&r.rows, nil, func() error {
			for _, err := range drawdb.People(ctx, w.Pool, district, w.frame) {
				if err != nil {
					return err
				}
			}
			return nil
		}},
	}, nil
}

// drawing are the draw of tickets only, and the one with digest and unit list.
func (w *world) drawing(rows draw.Rows, plan []draw.StratumPlan, r *result) []step {
	drawn := func(source draw.Source) error {
		sel, err := draw.Draw(plan, seed, purpose, source)
		if err == nil && len(sel) != w.drawn {
			err = fmt.Errorf("%d drawn, want %d", len(sel), w.drawn)
		}
		w.tickets = 0
		for _, s := range sel {
			w.tickets ^= binary.BigEndian.Uint64(s.Ticket[:8])
		}
		return err
	}
	return []step{
		{&r.draw, &r.drawMB, func() error { return drawn(rows.Units(nil)) }},
		{&r.whole, &r.wholeMB, func() error {
			source, tally := rows.Counted(nil)
			if err := drawn(source); err != nil {
				return err
			}
			_, err := tally()
			return err
		}},
	}
}

// repeatsOf is how many turns a frame of n takes: a tenth of a second needs more
// than a minute.
func (o options) repeatsOf(n int) int {
	if n <= 200_000 {
		return o.repeat * 5
	}
	return o.repeat
}

// turns takes the steps turn by turn, so that a busy moment of the machine hits all
// alike.
func turns(steps []step, repeat int) error {
	for range repeat {
		for _, s := range steps {
			timed := func() error { return least(s.to, s.do) }
			var err error
			if s.mb != nil {
				err = withPeak(s.mb, timed) // what it does before is not timed
			} else {
				err = timed()
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// profiled writes the processor profile of do to a file.
func profiled(file string, do func() error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	_ = pprof.StartCPUProfile(f)
	err = do()
	pprof.StopCPUProfile()
	_ = f.Close()
	return err
}
