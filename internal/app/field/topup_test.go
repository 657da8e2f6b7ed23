package field_test

import (
	"testing"
	"time"

	"gongping/internal/app/draws"
	"gongping/internal/app/field/fieldtest"
	"gongping/survey"
	"gongping/survey/draw"
)

// A top-up goes to the field when it is drawn, and the plan that progress is
// held against grows with it: or a committee would be done before those who were
// drawn later are asked.
func TestProgressCountsATopUp(t *testing.T) {
	t.Parallel()
	f := fieldtest.LoadPlan(t, survey.Plan{StrataBy: []string{"sex"}, Allocation: "proportional", Size: 16, ReserveRatio: 0.5})
	_, cases := f.Someone()
	committee, ds := cases[0].Committee, &draws.Service{Core: f.Core}
	planned := func() (total, strata, cases int) {
		t.Helper()
		p, err := f.Field.Progress(f.Ctx, f.Actor("supervisor"), f.Round, committee)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Strata {
			strata += s.Planned
		}
		return p.Total.Planned, strata, p.Total.Cases
	}
	c, err := ds.CommitTopUp(f.Ctx, f.Actor("manager"), f.Round, draws.TopUp{Sizes: map[string]int{committee: 6},
		Wish: draws.Wish{Randomness: draw.Randomness{Kind: draw.Dice, Name: "再掷一次", Due: f.Clock.Now().Add(time.Hour)}}})
	if err != nil {
		t.Fatal(err)
	}
	if total, strata, n := planned(); total != 16 || strata != 16 || n != 16 {
		t.Fatalf("planned %d, by stratum %d, %d cases before the top-up is drawn", total, strata, n)
	}
	f.Clock.Advance(2 * time.Hour)
	if _, err := ds.Reveal(f.Ctx, f.Actor("manager-2"), c, "22222222333333334444", "公证处在场"); err != nil {
		t.Fatal(err)
	}
	if total, strata, n := planned(); total != 22 || strata != 22 || n != 22 {
		t.Errorf("planned %d, by stratum %d, %d cases after 6 more were drawn", total, strata, n)
	}
}
