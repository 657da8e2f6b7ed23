package quality

import (
	"context"
	"errors"
	"slices"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/qualitydb"
	"gongping/survey/quality"
)

// Finding is a finding as an actor may see it. Where Masked, what would tell the
// answers of a few people (building, day, hour, counts) is left out; auditors
// see it.
type Finding struct {
	qualitydb.Finding
	Masked                           bool
	MayDecide, MaySetAside, MayAll   bool
	Steps                            []qualitydb.Decision
	DeniedToVerify, DeniedToSetAside int
}

// State is where a finding stands: open, or its latest decision.
func (f Finding) State() string {
	if f.Decision == "" {
		return "open"
	}
	return f.Decision
}

// SideCount counts the queue of one detector by side: Flagged were found,
// Counterparts drawn for the other side; Examined have a decision.
type SideCount struct {
	Detector                quality.Detector
	Ran                     bool
	Tested                  int
	Alpha                   float64
	Flagged, Counterparts   map[quality.Side]int
	Examined, SetAsideCount map[quality.Side]int
}

// In is how many of a side are in the queue.
func (c SideCount) In(s quality.Side) int { return c.Flagged[s] + c.Counterparts[s] }

// Queue is the queue of a round.
type Queue struct {
	Round    field.Round
	Area     string
	Findings []Finding
	Counts   []SideCount
	Total    SideCount
	Scans    []qualitydb.Scan
	Alpha    float64
	MayScan  bool
	Auditor  bool
}

// Queue lists what a round's detectors ask about within an area.
func (s *Service) Queue(ctx context.Context, who authz.Actor, roundID, area string) (v Queue, err error) {
	if area, err = areaOf(who, area); err != nil {
		return v, err
	}
	err = s.Read(ctx, who, authz.QualityRead, authz.Object{Area: area}, func(ctx context.Context, db pg.Querier) error {
		if v.Round, err = s.round(ctx, db, who.District, roundID); err != nil {
			return err
		}
		list, err := qualitydb.Findings(ctx, db, who.District, v.Round.ID, area)
		if err != nil {
			return err
		}
		if v.Scans, err = qualitydb.Scans(ctx, db, who.District, v.Round.ID, 10); err != nil {
			return err
		}
		tallies, err := qualitydb.Tallies(ctx, db, who.District, v.Round.ID, "")
		if err != nil {
			return err
		}
		withTallies(list, tallies)
		v.Area, v.Alpha = area, v.Round.Rules.QualityRules().Alpha
		v.MayScan = authz.May(who, authz.QualityScan, authz.Object{})
		v.Auditor = authz.May(who, authz.QualitySignals, authz.Object{Area: area})
		if !v.Auditor {
			for i := range v.Scans {
				v.Scans[i].Summaries = slices.DeleteFunc(v.Scans[i].Summaries, func(x quality.Summary) bool { return x.Detector.AuditorsOnly() })
			}
		}
		for _, f := range list {
			if f.AuditorOnly && !v.Auditor {
				continue
			}
			v.Findings = append(v.Findings, s.view(who, f, v.Round))
		}
		v.count(list)
		return nil
	})
	return v, err
}

// count tells both sides of every detector that ran.
func (v *Queue) count(list []qualitydb.Finding) {
	zero := func(d quality.Detector) SideCount {
		m := func() map[quality.Side]int { return map[quality.Side]int{} }
		return SideCount{Detector: d, Flagged: m(), Counterparts: m(), Examined: m(), SetAsideCount: m()}
	}
	v.Total = zero("")
	var latest []quality.Summary
	if len(v.Scans) > 0 {
		latest = v.Scans[0].Summaries
	}
	for _, sum := range latest {
		if sum.Detector.AuditorsOnly() && !v.Auditor {
			continue
		}
		c := zero(sum.Detector)
		c.Ran, c.Tested, c.Alpha = sum.Ran, sum.Tested, sum.Alpha
		for _, f := range list {
			if f.Detector != sum.Detector {
				continue
			}
			for _, t := range []*SideCount{&c, &v.Total} {
				if f.Role == "finding" {
					t.Flagged[f.Side]++
				} else {
					t.Counterparts[f.Side]++
				}
				if f.Decision != "" {
					t.Examined[f.Side]++
				}
				if f.Decision == "set_aside" {
					t.SetAsideCount[f.Side]++
				}
			}
		}
		v.Counts = append(v.Counts, c)
	}
}

// view is a finding for an actor. Interviewers with few interviews, and cells of
// buildings and hours, would tell what a handful of people answered.
func (s *Service) view(who authz.Actor, f qualitydb.Finding, r field.Round) Finding {
	o := authz.Object{Area: f.Committee}
	rules := r.Rules.QualityRules()
	out := Finding{Finding: f, DeniedToVerify: rules.DeniedToVerify, DeniedToSetAside: rules.DeniedToSetAside}
	out.MayDecide = authz.May(who, authz.QualityDecide, o) && f.Decision != "set_aside"
	confirmed := f.Decision == "confirmed"
	o.Assessors = []string{f.ByID}
	out.MaySetAside = confirmed && f.Answers > 0 && authz.May(who, authz.ResponseSetAside, o)
	out.MayAll = out.MaySetAside && f.Kind == quality.Interviewer && f.BackDenied >= rules.DeniedToSetAside
	small := f.N < r.Rules.Suppression.Cell || f.Kind == quality.Building || f.Hour != nil || (f.Day != nil && f.Kind == quality.Committee)
	if small && !authz.May(who, authz.QualitySignals, authz.Object{Area: f.Committee}) {
		out.Masked = true
		out.Building, out.Day, out.Hour, out.Unit = "", nil, nil, ""
		out.N, out.Hits, out.Expected, out.Answers = 0, 0, 0, 0
	}
	// A unit that was only drawn may have one or two withdrawals.
	if f.AuditorOnly && f.Role == "counterpart" {
		out.N, out.Hits, out.Expected, out.P, out.Q = 0, 0, 0, 1, 1
	}
	return out
}

// find loads a finding that the actor may do the action on.
func (s *Service) find(ctx context.Context, q pg.Querier, who authz.Actor, action authz.Action, id string) (qualitydb.Finding, field.Round, error) {
	if authz.ScopeOf(who.Role, action) == authz.Deny {
		return qualitydb.Finding{}, field.Round{}, authz.Check(who, action, authz.Object{})
	}
	f, err := qualitydb.GetFinding(ctx, q, who.District, id)
	if err != nil {
		return f, field.Round{}, app.NotFound(err, "finding")
	}
	o := authz.Object{Area: f.Committee}
	if action == authz.ResponseSetAside {
		o.Assessors = []string{f.ByID}
	}
	if f.AuditorOnly && !authz.May(who, authz.QualitySignals, o) {
		return f, field.Round{}, errs.New(errs.NotFound, "finding.not_found", "there is no such finding, or none that you may see")
	}
	if err := authz.Check(who, action, o); err != nil {
		return f, field.Round{}, err
	}
	r, err := s.round(ctx, q, who.District, f.RoundID)
	if err != nil {
		return f, r, err
	}
	tallies, err := qualitydb.Tallies(ctx, q, who.District, f.RoundID, "")
	one := []qualitydb.Finding{f}
	withTallies(one, tallies)
	return one[0], r, err
}

// Finding shows one finding with its steps.
func (s *Service) Finding(ctx context.Context, who authz.Actor, id string) (out Finding, r field.Round, err error) {
	err = s.Read(ctx, who, authz.QualityRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		var f qualitydb.Finding
		if f, r, err = s.find(ctx, db, who, authz.QualityRead, id); err != nil {
			return err
		}
		out = s.view(who, f, r)
		out.Steps, err = qualitydb.Decisions(ctx, db, who.District, f.ID)
		return err
	})
	return out, r, err
}

// Decisions are what people may decide by hand.
var Decisions = []string{"back_check", "cleared", "confirmed"}

// Decide adds a decision about a finding with its reason. "back_check" sends
// cases of the finding and as many of its counterpart to another person;
// "confirmed" of an interviewer sends all that are left. It returns how many
// cases were sent.
func (s *Service) Decide(ctx context.Context, who authz.Actor, id, decision, reason string) (sent int, err error) {
	if !slices.Contains(Decisions, decision) {
		return 0, errs.New(errs.Invalid, "quality.decision", "choose what to decide").At("decision", decision, "back_check, cleared or confirmed", "choose one")
	}
	if reason, err = reasonOf(reason); err != nil {
		return 0, err
	}
	err = s.WriteSerializable(ctx, who, authz.QualityDecide, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		f, r, err := s.find(ctx, tx, who, authz.QualityDecide, id)
		if err != nil {
			return err
		}
		if err := qualitydb.LockRound(ctx, tx, who.District, r.ID); err != nil {
			return err
		}
		if f.Decision == "set_aside" {
			return errs.New(errs.Closed, "quality.ended", "the answers of this finding were set aside; nothing more is decided about it")
		}
		sent = 0
		switch {
		case decision == "back_check":
			sent, err = s.sendPair(ctx, tx, who, f, r)
		case decision == "confirmed" && f.Kind == quality.Interviewer && f.Role == "finding":
			if sent, err = s.verifyAll(ctx, tx, who, f.Evaluator, f.ID, r); errors.Is(err, errEnded) {
				err = nil // nobody is asked any more; the decision stands
			}
		}
		if err != nil {
			return err
		}
		tx.Record("finding", f.ID, f.Committee, map[string]any{"decision": decision, "detector": string(f.Detector), "side": string(f.Side), "sent": sent})
		return qualitydb.AddDecision(ctx, tx, who.District, f.ID, decision, reason, sent, who.AccountID, tx.Now)
	})
	return sent, err
}

// SetAside excludes the answers that a confirmed finding names, or, with all,
// every answer of its interviewer in the round, once enough residents have said
// that there was no interview. It is done by somebody else than who confirmed.
// The answers stay where they are; later runs leave them out, with the reason.
func (s *Service) SetAside(ctx context.Context, who authz.Actor, id string, all bool, reason string) (n int, err error) {
	if reason, err = reasonOf(reason); err != nil {
		return 0, err
	}
	err = s.WriteSerializable(ctx, who, authz.ResponseSetAside, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		f, r, err := s.find(ctx, tx, who, authz.ResponseSetAside, id)
		if err != nil {
			return err
		}
		if err := qualitydb.LockRound(ctx, tx, who.District, r.ID); err != nil {
			return err
		}
		if f.Decision != "confirmed" {
			return errs.New(errs.NotNow, "quality.not_confirmed", "only a confirmed finding can lead to answers being set aside")
		}
		if q := r.Rules.QualityRules(); all && (f.Kind != quality.Interviewer || f.BackDenied < q.DeniedToSetAside) {
			return errs.New(errs.NotNow, "quality.too_few_denied", "the rule book asks for %d residents who say there was no interview", q.DeniedToSetAside).
				With(map[string]any{"N": q.DeniedToSetAside})
		}
		ground := "interview_fault"
		if f.Kind != quality.Interviewer {
			ground = "coaching"
		}
		if n, err = qualitydb.SetAside(ctx, tx, who.District, f, all, ground, reason, who.AccountID, tx.Now); err != nil {
			return err
		}
		tx.Record("finding", f.ID, f.Committee, map[string]any{"decision": "set_aside", "all": all, "answers": n, "side": string(f.Side)})
		return qualitydb.AddDecision(ctx, tx, who.District, f.ID, "set_aside", reason, n, who.AccountID, tx.Now)
	})
	return n, err
}
