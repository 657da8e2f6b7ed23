package field

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/survey/fieldwork"
	"gongping/survey/instrument"
)

// printMax is how many forms are printed at once.
const printMax = 50

// PaperStep is what a form waits for.
type PaperStep string

// The steps of a form.
const (
	PaperFirst    PaperStep = "first"    // the first person's entry
	PaperSecond   PaperStep = "second"   // another person's
	PaperDecision PaperStep = "decision" // a third person's: the two differ
	PaperAgreed   PaperStep = "agreed"   // to be counted
	PaperCounted  PaperStep = "counted"
	PaperTaken    PaperStep = "taken" // the case was answered in another way
)

// PrintForms books forms for cases of a committee without an answer and returns
// their codes. A case has one form for ever. After the end of a round only cases
// of a batch that follows it have forms, until its last day.
func (s *Service) PrintForms(ctx context.Context, who authz.Actor, round, committee string, n int) (r Round, codes []string, err error) {
	if n < 1 || n > printMax {
		return r, nil, errs.New(errs.Invalid, "paper.number", "between 1 and %d forms are printed at once", printMax).With(map[string]any{"Max": printMax})
	}
	err = s.Write(ctx, who, authz.PaperPrint, authz.Object{Area: committee}, func(ctx context.Context, tx *app.Tx) error {
		if r, err = s.roundByID(ctx, tx, who.District, round); err != nil {
			return err
		}
		draws, err := printable(r.RoundState, tx.Now)
		if err != nil {
			return err
		}
		cases, err := fielddb.OpenCases(ctx, tx, who.District, round, committee, draws, n)
		if err != nil {
			return err
		}
		if len(cases) == 0 {
			return errs.New(errs.NotNow, "paper.no_cases", "no case of this committee waits for an answer without a form")
		}
		for _, id := range cases {
			if err := withCode(func(code string) (bool, error) {
				taken, err := fielddb.InsertPaperForm(ctx, tx, who.District, code, id, round, who.AccountID, tx.Now)
				if err == nil && !taken {
					codes = append(codes, code)
				}
				return taken, err
			}); err != nil {
				return err
			}
		}
		tx.Record("round", round, committee, map[string]any{"printed": len(codes)})
		return nil
	})
	return r, codes, err
}

// printable tells of which draws forms are printed now: of all (nil) while the
// round is collected; of the late batches that are still open once it is closed.
func printable(r fielddb.RoundState, now time.Time) (draws []string, err error) {
	if err = checkOpen(r, now); err == nil {
		return nil, nil
	}
	for id := range r.Late {
		if openFor(r, id, now) == nil {
			draws = append(draws, id)
		}
	}
	if len(draws) == 0 {
		return nil, err
	}
	slices.Sort(draws)
	return draws, nil
}

// paperID is the id that the answer of a form has: a keyed hash of its code in
// the form of a random id.
func (s *Service) paperID(district, code string) string {
	m := hmac.New(sha256.New, s.Seal.Derive("paper"))
	m.Write([]byte(district + "/" + code))
	var id uuid.UUID
	copy(id[:], m.Sum(nil))
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

// PaperLine is a form on the list.
type PaperLine struct {
	fielddb.PaperForm
	Step PaperStep // first, second, counted or taken; decision stands for two entries
}

// PaperForms lists the forms of a round.
func (s *Service) PaperForms(ctx context.Context, who authz.Actor, round string) (r Round, list []PaperLine, err error) {
	err = s.Read(ctx, who, authz.PaperEnter, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		if r, err = s.roundByID(ctx, db, who.District, round); err != nil {
			return err
		}
		forms, err := fielddb.PaperForms(ctx, db, who.District, round, who.Area)
		if err != nil {
			return err
		}
		ids := make([]string, len(forms))
		for i, f := range forms {
			ids[i] = s.paperID(who.District, f.Code)
		}
		stored, err := fielddb.Stored(ctx, db, who.District, ids)
		for i, f := range forms {
			list = append(list, PaperLine{f, stepOf(f, stored[ids[i]])})
		}
		return err
	})
	return r, list, err
}

// stepOf is the step of a form as far as the number of its entries tells.
func stepOf(f fielddb.PaperForm, counted bool) PaperStep {
	switch {
	case counted:
		return PaperCounted
	case f.Complete:
		return PaperTaken
	case len(f.Kinds) == 0:
		return PaperFirst
	case len(f.Kinds) == 1:
		return PaperSecond
	}
	return PaperDecision
}

// PaperPlaces lists the committees of a round that have cases without answer
// and form, as code and name; none where the round takes no answers.
func (s *Service) PaperPlaces(ctx context.Context, who authz.Actor, round string) (list [][2]string, err error) {
	err = s.Read(ctx, who, authz.PaperPrint, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		r, err := s.roundByID(ctx, db, who.District, round)
		if err != nil {
			return err
		}
		draws, closed := printable(r.RoundState, s.Clock.Now())
		if closed != nil {
			return nil
		}
		list, err = fielddb.PaperPlaces(ctx, db, who.District, round, who.Area, draws)
		return err
	})
	return list, err
}

// PaperView is a form as the person at it sees it. Entries are shown only where
// a third person has to decide between them: whoever types must not be led.
type PaperView struct {
	Form    fielddb.PaperForm
	Round   Round
	Step    PaperStep
	Mine    bool // the person has made an entry already
	First   instrument.Answers
	Second  instrument.Answers
	Differ  []string // items
	Receipt string   // when counted
}

func paperLabel(code, kind string) string { return "paper/" + code + "/" + kind }

func errNoForm() error {
	return errs.New(errs.NotFound, "paper.unknown", "no printed form has this code; check the digits")
}

// Paper opens a form by its code.
func (s *Service) Paper(ctx context.Context, who authz.Actor, typed string) (v PaperView, err error) {
	code, ok := fieldwork.ParseCode(typed)
	if !ok {
		return v, errs.New(errs.Invalid, "paper.mistyped", "the code is mistyped").At("code", typed, "the ten digits at the top of the form", "compare with the form")
	}
	err = s.Read(ctx, who, authz.PaperEnter, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		v, err = s.paper(ctx, db, who, code)
		return err
	})
	return v, err
}

func (s *Service) paper(ctx context.Context, q pg.Querier, who authz.Actor, code string) (v PaperView, err error) {
	if v.Form, err = fielddb.GetPaperForm(ctx, q, who.District, code); pg.NoRows(err) {
		return v, errNoForm()
	} else if err != nil {
		return v, err
	}
	if authz.Check(who, authz.PaperEnter, authz.Object{Area: v.Form.Committee}) != nil {
		return v, errNoForm()
	}
	if v.Round, err = s.roundByID(ctx, q, who.District, v.Form.RoundID); err != nil {
		return v, err
	}
	entries, err := fielddb.PaperEntries(ctx, q, who.District, code)
	if err != nil {
		return v, err
	}
	read := map[string]instrument.Answers{}
	for _, e := range entries {
		v.Mine = v.Mine || e.By == who.AccountID
		plain, err := s.Seal.Open(e.Sealed, paperLabel(code, e.Kind))
		if err != nil {
			return v, err
		}
		a := instrument.Answers{}
		if err := json.Unmarshal(plain, &a); err != nil {
			return v, err
		}
		read[e.Kind] = a
	}
	v.Differ = differ(read["first"], read["second"])
	id := s.paperID(who.District, code)
	stored, err := fielddb.Stored(ctx, q, who.District, []string{id})
	if err != nil {
		return v, err
	}
	v.Step = paperStep(v.Form, read, len(v.Differ) == 0, stored[id])
	switch {
	case v.Step == PaperCounted:
		v.Receipt = s.receipt(id)
	case v.Step == PaperDecision && !v.Mine:
		v.First, v.Second = read["first"], read["second"]
	}
	return v, nil
}

func paperStep(f fielddb.PaperForm, read map[string]instrument.Answers, agree, counted bool) PaperStep {
	switch {
	case counted:
		return PaperCounted
	case f.Complete:
		return PaperTaken
	case read["first"] == nil:
		return PaperFirst
	case read["second"] == nil:
		return PaperSecond
	case !agree && read["decision"] == nil:
		return PaperDecision
	}
	return PaperAgreed
}

// differ lists the items in which two entries are not the same.
func differ(a, b instrument.Answers) (items []string) {
	all := maps.Clone(a)
	if all == nil {
		all = instrument.Answers{}
	}
	maps.Copy(all, b)
	for item := range all {
		if a[item] != b[item] {
			items = append(items, item)
		}
	}
	slices.Sort(items)
	return items
}

// EnterPaper takes what one person read from a form: as the first entry, the
// second, or the decision between them. When two agree, or a third has decided,
// the answer is counted, once.
func (s *Service) EnterPaper(ctx context.Context, who authz.Actor, typed string, answers instrument.Answers) (v PaperView, err error) {
	code, ok := fieldwork.ParseCode(typed)
	if !ok {
		return v, errNoForm()
	}
	err = s.Write(ctx, who, authz.PaperEnter, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		if v, err = s.paper(ctx, tx, who, code); err != nil {
			return err
		}
		tx.Record("round", v.Form.RoundID, v.Form.Committee, map[string]any{"paper": string(v.Step)})
		if v.Step == PaperAgreed || v.Step == PaperCounted || v.Step == PaperTaken {
			return nil
		}
		if v.Mine {
			return errs.New(errs.Barred, "paper.same_person", "you have entered this form already; another person must read it")
		}
		if err := openFor(v.Round.RoundState, v.Form.DrawID, tx.Now); err != nil {
			return err
		}
		answers = trimmed(answers)
		if err := v.Round.Questionnaire.CheckAnswers(answers); err != nil {
			return err
		}
		plain, err := json.Marshal(answers)
		if err != nil {
			return err
		}
		taken, err := fielddb.InsertPaperEntry(ctx, tx, who.District, code, fielddb.PaperEntry{Kind: string(v.Step), By: who.AccountID,
			Sealed: s.Seal.Seal(plain, paperLabel(code, string(v.Step)))}, tx.Now)
		if err == nil && taken {
			return errs.New(errs.Conflict, "paper.raced", "somebody else has just entered this form; open it again")
		}
		return err
	})
	if err != nil {
		return v, err
	}
	return s.countPaper(ctx, who, code)
}

// countPaper submits what was agreed. The id of the answer was fixed when the
// form was printed, so that any number of tries end in one answer.
func (s *Service) countPaper(ctx context.Context, who authz.Actor, code string) (v PaperView, err error) {
	if v, err = s.Paper(ctx, who, code); err != nil || v.Step != PaperAgreed {
		return v, err
	}
	entries, err := fielddb.PaperEntries(ctx, s.Pool, who.District, code)
	if err != nil {
		return v, err
	}
	last := entries[len(entries)-1]
	plain, err := s.Seal.Open(last.Sealed, paperLabel(code, last.Kind))
	if err != nil {
		return v, err
	}
	sub := Submission{ID: s.paperID(who.District, code), CaseID: v.Form.CaseID, Mode: fieldwork.Paper, Hour: -1, twice: true}
	if err := json.Unmarshal(plain, &sub.Answers); err != nil {
		return v, err
	}
	if _, err := s.take(ctx, authz.SystemActor(who.District), sub); err != nil {
		return v, err
	}
	return s.Paper(ctx, who, code)
}
