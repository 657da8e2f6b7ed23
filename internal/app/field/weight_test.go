package field_test

import (
	"math"
	"testing"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/demo"
	"gongping/internal/testkit"
	"gongping/survey"
	"gongping/survey/fieldwork"
)

// TestAReserveWeighsWhatItsOwnChanceWas: where chances differ, a released
// reserve does not take over the weight of the case before it. In two stages
// that weight is in proportion to the members of the household, under PPS to
// the inverse of the relative size.
func TestAReserveWeighsWhatItsOwnChanceWas(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]survey.Plan{
		"two-stage": {Method: survey.TwoStagePPS, Selection: survey.Selection{ClusterBy: "building", PerCluster: 5}},
		"pps":       {Method: survey.PPSPoisson, Selection: survey.Selection{Chances: map[string]int{"sex:f": 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan.Allocation, plan.Size, plan.ReserveRatio = "proportional", 16, 0.6
			f := fieldtest.LoadPlan(t, plan)
			tried, differ := 0, 0
			for _, e := range f.Evaluators() {
				list, err := f.Field.MyCases(f.Ctx, e)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range list {
					if len(f.Reserves(c)) == 0 || tried == 30 || c.DesignWeight <= 1 {
						continue
					}
					moved := field.NewAttempt{ID: app.NewID(), Mode: fieldwork.Door, Code: fieldwork.MovedAway, At: f.Clock.Now()}
					if _, err := f.Field.RecordAttempt(f.Ctx, e, c.ID, moved); err != nil {
						t.Fatal(err)
					}
					id, err := f.Field.ReleaseReserve(f.Ctx, e, c.ID, "")
					if err != nil {
						continue // this cluster's reserves are used up
					}
					tried++
					var have, before, after float64
					err = testkit.OwnerDB(t).QueryRow(f.Ctx, chance[name], demo.DistrictCode, f.FrameID, c.ID, id).Scan(&have, &before, &after)
					if err != nil {
						t.Fatal(err)
					}
					if want := c.DesignWeight * after / before; math.Abs(have-want) > 1e-9 {
						t.Errorf("the reserve weighs %g, want %g × %g ÷ %g", have, c.DesignWeight, after, before)
					}
					if before != after {
						differ++
					}
				}
			}
			if tried < 5 || differ == 0 {
				t.Fatalf("%d reserves released, %d with another chance: the test proves too little", tried, differ)
			}
		})
	}
}

// chance reads the weight of the new case and what the chances of both cases
// depend on, straight from the frame.
var chance = map[string]string{
	"two-stage": `select n.design_weight, om.n, nm.n from survey_case o, survey_case n,
		lateral (select count(*)::float8 as n from frame_person k join frame_person p using (district, frame_id, committee, household)
			where k.district = $1 and k.frame_id = $2 and k.person_id = o.person_id and p.status = 'resident') om,
		lateral (select count(*)::float8 as n from frame_person k join frame_person p using (district, frame_id, committee, household)
			where k.district = $1 and k.frame_id = $2 and k.person_id = n.person_id and p.status = 'resident') nm
		where o.id = $3 and n.id = $4`,
	"pps": `select n.design_weight, 1.0 / case op.sex when 'f' then 2 else 1 end, 1.0 / case np.sex when 'f' then 2 else 1 end
		from survey_case o, survey_case n, frame_person op, frame_person np
		where o.id = $3 and n.id = $4 and op.district = $1 and op.frame_id = $2 and op.person_id = o.person_id
			and np.district = $1 and np.frame_id = $2 and np.person_id = n.person_id`,
}
