package chart

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestATrendBreaksWhereRoundsCannotBeCompared(t *testing.T) {
	t.Parallel()
	v := Trend{ID: "t", Title: "t", Minimum: 10, Rounds: []Area{{Name: "a", N: 50, Score: 70, Lo: 67, Hi: 73}, {Name: "b", N: 60, Score: 80, Lo: 76, Hi: 84},
		{Name: "c", N: 60, Score: 60, Lo: 56, Hi: 64}, {Name: "d", N: 60, Score: 61, Lo: 58, Hi: 64}, {Name: "e", N: 4, Hidden: true}},
		Apart: []string{"", "", "another questionnaire", "", ""}}
	f := v.Figure(keyText{})
	// Two independent estimates ± 3 and ± 4 differ by 10 ± 5.
	for i, want := range []string{"—", "chart.trend.sureD+10.0Lo+5.0Hi+15.0", "another questionnaire", "chart.trend.unsureD+1.0Lo−4.0Hi+6.0", "—"} {
		if got := f.Table.Rows[i][4]; got != want {
			t.Errorf("round %d: %q, want %q", i, got, want)
		}
	}
	var o struct {
		Series []struct {
			Type string
			Data []any
		}
	}
	if err := json.Unmarshal(f.Option, &o); err != nil || len(o.Series) != 3 {
		t.Fatalf("%d series, want whiskers and two lines (%v)", len(o.Series), err)
	}
	if a, b := o.Series[1].Data, o.Series[2].Data; a[1] == nil || a[2] != nil || b[1] != nil || b[2] == nil || b[3] == nil || b[4] != nil {
		t.Errorf("the line does not break: %v, %v", a, b)
	}
	if !strings.Contains(f.Describe, "chart.trend.broken") {
		t.Error("the break is not told")
	}
}
