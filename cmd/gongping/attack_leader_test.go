package main

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"

	"gongping/internal/pg/scoredb"
	"gongping/scoring"
)

// above plays a street's leader, and a reviewer, who read all committees of the
// street and the street itself: what one committee hides of a question's grades,
// they take from the street's by subtracting the others.
func (c *curious) above() {
	cell := c.Round.Rules.Suppression.Cell
	for _, login := range []string{"leader-003", "panel-1"} {
		who := c.Round.Actor(login)
		v := c.visit(who, login)
		for i, run := range c.runs {
			street := c.worker.Area[:9]
			read := func(unit string) (u scoring.UnitResult) {
				status, body := v.get("/api/v1/runs/" + run + "/units/" + unit)
				if err := json.Unmarshal([]byte(body), &u); status != http.StatusOK || err != nil {
					c.t.Fatalf("%s, %s: %d %v", login, unit, status, err)
				}
				return u
			}
			top := read(street)
			var below []scoring.UnitResult
			for _, unit := range c.Round.Committees() {
				if strings.HasPrefix(unit, street) {
					below = append(below, read(unit))
				}
			}
			n, found := 0, 0
			for k, it := range top.Items {
				for g, total := range it.Counts {
					if total <= 0 {
						continue
					}
					rest, hidden := total, ""
					count := 0
					for _, u := range below {
						switch x := u.Items[k].Counts[g]; {
						case x >= 0:
							rest -= x
						default:
							hidden, count = u.Unit, count+1
						}
					}
					if count == 0 {
						continue
					}
					n++
					// A single one is found exactly; several that sum to less than a
					// cell are bounded by it.
					if count == 1 || rest < cell {
						truth, err := scoredb.UnitOf(context.Background(), c.Round.Pool, c.worker.District, run, hidden)
						if err != nil {
							c.t.Fatal(err)
						}
						if rest > 0 || count == 1 {
							found++
							c.t.Errorf("%s, version %d, %s: grade %d of %s and %d others is at most %d by the street's %d; in truth %d", login, i+1, it.Item, g+1, hidden, count-1, rest, total, truth.Items[k].Counts[g])
						}
					}
				}
			}
			c.digits(login, i, append(below, top))
			m, got := c.besides(login, top, below)
			n, found = n+m, found+got
			c.try("%s, version %d: hidden grades and other counts of committees taken from the street's by subtraction: %d sums, %d found", login, i+1, n, found)
		}
	}
}

// besides does the same with the answers that are no grade and the reasons of
// weights.
func (c *curious) besides(login string, top scoring.UnitResult, below []scoring.UnitResult) (sums, found int) {
	cell := c.Round.Rules.Suppression.Cell
	check := func(what string, total int, of func(scoring.UnitResult) (int, bool)) {
		rest, hidden := total, 0
		for _, u := range below {
			if x, ok := of(u); ok && x < 0 {
				hidden++
			} else if ok {
				rest -= x
			}
		}
		if total < 0 || hidden == 0 {
			return
		}
		if sums++; rest > 0 && (hidden == 1 || rest < cell) {
			found++
			c.t.Errorf("%s: %s: %d committees hide %d of the street's %d", login, what, hidden, rest, total)
		}
	}
	for k, it := range top.Items {
		for j, total := range []int{it.DontKnow, it.Declined, it.Missing} {
			check(it.Item+" unanswered", total, func(u scoring.UnitResult) (int, bool) {
				x := u.Items[k]
				return []int{x.DontKnow, x.Declined, x.Missing}[j], true
			})
		}
	}
	for key, total := range top.Reasons {
		check("reason "+key, total, func(u scoring.UnitResult) (int, bool) { x, ok := u.Reasons[key]; return x, ok })
	}
	return sums, found
}

// digits looks for figures that have more of them than the pages show: of two
// versions with all their digits, and the whole estimator at hand, the answers
// set aside are solved.
func (c *curious) digits(login string, version int, units []scoring.UnitResult) {
	n := 0
	for _, u := range units {
		figures := []scoring.Figure{u.Raw, u.Weighted, u.Adjusted, u.Robust, u.EB, u.Official, u.Composite}
		for _, it := range append(slices.Clone(u.Items), u.Dimensions...) {
			figures = append(figures, it.Figure)
		}
		for _, f := range figures {
			n++
			for _, x := range []float64{f.Value, f.SE, f.Lo, f.Hi} {
				if math.Abs(x*10-math.Round(x*10)) > 1e-6 {
					c.t.Errorf("%s, version %d: %s is told %v", login, version+1, u.Unit, f)
					return
				}
			}
		}
	}
	c.try("%s, version %d: digits beyond the first decimal: %d figures, none", login, version+1, n)
}
