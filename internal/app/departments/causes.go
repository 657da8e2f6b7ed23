package departments

import (
	"context"
	"slices"
	"time"

	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/worddb"
	"gongping/scoring"
	"gongping/scoring/qualitative"
)

// MinCause is the fewest answers behind a shown cause.
const MinCause = 5

// minCommittees is how many committees must be behind a cause for their number
// to be shown: one or two would point at them.
const minCommittees = 3

// Cause is how many answers of a round (or comments of a file) have a cause
// that two coders placed with the department.
type Cause struct {
	Topic, Name string
	Low, High   int // blamed, praised; −1 where fewer than MinCause and not none
	Committees  int // with such an answer; 0 where not shown
}

// Period is a round, or an imported file, with the department's causes in it.
type Period struct {
	ID, Title string
	At        time.Time
	File      bool // comments of a file: they enter no score
	Low, High int  // −1 where fewer than MinCause and not none
	Causes    []Cause
}

// causes counts what was placed with a department, newest first. A department
// and a leader see the sum over the district or the leader's area, never a
// committee.
func causes(ctx context.Context, db pg.Querier, who authz.Actor, code, lang string) ([]Period, error) {
	area := who.Area
	if who.Role != authz.Leader {
		area = who.District
	}
	rounds, err := worddb.Causes(ctx, db, who.District, code, area)
	if err != nil {
		return nil, err
	}
	files, err := worddb.Said(ctx, db, who.District, code)
	if err != nil {
		return nil, err
	}
	if len(rounds)+len(files) == 0 {
		return nil, nil
	}
	book, err := currentBook(ctx, db, who.District)
	if err != nil {
		return nil, err
	}
	return append(periods(rounds, book, lang, false), periods(files, book, lang, true)...), nil
}

func currentBook(ctx context.Context, db pg.Querier, district string) (*qualitative.Codebook, error) {
	v, err := worddb.CurrentCodebook(ctx, db, district)
	if pg.NoRows(err) {
		b := qualitative.Standard()
		return &b, nil
	}
	if err != nil {
		return nil, err
	}
	return qualitative.DecodeCodebook(v.Body)
}

func periods(list []worddb.CauseCount, book *qualitative.Codebook, lang string, file bool) []Period {
	var out []Period
	for _, x := range list {
		k := slices.IndexFunc(out, func(p Period) bool { return p.ID == x.Round })
		if k < 0 {
			k = len(out)
			out = append(out, Period{ID: x.Round, Title: x.Title, At: x.ClosesOn, File: file})
		}
		p := &out[k]
		c := slices.IndexFunc(p.Causes, func(c Cause) bool { return c.Topic == x.Topic })
		if c < 0 {
			c = len(p.Causes)
			name := book.Path(x.Topic, lang)
			if name == "" {
				name = x.Topic
			}
			p.Causes = append(p.Causes, Cause{Topic: x.Topic, Name: name})
		}
		if x.Sign == scoring.Low {
			p.Causes[c].Low, p.Low = x.Answers, p.Low+x.Answers
			p.Causes[c].Committees = x.Committees
		} else {
			p.Causes[c].High, p.High = x.Answers, p.High+x.Answers
		}
	}
	for i := range out {
		out[i].hide()
	}
	return out
}

// hide takes out counts that are too small, and, where the sum would give one
// away, the smallest other.
func (p *Period) hide() {
	for _, of := range []func(*Cause) *int{func(c *Cause) *int { return &c.Low }, func(c *Cause) *int { return &c.High }} {
		hidden, least := 0, (*int)(nil)
		for i := range p.Causes {
			n := of(&p.Causes[i])
			switch {
			case *n > 0 && *n < MinCause:
				*n = -1
				hidden++
			case *n > 0 && (least == nil || *n < *least):
				least = n
			}
		}
		if hidden == 1 && least != nil {
			*least = -1
		}
	}
	for i := range p.Causes {
		if p.Causes[i].Low < MinCause || p.Causes[i].Committees < minCommittees {
			p.Causes[i].Committees = 0
		}
	}
	for _, n := range []*int{&p.Low, &p.High} {
		if *n > 0 && *n < MinCause {
			*n = -1
		}
	}
}
