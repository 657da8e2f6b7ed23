package quality

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/pg/qualitydb"
	"gongping/survey/quality"
)

// sentAgain counts the back-checks that one examination of a round handed out.
type sentAgain struct{ random, suspects, all int }

// askAgain hands out what the rule book promises to ask again, at every
// examination and without anybody's decision: the random share of what is
// finished; of every finding that is not decided against, and of its counterpart
// on the other side, as many cases as the rule book says; and all cases of
// interviewers with a confirmed finding or with as many denied interviews. A
// case that is asked again already counts, whatever chose it, so that three
// findings about one interviewer do not ask three times as many.
//
// What rests on residents' signals and withdrawals is left to an auditor's
// decision: whoever hands out back-checks would learn of it.
func (s *Service) askAgain(ctx context.Context, tx *app.Tx, r field.Round) (sent sentAgain, err error) {
	c, err := qualitydb.GetCommitment(ctx, tx, tx.Actor.District, r.ID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return sent, err
	}
	if c.Revealed != "" {
		return sent, nil // nobody is asked any more
	}
	all, err := qualitydb.FinishedCases(ctx, tx, tx.Actor.District, r.ID)
	if err != nil || len(all) == 0 {
		return sent, err
	}
	if sent.random, err = s.send(ctx, tx, r, all, "random", "", 0); err != nil {
		return sent, err
	}
	list, err := qualitydb.Findings(ctx, tx, tx.Actor.District, r.ID, "")
	if err != nil {
		return sent, err
	}
	if sent.all, err = s.sendVerified(ctx, tx, r, list, all); err != nil {
		return sent, err
	}
	sent.suspects, err = s.sendSuspects(ctx, tx, r, list, all)
	return sent, err
}

// sendSuspects sends cases of open findings and of their counterparts.
func (s *Service) sendSuspects(ctx context.Context, tx *app.Tx, r field.Round, list []qualitydb.Finding, all []qualitydb.Finished) (total int, err error) {
	for _, f := range list {
		if f.Role != "finding" || f.AuditorOnly || (f.Decision != "" && f.Decision != "back_check") {
			continue
		}
		for _, one := range list {
			if one.ID != f.ID && one.PairOf != f.ID {
				continue
			}
			cases, left := s.casesOf(one, r, all), r.Rules.QualityRules().SuspectCases
			for _, k := range cases {
				if k.Taken {
					left--
				}
			}
			if left <= 0 {
				continue
			}
			n, err := s.send(ctx, tx, r, cases, whyOf(one), one.ID, left)
			if err != nil {
				return total, err
			}
			total += n
			take(all, cases)
		}
	}
	return total, nil
}

// sendVerified sends what has been finished since all cases of an interviewer
// were to be asked again.
func (s *Service) sendVerified(ctx context.Context, tx *app.Tx, r field.Round, list []qualitydb.Finding, all []qualitydb.Finished) (total int, err error) {
	tallies, err := qualitydb.Tallies(ctx, tx, tx.Actor.District, r.ID, "")
	if err != nil {
		return 0, err
	}
	var people []string
	for _, t := range tallies {
		if t.Denied >= r.Rules.QualityRules().DeniedToVerify {
			people = append(people, t.Evaluator)
		}
	}
	for _, f := range list {
		if f.Kind == quality.Interviewer && f.Role == "finding" && f.Decision == "confirmed" {
			people = append(people, f.Evaluator)
		}
	}
	slices.Sort(people)
	for _, id := range slices.Compact(people) {
		if id == "" {
			continue
		}
		cases := s.casesOf(qualitydb.Finding{Kind: quality.Interviewer, Evaluator: id}, r, all)
		n, err := s.send(ctx, tx, r, cases, "verify_all", "", 0)
		if err != nil {
			return total, err
		}
		total += n
		take(all, cases)
	}
	return total, nil
}

// whyOf is the reason that is stored with cases of a finding.
func whyOf(f qualitydb.Finding) string {
	if f.Role == "counterpart" {
		return "counterpart"
	}
	return "suspect"
}

// take marks in all what was taken in a part of it.
func take(all, part []qualitydb.Finished) {
	taken := make(map[string]bool, len(part))
	for _, k := range part {
		taken[k.CaseID] = k.Taken
	}
	for i := range all {
		all[i].Taken = all[i].Taken || taken[all[i].CaseID]
	}
}

// withTallies lets the findings about an interviewer count all back-checks of
// the interviewer's cases, whatever chose them: an interview that was denied in
// the random share speaks to them as well.
func withTallies(list []qualitydb.Finding, tallies []qualitydb.Tally) {
	for i := range list {
		f := &list[i]
		k := slices.IndexFunc(tallies, func(t qualitydb.Tally) bool { return t.Evaluator == f.Evaluator })
		if f.Kind == quality.Interviewer && f.Evaluator != "" && k >= 0 {
			f.BackChecks, f.BackDone, f.BackDenied = tallies[k].Drawn, tallies[k].Done, tallies[k].Denied
		}
	}
}
