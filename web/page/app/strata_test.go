package app_test

import (
	"strings"
	"testing"

	"gongping/internal/app/field/fieldtest"
	"gongping/survey"
)

// The supervisor's page shows progress against the plan by stratum where the
// plan splits committees, and leads down to each committee.
func TestProgressByStratumOnThePage(t *testing.T) {
	t.Parallel()
	s := serve(t, fieldtest.LoadPlan(t, survey.Plan{StrataBy: []string{"sex", "age_band"}, CollapseBelow: 30, Allocation: "proportional", Size: 30, ReserveRatio: 0.2}))
	_, cases := s.Someone()
	c := s.as(t, s.Actor("supervisor"))
	street := "/fieldwork/" + s.Round + "?area=" + cases[0].Committee[:9]
	for path, want := range map[string][]string{
		street: {"各层进度", "女 · ", "岁", "有的居委会人数太少，并入了：", `?area=` + cases[0].Committee + `"`},
		"/fieldwork/" + s.Round + "?area=" + cases[0].Committee: {"各层进度", "男 · ", "含人数太少而并入的：女 · "},
	} {
		status, page := c.do("GET", path, nil)
		for _, w := range want {
			if status != 200 || !strings.Contains(page, w) {
				t.Errorf("%s: %d, no %q", path, status, w)
			}
		}
	}
}
