package appeals

import (
	"context"
	"math"

	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring/appeal"
)

// What decisions set aside must add up with what results show. The server may
// set aside an answer of a registered household in the same step as others (see
// package disputes); if it were missing here, it would be what is left over when
// the stated number is taken from how many answers a unit lost, or the stated
// effect from how far its score moved, and would tell that the household was
// asked. So to everybody but auditors it counts among the low answers set aside
// after appeals, which it is, and the effect is that of the shown scores.

// left is what stands aside on the sealed register in one run of a unit beyond
// another, as low answers, with the move of the official score as it is shown.
func left(ctx context.Context, q pg.Querier, district, before, after, unit string) (x appealdb.SideCount, err error) {
	old, err := scoredb.UnitOf(ctx, q, district, before, unit)
	if err != nil {
		return x, err
	}
	now, err := scoredb.UnitOf(ctx, q, district, after, unit)
	if err != nil {
		return x, err
	}
	x.LowExcluded = max(0, now.Excluded[appeal.RegisteredConflict]-old.Excluded[appeal.RegisteredConflict])
	if old.Official.OK && now.Official.OK {
		x.Net = math.Round(now.Official.Value*10)/10 - math.Round(old.Official.Value*10)/10
	}
	return x, nil
}

// asShown replaces the effects that the decisions computed by those of the
// published results, over the units within the actor's area in which an appeal
// was upheld.
func asShown(ctx context.Context, q pg.Querier, who authz.Actor, sides []appealdb.SideCount, rounds []appealdb.RoundRuns) ([]appealdb.SideCount, error) {
	for i := range sides {
		sides[i].Net = 0
	}
	for _, r := range rounds {
		units, err := appealdb.Contesting(ctx, q, who.District, r.Round)
		if err != nil {
			return nil, err
		}
		for _, unit := range units {
			if len(unit) < len(who.Area) || unit[:len(who.Area)] != who.Area {
				continue
			}
			x, err := left(ctx, q, who.District, r.First, r.Latest, unit)
			if err != nil {
				return nil, err
			}
			sides = append(sides, x)
		}
	}
	return sides, nil
}
