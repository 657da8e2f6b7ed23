package records_test

import (
	"slices"
	"testing"

	"gongping/scoring/records"
)

// Worked by hand: street 310104003 has two committees, street 310104004 two.
func TestContradictions(t *testing.T) {
	t.Parallel()
	units := []string{"310104", "310104003", "310104003001", "310104003002", "310104004", "310104004001", "310104004002"}
	row := func(area, month string, done, received float64) records.Row {
		return records.Row{Area: area, Indicator: "a", Month: month, Count: records.Count{Done: done, Received: received}}
	}
	for name, x := range map[string]struct {
		rows []records.Row
		want []records.Contradiction
	}{
		"the sum fits":          {[]records.Row{row("310104003", "2026-01", 7, 10), row("310104003001", "2026-01", 3, 4), row("310104003002", "2026-01", 4, 6)}, nil},
		"a committee is silent": {[]records.Row{row("310104003", "2026-01", 7, 10), row("310104003001", "2026-01", 3, 4)}, nil},
		"another month":         {[]records.Row{row("310104003", "2026-02", 1, 1), row("310104003001", "2026-01", 3, 4)}, nil},
		"another street":        {[]records.Row{row("310104003", "2026-01", 1, 1), row("310104004001", "2026-01", 3, 4)}, nil},
		"below, all reported": {[]records.Row{row("310104003", "2026-01", 7, 11), row("310104003001", "2026-01", 3, 4), row("310104003002", "2026-01", 4, 6)},
			[]records.Contradiction{{Area: "310104003", Indicator: "a", Month: "2026-01", What: "received", Own: 11, Sum: 10, Rows: 2, Of: 2}}},
		"above, one silent": {[]records.Row{row("310104003", "2026-01", 2, 3), row("310104003001", "2026-01", 3, 4)},
			[]records.Contradiction{{"310104003", "a", "2026-01", "received", 3, 4, 1, 2}, {"310104003", "a", "2026-01", "done", 2, 3, 1, 2}}},
		"the district against its streets and its committees": {[]records.Row{row("310104", "2026-01", 5, 5), row("310104003", "2026-01", 6, 6), row("310104004001", "2026-01", 5, 7)},
			[]records.Contradiction{{"310104", "a", "2026-01", "received", 5, 6, 1, 2}, {"310104", "a", "2026-01", "done", 5, 6, 1, 2}, {"310104", "a", "2026-01", "received", 5, 7, 1, 4}}},
	} {
		if got := records.Contradictions(x.rows, units); !slices.Equal(got, x.want) {
			t.Errorf("%s: %+v, want %+v", name, got, x.want)
		}
	}
}
