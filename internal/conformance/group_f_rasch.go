package conformance

import (
	"fmt"
	"strconv"

	"gongping/scoring/rater"
)

func init() {
	Register("F.rasch_RSM", func(c *Case) (map[string]any, error) { return rasch(c, rater.RatingScale) })
	Register("F.rasch_PCM", func(c *Case) (map[string]any, error) { return rasch(c, rater.PartialCredit) })
}

func rasch(c *Case, model rater.RaschModel) (map[string]any, error) {
	m, names, err := ratings(c)
	if err != nil {
		return nil, err
	}
	f, err := rater.FitRasch(m, model)
	if err != nil {
		return nil, err
	}
	location, thresholds, errors := map[string]any{}, map[string]any{}, map[string]any{}
	for j, it := range f.Items {
		location[names[j]] = nil
		if it.Located {
			location[names[j]] = it.Location
		}
		list := []any{}
		for k, t := range it.Thresholds {
			name := fmt.Sprintf("thresh beta %s.c%d", names[j], k+1)
			if !t.Defined {
				list, errors[name] = append(list, nil), nil
				continue
			}
			list, errors[name] = append(list, t.Value), t.SE
		}
		thresholds[names[j]] = list
	}
	out := map[string]any{"conditional_loglik": f.ConditionalLogLik, "n_parameters": f.Parameters,
		"location": location, "thresholds": thresholds, "threshold_se": errors,
		"n_extreme": f.Extreme, "n_persons": f.Persons}
	out["person_by_raw_score"], out["person_se_by_raw_score"], err = personTables(f, m)
	return out, err
}

// personTables lists the measures of persons who answered every item, by score.
func personTables(f *rater.Rasch, m rater.Matrix) (value, se map[string]any, err error) {
	persons, err := f.Measures(m)
	value, se = map[string]any{}, map[string]any{}
	for _, p := range persons {
		if p.Answered < len(f.Items) {
			continue
		}
		score := strconv.Itoa(p.Score)
		value[score] = nil
		if p.Defined {
			value[score] = p.Value
		}
		if p.Defined && !p.Extreme {
			se[score] = p.SE
		}
	}
	return value, se, err
}
