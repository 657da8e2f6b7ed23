package assess

import (
	"strconv"

	"gongping/scoring/composite"
	"gongping/scoring/panel"
)

// panel is what the reviewers' ratings say of every committee, by the method of
// the rule book. Books without one were frozen before fair averages existed:
// they keep the older way, to the last digit.
func (r *run) panel() map[string]composite.Value {
	out := map[string]composite.Value{}
	if r.in.RuleBook.PanelMethod != panel.Facets {
		for c, v := range panel.Deviations(r.in.Ratings) {
			out[c] = composite.Value{OK: true, Score: v.Score, SE: v.SE, N: v.Reviewers}
		}
		return out
	}
	if len(r.in.Ratings) == 0 {
		return out
	}
	low, high := r.in.RuleBook.PanelScale()
	res := panel.Fit(r.in.Ratings, low, high)
	if res.Why == "" {
		r.note("run.panel_facets", "Reviewers", strconv.Itoa(len(res.Reviewers)), "Committees", strconv.Itoa(len(res.Units)),
			"Reliability", strconv.FormatFloat(res.Reliability, 'f', 2, 64))
	} else {
		r.note("run.panel_fallback."+res.Why, "Sets", strconv.Itoa(len(res.Sets)))
	}
	for _, u := range res.Units {
		out[u.Unit] = composite.Value{OK: true, Score: u.Score, SE: u.SE, N: u.Reviewers}
	}
	return out
}
