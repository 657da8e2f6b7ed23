package layout

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"gongping/internal/errs"
	"gongping/internal/tabular"
)

// FuzzRows reads a table by each layout, as the importers do: every row becomes a
// record, or is refused with its row and column.
func FuzzRows(f *testing.F) {
	kinds := []struct {
		spec *tabular.Spec
		row  func(*tabular.Row)
	}{
		{&Areas, func(r *tabular.Row) { Area(r) }}, {&AreasWide, func(r *tabular.Row) { WideAreas(r, map[string]bool{}) }}, {&Workers, func(r *tabular.Row) { Worker(r) }},
		{&Residents, func(r *tabular.Row) { Resident(r) }}, {&Indicators, func(r *tabular.Row) { Indicator(r) }}, {&Ratings, func(r *tabular.Row) { Rating(r) }},
		{&Places, func(r *tabular.Row) {
			if len(r.Faults) > 0 {
				return // the importer skips such rows, and Place says that it needs one without
			}
			if p := Place(r); math.IsNaN(p.At.Lat) || math.IsInf(p.At.Lat, 0) || math.IsNaN(p.At.Lon) || math.IsInf(p.At.Lon, 0) {
				f.Errorf("a building at %v", p.At)
			}
		}},
		{&Census, func(r *tabular.Row) { CensusRow(r) }}, {&Records, func(r *tabular.Row) { RecordRow(r) }}, {&Tickets, func(r *tabular.Row) { Ticket(r) }}, {&Tasks, func(r *tabular.Row) { Task(r) }}, {&Listing, func(*tabular.Row) {}},
	}
	for i, k := range kinds {
		var head []string
		for c := range k.spec.Columns {
			head = append(head, Header(&k.spec.Columns[c]))
		}
		f.Add(byte(i), strings.Join(head, ",")+"\n"+strings.Repeat("310104003001,", len(head)-1)+"2026-02-30\n")
		f.Add(byte(i), strings.Join(head, ",")+"\n"+strings.Repeat("=1+1,", len(head)-1)+"1e999\n")
	}
	f.Fuzz(func(t *testing.T, kind byte, text string) {
		k := kinds[int(kind)%len(kinds)]
		file, err := tabular.Open(bytes.NewReader([]byte(text)), int64(len(text)), tabular.Limits{Rows: 100})
		if err == nil {
			var rows func(func(*tabular.Row, error) bool)
			if _, rows, err = file.Read(k.spec); err == nil {
				for r, e := range rows {
					if e != nil {
						err = e
						break
					}
					k.row(r)
				}
			}
		}
		if _, ok := errors.AsType[*errs.Error](err); err != nil && !ok {
			t.Fatalf("no reason: %v", err)
		}
	})
}
