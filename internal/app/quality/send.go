package quality

import (
	"bytes"
	"context"
	"slices"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/pg/fielddb"
	"gongping/internal/pg/qualitydb"
	"gongping/survey/quality"
)

// send makes back-checks of cases: those of the random share (why "random"), or
// the first limit by ticket (0: all). Taken ones are left out; those sent are
// marked as taken in cases.
func (s *Service) send(ctx context.Context, tx *app.Tx, r field.Round, cases []qualitydb.Finished, why, finding string, limit int) (int, error) {
	c, seed, err := s.commitment(ctx, tx, r)
	if err != nil {
		return 0, err
	}
	if c.Revealed != "" {
		return 0, errEnded
	}
	type drawn struct {
		qualitydb.Finished
		at     int // in cases
		ticket []byte
	}
	var list []drawn
	for i, k := range cases {
		t, inShare := quality.Drawn(seed, r.ID, k.PersonID, c.Share)
		if !k.Taken && (why != "random" || inShare) {
			list = append(list, drawn{k, i, t[:]})
		}
	}
	slices.SortFunc(list, func(a, b drawn) int { return bytes.Compare(a.ticket, b.ticket) })
	if limit > 0 && len(list) > limit {
		list = list[:limit]
	}
	if len(list) == 0 {
		return 0, nil
	}
	ids := make([]string, len(list))
	for i, k := range list {
		ids[i] = k.CaseID
	}
	touched, err := qualitydb.Touched(ctx, tx, tx.Actor.District, ids)
	if err != nil {
		return 0, err
	}
	suspects, err := qualitydb.Suspects(ctx, tx, tx.Actor.District, r.ID)
	if err != nil {
		return 0, err
	}
	load, err := qualitydb.Load(ctx, tx, tx.Actor.District, r.ID)
	if err != nil {
		return 0, err
	}
	people := map[string][][2]string{}
	out := make([]qualitydb.NewBackCheck, 0, len(list))
	for _, k := range list {
		if people[k.Committee] == nil {
			if people[k.Committee], err = fielddb.Evaluators(ctx, tx, tx.Actor.District, k.Committee); err != nil {
				return 0, err
			}
		}
		who := another(people[k.Committee], slices.Concat(touched[k.CaseID], suspects), load)
		load[who]++
		cases[k.at].Taken = true
		out = append(out, qualitydb.NewBackCheck{ID: app.NewID(), CaseID: k.CaseID, Why: why, FindingID: finding, Ticket: k.ticket, Evaluator: who})
	}
	return len(out), qualitydb.InsertBackChecks(ctx, tx, tx.Actor.District, r.ID, out, tx.Actor.AccountID, tx.Now)
}

// another is the least loaded evaluator who is not barred (never touched the
// case, and is not under question), "" where there is none; of equals the first.
func another(people [][2]string, barred []string, load map[string]int) string {
	best := ""
	for _, p := range people {
		if !slices.Contains(barred, p[0]) && (best == "" || load[p[0]] < load[best]) {
			best = p[0]
		}
	}
	return best
}

// casesOf are the finished cases of a finding's unit: of the interviewer, of the
// building, of the committee. They are found by what is known of a case; which
// case gave which answer is not looked up, because nobody can.
func (s *Service) casesOf(f qualitydb.Finding, r field.Round, all []qualitydb.Finished) []qualitydb.Finished {
	return slices.DeleteFunc(slices.Clone(all), func(k qualitydb.Finished) bool {
		switch {
		case f.Kind == quality.Interviewer:
			return k.Evaluator != f.Evaluator || k.Alone
		case f.Building != "":
			return k.Committee != f.Committee || k.Building == "" ||
				s.Seal.Pseudonym("response/"+r.ID+"/building", k.Committee+"/"+k.Building) != f.Building
		}
		return k.Committee != f.Committee
	})
}

// sendPair sends cases of a finding and of the other one of its pair, up to the
// same number.
func (s *Service) sendPair(ctx context.Context, tx *app.Tx, who authz.Actor, f qualitydb.Finding, r field.Round) (int, error) {
	all, err := qualitydb.FinishedCases(ctx, tx, who.District, r.ID)
	if err != nil {
		return 0, err
	}
	pair := []qualitydb.Finding{f}
	list, err := qualitydb.Findings(ctx, tx, who.District, r.ID, "")
	if err != nil {
		return 0, err
	}
	for _, o := range list {
		if o.PairOf == f.ID || (f.PairOf != "" && o.ID == f.PairOf) {
			pair = append(pair, o)
		}
	}
	total := 0
	for _, one := range pair {
		cases := s.casesOf(one, r, all)
		n, err := s.send(ctx, tx, r, cases, whyOf(one), one.ID, r.Rules.QualityRules().SuspectCases)
		if err != nil {
			return 0, err
		}
		take(all, cases) // a case that both share is asked again once
		total += n
	}
	return total, nil
}

// verifyAll sends every case of an interviewer that is left.
func (s *Service) verifyAll(ctx context.Context, tx *app.Tx, who authz.Actor, evaluator, finding string, r field.Round) (int, error) {
	all, err := qualitydb.FinishedCases(ctx, tx, who.District, r.ID)
	if err != nil {
		return 0, err
	}
	return s.send(ctx, tx, r, s.casesOf(qualitydb.Finding{Kind: quality.Interviewer, Evaluator: evaluator}, r, all), "verify_all", finding, 0)
}
