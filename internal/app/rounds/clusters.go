package rounds

import (
	"context"
	"fmt"
	"math"

	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
	"gongping/survey/draw"
)

// clusters are the buildings or grids of each stratum with their households.
type clusters map[string][]draw.ClusterSize

// countClusters reads the frame once, a committee in memory at a time. A
// household counts in each stratum in which it has a member, where the first of
// these lives: as the draw counts it (draw.Homes).
func countClusters(ctx context.Context, db pg.Querier, district string, r survey.Round) (clusters, error) {
	type at struct{ stratum, id string }
	out, committee := clusters{}, ""
	seen, sizes := map[at]bool{}, map[at]*draw.ClusterSize{}
	flush := func() {
		for k, c := range sizes {
			out[k.stratum] = append(out[k.stratum], *c)
		}
		clear(seen)
		clear(sizes)
	}
	for p, err := range drawdb.Stream(ctx, db, district, r.FrameID) {
		if err != nil {
			return nil, err
		}
		if p.Committee != committee {
			flush()
			committee = p.Committee
		}
		stratum := StratumOf(r, p)
		home := at{stratum, HomeOf(p)}
		if stratum == "" || seen[home] {
			continue
		}
		seen[home] = true
		k := at{stratum, r.Plan.Cluster(p.Traits)}
		c := sizes[k]
		if c == nil {
			c = &draw.ClusterSize{ID: k.id, Near: r.Plan.Near(p.Traits)}
			sizes[k] = c
		}
		c.Households++
		c.Near = min(c.Near, r.Plan.Near(p.Traits))
	}
	flush()
	return out, nil
}

// HomeOf is the household of a person; one whose household is not registered is
// a household of their own.
func HomeOf(p drawdb.Person) string {
	if p.Household == "" {
		return p.FrameID
	}
	return p.Household
}

// choose plans a stratum in two stages: n persons as k households in each of m
// clusters, k as wished or more where there are too few clusters. Small clusters
// are joined until at most half of the households of each can be drawn; where
// that leaves too few, there are fewer reserves; and where not even the sample
// fits, the plan is refused.
func (c clusters) choose(p survey.Plan, s *rounddb.Stratum) error {
	wanted := s.Planned
	for _, ratio := range []float64{p.ReserveRatio, p.ReserveRatio / 2, 0} {
		for per := min(p.PerCluster, wanted); ; {
			groups := c.groups(s.Stratum, per, reserveOf(per, ratio))
			if groups == 0 {
				break
			}
			drawn := min((wanted+per-1)/per, groups)
			even := (wanted + drawn - 1) / drawn
			if even <= per {
				s.Method, s.Planned, s.Clusters, s.Reserve = string(p.Method), even, drawn, reserveOf(even, ratio)
				return nil
			}
			per = even
		}
	}
	homes := 0
	for _, x := range c[s.Stratum] {
		homes += x.Households
	}
	return errs.New(errs.Invalid, "plan.few_households", "stratum %s has too few households for two stages", s.Stratum).
		With(map[string]any{"Households": homes, "Persons": wanted, "Least": survey.LeastHouseholds(wanted)}).
		At(s.Stratum, fmt.Sprint(homes), fmt.Sprintf("at least %d households for %d persons", survey.LeastHouseholds(wanted), wanted),
			"draw fewer there, take small committees whole, or join strata")
}

func reserveOf(sample int, ratio float64) int { return int(math.Ceil(float64(sample)*ratio - 1e-9)) }

// groups is how many clusters a stratum has once small ones are joined, 0 where
// even all together are too small.
func (c clusters) groups(stratum string, sample, reserve int) int {
	least := survey.LeastHouseholds(sample + reserve)
	_, sizes := draw.JoinSmall(c[stratum], least)
	for _, size := range sizes {
		if size < least {
			return 0
		}
	}
	return len(sizes)
}
