package draws

import (
	"context"

	"gongping/internal/app"
	"gongping/internal/pg/drawdb"
)

// AssignLate hands out the cases of a late batch that nobody holds, within the
// caller's transaction. Who asks anew is another person than who interviewed
// the answers that were set aside (they are barred by name when the batch is
// opened, see drawdb.Bar): first those who had no case of the round in the
// committee at all, the least busy of them first. Where nobody is left a case
// stays without an evaluator; open counts these.
func (s *Service) AssignLate(ctx context.Context, tx *app.Tx, commitment string) (given, open int, err error) {
	district := tx.Actor.District
	cases, err := drawdb.LateCases(ctx, tx, district, commitment)
	if err != nil {
		return 0, 0, err
	}
	people, load := map[string][]drawdb.LateEvaluator{}, map[string]int{}
	var ids, to []string
	for _, c := range cases {
		if _, read := people[c.Committee]; !read {
			if people[c.Committee], err = drawdb.LateEvaluators(ctx, tx, district, commitment, c.Committee); err != nil {
				return 0, 0, err
			}
		}
		who := nextLate(people[c.Committee], load)
		if who == "" {
			open++
			continue
		}
		load[who]++
		ids, to = append(ids, c.ID), append(to, who)
	}
	if len(ids) == 0 {
		return 0, open, nil
	}
	return len(ids), open, drawdb.AssignTo(ctx, tx, district, ids, to, tx.Actor.AccountID, tx.Now)
}

// nextLate is the least busy of the evaluators who had no case in the committee,
// or else of the others; "" where there is none. Of equals the first.
func nextLate(list []drawdb.LateEvaluator, load map[string]int) string {
	best := -1
	for i, e := range list {
		if best < 0 || e.Known == list[best].Known && load[e.ID] < load[list[best].ID] {
			best = i
		}
	}
	if best < 0 {
		return ""
	}
	return list[best].ID
}
