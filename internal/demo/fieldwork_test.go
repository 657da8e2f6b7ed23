package demo

import (
	"math"
	"slices"
	"testing"
	"time"

	"gongping/survey/instrument"
)

// drawn is a simple random sample by the plan, for tests only: the product
// draws by tickets.
func drawn(w *World, round Round, seed uint64) []Drawn {
	var out []Drawn
	for _, plan := range round.Plan {
		c := w.committees[w.committeeIndex(plan.Committee)]
		for _, k := range stream(seed, stageAreas, uint64(c.first)).Perm(c.population)[:plan.Planned] {
			out = append(out, Drawn{PersonID: w.People[c.first+k].ID})
		}
	}
	return out
}

// TestTruth: the spread between committees is the stated one, lone grievances
// come at the base rate, and the stories are there.
func TestTruth(t *testing.T) {
	t.Parallel()
	w := full()
	tr := w.Truth
	var sum, squares, n float64
	for _, c := range tr.Committees {
		if c.Code == tr.Collective.Committee || c.Code == tr.Coached.Committee || c.Code == tr.Lone.Committee {
			continue
		}
		if c.TrueMean != c.AnsweredMean {
			t.Errorf("%s: answers differ from the truth without coaching", c.Code)
		}
		sum, squares, n = sum+c.TrueMean, squares+c.TrueMean*c.TrueMean, n+1
	}
	within(t, "between-committee SD", math.Sqrt(squares/n-sum*sum/n/n), tr.BetweenSD, 0.3)
	parts := map[Part]int{}
	for i := range w.People {
		parts[w.People[i].Part]++
	}
	within(t, "lone grievances", float64(parts[Grievance])/float64(len(w.People)), tr.GrievanceRate, 0.003)
	if s := tr.Collective; s.Name != "梅陇七村居委会" || s.Share < 0.10 || s.Share > 0.15 || len(s.Buildings) != 2 || parts[Collective] != len(s.People) {
		t.Errorf("collective complaint: %s %.3f %v", s.Name, s.Share, s.Buildings)
	}
	if s := tr.Coached; s.Name != "梅陇十村居委会" || s.Share < 0.10 || s.Share > 0.18 || len(s.Buildings) != 2 || parts[Coached] != len(s.People) {
		t.Errorf("coached: %s %.3f %v", s.Name, s.Share, s.Buildings)
	}
	if s := tr.Lone; s.Name != "宛南新村第一、二居委会" || len(s.People) != 6 {
		t.Errorf("lone: %s %d", s.Name, len(s.People))
	}
	for _, s := range []Story{tr.Collective, tr.Coached} {
		c := tr.Committees[w.committeeIndex(s.Committee)]
		if lift := c.AnsweredMean - c.TrueMean; (s.Part == Coached) != (lift > 1) {
			t.Errorf("%s: coaching lifts by %.2f", s.Name, lift)
		}
		households := map[string]bool{}
		for _, id := range s.People {
			p := w.Person(id)
			households[p.HouseholdID] = true
			if p.Committee != s.Committee || p.Moved || (p.Building != s.Buildings[0] && p.Building != s.Buildings[1]) {
				t.Errorf("%s is no part of %s", id, s.Name)
			}
		}
		if len(households) < 10 {
			t.Errorf("%s: only %d households", s.Name, len(households))
		}
	}
}

// TestFinishedRound plays the finished round for a sample by the plan: all
// kinds of gates show up, response is unequal as stated, every answer fits the
// questionnaire and every attempt lies in the round.
func TestFinishedRound(t *testing.T) {
	t.Parallel()
	w := full()
	sample := drawn(w, w.Finished, 1)
	visits := w.Simulate(w.Finished, sample, 2)
	if len(visits) != len(sample) {
		t.Fatalf("%d visits for %d drawn", len(visits), len(sample))
	}
	completes := map[string]int{}
	asked, answered := map[bool]int{}, map[bool]int{}
	outcomes := map[string]int{}
	for i, v := range visits {
		p := w.Person(v.PersonID)
		if v.PersonID != sample[i].PersonID {
			t.Fatal("visits are not in the order of the sample")
		}
		checkVisit(t, w, w.Finished, v)
		outcomes[v.Outcome]++
		group := p.age < 35 && p.Tenure == tenant
		asked[group]++
		if v.Outcome == complete {
			completes[p.Committee]++
			answered[group]++
		}
	}
	for _, code := range []string{complete, refusalHousehold, refusalPerson, breakOff, nonContact, unable, notLocated, movedAway} {
		if outcomes[code] == 0 {
			t.Errorf("outcome %s never happens", code)
		}
	}
	young := float64(answered[true]) / float64(asked[true])
	rest := float64(answered[false]) / float64(asked[false])
	within(t, "response of young tenants", young, 0.27, 0.05)
	within(t, "response of the others", rest, 0.60, 0.05)
	low, mid, high, total := 0, 0, 0, 0
	for _, c := range w.committees {
		n := completes[c.code]
		total += n
		switch {
		case n < 30:
			low++
		case n < 100:
			mid++
		default:
			high++
		}
	}
	if low < 20 || high < 20 || mid < 200 {
		t.Errorf("under 30: %d, 30–99: %d, 100 and more: %d", low, mid, high)
	}
	within(t, "completes per committee", float64(total)/312, 60, 5)
}

func checkVisit(t *testing.T, w *World, round Round, v Visit) {
	t.Helper()
	last := v.Attempts[len(v.Attempts)-1]
	if v.Outcome != last.Disposition || (v.Outcome == complete) != (v.Answers != nil) || v.Evaluator == "" {
		t.Fatalf("visit %+v", v)
	}
	for k, a := range v.Attempts {
		if a.At.Before(round.OpensOn) || a.At.After(round.Cutoff) || (k > 0 && !a.At.After(v.Attempts[k-1].At)) {
			t.Fatalf("attempt %d at %v of %+v", k, a.At, v)
		}
		if k < len(v.Attempts)-1 && a.Disposition != nonContact {
			t.Fatalf("%s goes on after %s", v.PersonID, a.Disposition)
		}
	}
	if v.Answers == nil {
		return
	}
	if last.Mode != v.Mode || v.Seconds <= 0 {
		t.Fatalf("interview of %s in mode %s, last attempt %s", v.PersonID, v.Mode, last.Mode)
	}
	if err := w.Questionnaire.CheckAnswers(v.Answers); err != nil {
		t.Fatal(err)
	}
}

// TestStoriesInTheField asks everybody of the three committees.
func TestStoriesInTheField(t *testing.T) {
	t.Parallel()
	w := full()
	mean := func(s Story) (float64, []Visit) {
		var sample []Drawn
		for _, id := range s.People {
			sample = append(sample, Drawn{PersonID: id})
		}
		sum, n := 0.0, 0
		visits := w.Simulate(w.Finished, sample, 3)
		for _, v := range visits {
			if x, ok := instrument.Score(v.Answers["env_property"]); ok {
				sum, n = sum+x, n+1
			}
		}
		if n < len(s.People)/2 {
			t.Errorf("%s: only %d of %d answer", s.Name, n, len(s.People))
		}
		return sum / float64(n), visits
	}
	if m, _ := mean(w.Truth.Collective); m > 20 {
		t.Errorf("the collective complaint marks property at %.1f", m)
	}
	m, visits := mean(w.Truth.Coached)
	if m != 100 {
		t.Errorf("the coached mark at %.1f", m)
	}
	var first, last time.Time
	for _, v := range visits {
		if v.Answers == nil {
			continue
		}
		at := v.Attempts[0].At
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
		if v.Seconds > 40 || v.Mode != "link" {
			t.Errorf("a coached answer took %d s by %s", v.Seconds, v.Mode)
		}
	}
	if last.Sub(first) > 80*time.Minute {
		t.Errorf("coached answers spread over %v", last.Sub(first))
	}
}

// TestOpenRound: a small part is collected and nothing lies after the cutoff.
func TestOpenRound(t *testing.T) {
	t.Parallel()
	w := full()
	sample := drawn(w, w.Open, 4)
	done := 0
	for _, v := range w.Simulate(w.Open, sample, 5) {
		checkVisit(t, w, w.Open, v)
		if v.Answers != nil {
			done++
		}
	}
	if share := float64(done) / float64(len(sample)); share < 0.05 || share > 0.20 {
		t.Errorf("%.2f of the open round is collected", share)
	}
	if !w.Open.OpensOn.Before(w.Options.Today) || !w.Open.ClosesOn.After(w.Options.Today) || !w.Finished.ClosesOn.Before(w.Open.OpensOn) {
		t.Errorf("rounds %v–%v and %v–%v", w.Finished.OpensOn, w.Finished.ClosesOn, w.Open.OpensOn, w.Open.ClosesOn)
	}
}

// TestVisitStandsAlone: who else was drawn does not change a visit.
func TestVisitStandsAlone(t *testing.T) {
	t.Parallel()
	w := Generate(11, Small())
	sample := drawn(w, w.Finished, 6)
	all := w.Simulate(w.Finished, sample, 7)
	for i := 0; i < len(sample); i += 37 {
		one := w.Simulate(w.Finished, sample[i:i+1], 7)[0]
		if one.Outcome != all[i].Outcome || len(one.Attempts) != len(all[i].Attempts) || one.Answers["overall"] != all[i].Answers["overall"] {
			t.Errorf("%s alone: %+v, among others: %+v", one.PersonID, one, all[i])
		}
	}
}

// committeeIndex is the position of a committee, −1 where the world has none.
func (w *World) committeeIndex(code string) int {
	return slices.IndexFunc(w.committees, func(c committee) bool { return c.code == code })
}
