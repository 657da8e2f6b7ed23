package records_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"gongping/internal/app/intake"
	"gongping/internal/app/records"
	"gongping/internal/app/score"
	"gongping/scoring"
	"gongping/scoring/assess"
	"gongping/scoring/composite"
)

// input is the frozen input of a new run.
func (b *bench) input() scoring.Input {
	b.t.Helper()
	ctx, s := context.Background(), &score.Service{Core: b.Core}
	b.Clock.Advance(time.Hour)
	run, err := s.Start(ctx, b.Actor("manager"), b.ID, "records")
	if err != nil {
		b.t.Fatal(err)
	}
	var doc bytes.Buffer
	if err := s.Export(ctx, b.Actor("auditor"), run, &doc); err != nil {
		b.t.Fatal(err)
	}
	var in scoring.Input
	text := doc.Bytes()
	if z, err := gzip.NewReader(bytes.NewReader(text)); err == nil {
		if text, err = io.ReadAll(z); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := json.Unmarshal(text, &in); err != nil {
		b.t.Fatal(err)
	}
	return in
}

// The satisfaction of a few callers is hidden on the page of records. A rule book
// that scores it must not give it away, neither as a part of the score nor by the
// composite less the other parts: whatever the few said, the result is the same.
func TestHiddenSatisfactionIsNotInTheComposite(t *testing.T) {
	t.Parallel()
	b := open(t)
	few, many := b.Committees()[0], b.Committees()[1]
	var results [2][]byte
	for i, done := range []int{7, 0} {
		table := fmt.Sprintf("区划代码,指标,月份,分子,分母\n%s,%s,2026-03,%d,7\n%s,%s,2026-03,60,80\n", few, records.Satisfied, done, many, records.Satisfied)
		if _, err := b.load(intake.Records, table); err != nil {
			t.Fatal(err)
		}
		if f := b.figure(few, records.Satisfied); f.OK || f.Status != "small" {
			t.Fatalf("the page shows %+v", f)
		}
		in := b.input()
		at := slices.IndexFunc(in.Indicators, func(v scoring.Indicator) bool { return v.Committee == few && v.Indicator == records.Satisfied })
		if at < 0 || in.Indicators[at].Numerator != 0 || in.Indicators[at].Denominator != 0 || !slices.Equal(in.Indicators[at].Held, []string{scoring.HeldSmall}) {
			t.Fatalf("the input of the run has %+v", in.Indicators)
		}
		// A rule book that scores nothing of the records but this.
		for k := range in.RuleBook.Tree {
			if n := &in.RuleBook.Tree[k]; len(n.Children) > 0 && n.Children[0].Source == composite.Records {
				leaf := n.Children[0]
				leaf.ID, leaf.IndicatorWeight, leaf.Lowest, leaf.Highest = records.Satisfied, 100, 0, 1
				n.Children = []composite.Node{leaf}
			}
		}
		out, err := assess.Run(&in, nil)
		if err != nil {
			t.Fatal(err)
		}
		var shown []scoring.UnitResult
		for _, u := range out.Units {
			if u.Unit != few && u.Unit != many {
				continue
			}
			shown = append(shown, u)
			p := slices.IndexFunc(u.Parts, func(p scoring.Part) bool { return p.ID == records.Satisfied })
			if p < 0 || u.Parts[p].Figure.OK != (u.Unit == many) {
				t.Errorf("%s: the part is %+v", u.Unit, u.Parts)
			}
		}
		if !slices.ContainsFunc(out.Warnings, func(n scoring.Note) bool { return n.Key == "run.records_small" }) {
			t.Errorf("nothing says that a figure was left out: %v", out.Warnings)
		}
		if results[i], err = json.Marshal(shown); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(results[0], results[1]) {
		t.Errorf("what seven callers said moves a result:\n%s\n%s", results[0], results[1])
	}
}
