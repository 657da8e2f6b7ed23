package draws_test

import (
	"bytes"
	"math"
	"testing"
	"time"

	"gongping/internal/demo"
	"gongping/internal/testkit"
	"gongping/survey"
	"gongping/survey/draw/verify"
)

// plans are one of each method besides simple random sampling.
var plans = map[string]survey.Plan{
	"pps-systematic":     {Method: survey.PPSSystematic, Selection: survey.Selection{Chances: map[string]int{"age_band:75-": 3, "tenure:tenant": 2}}},
	"sequential-poisson": {Method: survey.PPSPoisson, Selection: survey.Selection{Chances: map[string]int{"age_band:75-": 3}}, StrataBy: []string{"sex"}},
	"two-stage-pps":      {Method: survey.TwoStagePPS, Selection: survey.Selection{ClusterBy: "building", PerCluster: 4}},
	"two-stage-simple":   {Method: survey.TwoStageAllAlike, Selection: survey.Selection{ClusterBy: "grid", PerCluster: 4}},
}

// TestEveryMethodIsDrawnVerifiedAndToppedUp plays plan, commitment, draw and
// top-up under each method. The stand-alone verifier repeats both bundles, and
// the design weights of the cases estimate the residents of every committee.
func TestEveryMethodIsDrawnVerifiedAndToppedUp(t *testing.T) {
	t.Parallel()
	for name, plan := range plans {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan.Allocation, plan.Size, plan.ReserveRatio = "proportional", 12, 0.5
			f := setupWith(t, plan)
			fc, err := f.rounds.Preview(f.ctx, f.Actor("manager"), f.round)
			if err != nil {
				t.Fatal(err)
			}
			sampled := 0
			for _, c := range fc.Cells {
				if c.Method != name {
					continue // small enough for a census
				}
				sampled++
				if !(c.EffectiveN > 0 && c.EffectiveN <= c.Answers && c.WeightLow >= 1.0/8 && c.WeightLow < c.WeightHigh && c.Probability > 0 && c.Probability < 1) {
					t.Errorf("the preview says %+v", c)
				}
			}
			if sampled == 0 {
				t.Fatal("no stratum is drawn by this method")
			}
			first := f.drawn(t)
			main := f.verified(t, first, true)
			f.weights(t, first, name)
			f.annexed(t, first, main, plan.Method.TwoStage())
			committee := f.Committees()[0]
			c, err := f.svc.CommitTopUp(f.ctx, f.Actor("manager"), f.round, f.topUp("掷骰二", map[string]int{committee: 6}))
			if err != nil {
				t.Fatal(err)
			}
			f.Clock.Advance(2 * time.Hour)
			second, err := f.svc.Reveal(f.ctx, f.Actor("auditor"), c, secondSeed, evidence)
			if err != nil {
				t.Fatal(err)
			}
			topUp := f.verified(t, second, !plan.Method.TwoStage())
			if _, err := verify.TopUp(bytes.NewReader(topUp), "", bytes.NewReader(main)); err != nil {
				t.Errorf("whom the top-up excludes: %v", err)
			}
			f.apart(t, first, second, plan.Method.TwoStage())
		})
	}
}

// verified writes the bundle into the verifier that shares no code with the draw.
// A top-up in two stages has reserves where the clusters leave room.
func (f *fixture) verified(t *testing.T, id string, reserves bool) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.svc.WriteBundle(f.ctx, demo.DistrictCode, id, &b); err != nil {
		t.Fatal(err)
	}
	rep, err := verify.Bundle(bytes.NewReader(b.Bytes()), "")
	if err != nil || rep.Sample == 0 || reserves && rep.Reserve == 0 {
		t.Fatalf("%+v, %v", rep, err)
	}
	if _, err := f.svc.Verify(f.ctx, f.Actor("auditor"), id); err != nil {
		t.Error(err)
	}
	return b.Bytes()
}

// weights holds the sum of the design weights against the frame: over the whole
// district they estimate its residents, with the error that the method allows.
func (f *fixture) weights(t *testing.T, id, method string) {
	t.Helper()
	var sum, squares, people float64
	err := testkit.OwnerDB(t).QueryRow(f.ctx, `select sum(design_weight), sum(design_weight^2), (select sum(population) from round_stratum)
		from survey_case where draw_id = $1`, id).Scan(&sum, &squares, &people)
	if err != nil {
		t.Fatal(err)
	}
	if bound := 4 * math.Sqrt(squares); math.Abs(sum-people) > bound {
		t.Errorf("%s: the weights add up to %.0f for %.0f residents, more than %.0f off", method, sum, people, bound)
	}
}

// apart checks that a top-up draws nobody anew, and in two stages no household.
func (f *fixture) apart(t *testing.T, first, second string, households bool) {
	t.Helper()
	var n, twice, home, odd int
	err := testkit.OwnerDB(t).QueryRow(f.ctx, `select
			(select count(*) from survey_case where draw_id = $2),
			(select count(*) from draw_selection a join draw_selection b using (person_id) where a.draw_id = $1 and b.draw_id = $2),
			(select count(*) from draw_selection a join draw_selection b on a.household = b.household and a.committee = b.committee
				where a.draw_id = $1 and b.draw_id = $2 and a.household <> ''),
			(select count(*) from survey_case c where c.draw_id = $2 and not (c.design_weight > 0.2 and c.design_weight < 1e4))`,
		first, second).Scan(&n, &twice, &home, &odd)
	if err != nil || n < 4 || n > 9 || twice != 0 || odd != 0 || households && home != 0 {
		t.Errorf("%d cases, %d drawn twice, %d households twice, %d odd weights, %v", n, twice, home, odd, err)
	}
}
