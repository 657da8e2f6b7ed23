// Package quality holds the use cases that watch the quality of the fieldwork:
// scans by the detectors, the queue of findings with both sides, decisions,
// back-checks by another person, the comparison of interviewers and the balance
// of response. Nothing here changes or removes an answer; what is set aside is
// set aside by a named person through an exclusion with its reason.
package quality

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/qualitydb"
	"gongping/scoring/composite"
	"gongping/survey"
	"gongping/survey/fieldwork"
	"gongping/survey/instrument"
	"gongping/survey/quality"
)

// Service is the room of quality.
type Service struct {
	*app.Core
	Field *field.Service
}

// round loads a round that has, or had, fieldwork.
func (s *Service) round(ctx context.Context, q pg.Querier, district, id string) (field.Round, error) {
	return s.Field.RoundByID(ctx, q, district, id)
}

// areaOf is the area that is looked at: "" is the actor's own.
func areaOf(who authz.Actor, area string) (string, error) {
	if area == "" {
		area = who.Area
	}
	if !survey.Within(area, who.District) {
		return "", errs.New(errs.NotFound, "field.area", "there is no such area, or none that you may see")
	}
	return area, nil
}

// rulesOf turns the rule book's rules into those of the detectors.
func rulesOf(b *composite.RuleBook) quality.Rules {
	q, r := b.QualityRules(), quality.DefaultRules()
	r.Alpha, r.ReadAloud, r.ReadSilent, r.MatchShare = q.Alpha, q.ReadAloud, q.ReadSilent, q.MatchShare
	r.FastShare, r.NightShare, r.FarShare, r.FarMetres = q.FastShare, q.NightShare, q.FarShare, q.FarMetres
	r.FirstHour, r.LastHour, r.Least = q.FirstHour, q.LastHour, b.Suppression.Cell
	r.RouteSeconds, r.ItemTime, r.StraightItems, r.Cell = int64(q.RouteSeconds), q.ItemTime, q.StraightItems, q.CellAnswers
	r.RoundShare, r.CommonShare, r.PhraseMatch = q.RoundShare, q.CommonShare, q.PhraseMatch
	return r
}

// Scan runs the detectors over a round and stores what is new: findings, their
// counterparts on the other side, and what was seen of those known before; then
// it hands out what is to be asked again (askAgain). It
// returns how many findings are new to who asks: those from residents' signals
// and withdrawals are counted for auditors only, because a supervisor who is told
// of one more finding than the queue shows would know that somebody spoke.
func (s *Service) Scan(ctx context.Context, who authz.Actor, roundID string) (fresh int, err error) {
	seed, err := newSeed()
	if err != nil {
		return 0, err
	}
	err = s.Write(ctx, who, authz.QualityScan, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		r, err := s.round(ctx, tx, who.District, roundID)
		if err != nil {
			return err
		}
		if err := qualitydb.LockRound(ctx, tx, who.District, r.ID); err != nil {
			return err
		}
		d, err := s.load(ctx, tx, who.District, r)
		if err != nil {
			return err
		}
		rules := rulesOf(r.Rules)
		rep := quality.Scan(d, rules)
		scan := qualitydb.Scan{ID: app.NewID(), RoundID: r.ID, Summaries: rep.Summaries, Responses: len(d.Responses) + len(d.Withdrawn), Seed: seed, At: tx.Now}
		if err := qualitydb.InsertScan(ctx, tx, who.District, scan, rules, s.CodeVersion, who.AccountID); err != nil {
			return err
		}
		all, hidden, err := store(ctx, tx, who.District, r.ID, scan, rep, workplaces(d))
		if fresh = all; !authz.May(who, authz.QualitySignals, authz.Object{Area: who.Area}) {
			fresh -= hidden
		}
		if err != nil {
			return err
		}
		sent, err := s.askAgain(ctx, tx, r)
		if n := sent.random + sent.suspects + sent.all; n > 0 {
			tx.RecordAs(authz.BackCheckDraw, "round", r.ID, r.AreaCode, map[string]any{"scan": scan.ID, "backchecks": n})
		}
		tx.Record("round", r.ID, r.AreaCode, map[string]any{"scan": scan.ID, "answers": scan.Responses, "new_findings": all})
		return err
	})
	return fresh, err
}

func newSeed() (string, error) {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return hex.EncodeToString(b), nil
}

// store writes findings that are not known yet, their counterparts, and a
// sighting of everything known. It returns how many findings are new, and how
// many of them are for auditors only.
func store(ctx context.Context, tx pg.Querier, district, round string, scan qualitydb.Scan, rep *quality.Report, places map[string]string) (fresh, hidden int, err error) {
	known, err := qualitydb.Known(ctx, tx, district, round)
	if err != nil {
		return 0, 0, err
	}
	key := func(t quality.Test) string { return string(t.Detector) + "/" + t.Unit }
	var add []qualitydb.NewFinding
	insert := func(t quality.Test, role, pair string) string {
		id := app.NewID()
		if t.Kind == quality.Interviewer {
			t.Committee = places[t.Unit]
		}
		known[key(t)] = id
		add = append(add, qualitydb.NewFinding{ID: id, Role: role, PairOf: pair, Test: t})
		return id
	}
	for _, t := range rep.Flagged() {
		if known[key(t)] == "" {
			insert(t, "finding", "")
			if fresh++; t.Detector.AuditorsOnly() {
				hidden++
			}
		}
	}
	isNew := make(map[string]bool, len(add))
	for _, f := range add {
		isNew[f.ID] = true
	}
	for _, m := range quality.Pair(rep, scan.Seed) {
		id := known[key(rep.Tests[m.Finding])]
		if m.Counterpart < 0 || !isNew[id] {
			continue
		}
		if t := rep.Tests[m.Counterpart]; known[key(t)] == "" {
			insert(t, "counterpart", id)
		}
	}
	if err := qualitydb.InsertFindings(ctx, tx, district, round, scan.ID, add); err != nil {
		return 0, 0, err
	}
	var seen []qualitydb.Sighting
	for _, t := range rep.Tests {
		if id := known[key(t)]; id != "" {
			seen = append(seen, qualitydb.Sighting{FindingID: id, Test: t})
		}
	}
	return fresh, hidden, qualitydb.InsertSightings(ctx, tx, district, scan.ID, seen)
}

// workplaces gives the smallest area that holds all committees an interviewer
// worked in: who watches a smaller one does not see findings about them.
func workplaces(d *quality.Data) map[string]string {
	out := map[string]string{}
	add := func(who, committee string) {
		if who == "" {
			return
		}
		at, ok := out[who]
		if !ok {
			out[who] = committee
			return
		}
		for !survey.Within(committee, at) && at != "" {
			at = survey.ParentOf(at)
		}
		out[who] = at
	}
	for _, list := range [][]quality.Response{d.Responses, d.Withdrawn} {
		for i := range list {
			add(list[i].Interviewer, list[i].Committee)
		}
	}
	for i := range d.Attempts {
		add(d.Attempts[i].Interviewer, d.Attempts[i].Committee)
	}
	return out
}

// load reads a round as the detectors see it. Comments are opened for the
// comparison of sentences and go no further.
func (s *Service) load(ctx context.Context, db pg.Querier, district string, r field.Round) (*quality.Data, error) {
	d := &quality.Data{}
	var graded, numbers []string
	for _, it := range r.Questionnaire.Items {
		switch it.Kind {
		case instrument.Grade5:
			graded = append(graded, it.ID)
			d.Characters = append(d.Characters, utf8.RuneCountInString(it.Text.In("zh")))
		case instrument.Number:
			numbers = append(numbers, it.ID)
		}
	}
	list, err := qualitydb.Responses(ctx, db, district, r.ID, "")
	if err != nil {
		return nil, err
	}
	comments, err := s.comments(ctx, db, district, r.ID)
	if err != nil {
		return nil, err
	}
	signals, err := qualitydb.Signals(ctx, db, district, r.ID)
	if err != nil {
		return nil, err
	}
	withdrawn, err := qualitydb.Withdrawals(ctx, db, district, r.ID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		x := &list[i]
		if withdrawn[x.ID] {
			d.Withdrawn = append(d.Withdrawn, responseOf(x, graded, numbers))
		}
		if x.Excluded {
			continue
		}
		y := responseOf(x, graded, numbers)
		y.Comment, y.Signalled = comments[x.ID], signals[x.ID]
		d.Responses = append(d.Responses, y)
	}
	tries, err := qualitydb.Attempts(ctx, db, district, r.ID)
	if err != nil {
		return nil, err
	}
	for _, a := range tries {
		at := a.At.In(fieldwork.Zone)
		d.Attempts = append(d.Attempts, quality.Attempt{Interviewer: a.Evaluator, Committee: a.Committee, Building: a.Building,
			Door: a.Mode == string(fieldwork.Door), At: a.At.Unix(), Minute: at.Hour()*60 + at.Minute(), Where: reading(a.DistanceM, a.AccuracyM)})
	}
	d.Earlier, err = qualitydb.Earlier(ctx, db, district, r.ID, graded)
	return d, err
}

func responseOf(x *qualitydb.Response, graded, numbers []string) quality.Response {
	y := quality.Response{ID: x.ID, Interviewer: x.Evaluator, Committee: x.Committee, Building: x.Building, Mode: x.Mode,
		Day: int(x.Day.Unix() / 86400), Hour: -1, Seconds: x.Paradata.Seconds, Where: reading(x.Paradata.DistanceM, x.Paradata.AccuracyM), Grades: make([]int8, len(graded))}
	if x.Paradata.Hour != nil {
		y.Hour = *x.Paradata.Hour
	}
	for k, item := range graded {
		if v := x.Answers[item]; len(v) == 1 && v[0] >= '1' && v[0] <= '5' {
			y.Grades[k] = int8(v[0] - '0')
		}
		if sec, ok := x.Paradata.PerItem[item]; ok {
			if y.PerItem == nil {
				y.PerItem = make([]float64, len(graded))
			}
			y.PerItem[k] = sec
		}
	}
	for _, item := range numbers {
		if v, ok := number(x.Answers[item]); ok {
			y.Numbers = append(y.Numbers, v)
		}
	}
	return y
}

// reading is what a phone said about its place; without a radius of its error
// it says nothing.
func reading(distance, accuracy *float64) *quality.Reading {
	if distance == nil || accuracy == nil {
		return nil
	}
	return &quality.Reading{Distance: *distance, Accuracy: *accuracy}
}

func (s *Service) comments(ctx context.Context, db pg.Querier, district, round string) (map[string]string, error) {
	list, err := qualitydb.Comments(ctx, db, district, round)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(list))
	for _, c := range list {
		plain, err := s.Seal.Open(c.Sealed, field.CommentLabel(c.ResponseID, c.Item))
		if err != nil {
			return nil, err
		}
		out[c.ResponseID] += string(plain)
	}
	return out, nil
}

// Keep scans every round that is being collected and has new answers, or was not
// scanned for a day, from time to time until ctx ends.
func (s *Service) Keep(ctx context.Context, district string, every time.Duration) {
	app.Every(ctx, every, func() {
		if err := s.ScanChanged(ctx, district); err != nil && ctx.Err() == nil {
			s.Log.Warn("fieldwork not scanned", "error", err)
		}
	})
}

// ScanChanged scans the rounds that have new answers since their latest scan, or
// were scanned a day ago: withdrawals bring no answer, and a scan that followed
// each of them would tell of it.
func (s *Service) ScanChanged(ctx context.Context, district string) error {
	who := authz.SystemActor(district)
	var rounds []string
	err := s.Read(ctx, who, authz.QualityRead, authz.Object{}, func(ctx context.Context, db pg.Querier) (err error) {
		rounds, err = qualitydb.Changed(ctx, db, district, s.Clock.Now())
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range rounds {
		if _, err := s.Scan(ctx, who, id); err != nil {
			return err
		}
	}
	return nil
}

func reasonOf(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 4 || n > 500 {
		return "", errs.New(errs.Invalid, "quality.reason", "give a reason of 4 to 500 characters").At("reason", reason, "4 to 500 characters", "write what you looked at and what you found")
	}
	return reason, nil
}
