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
	Low, High int  // each answer once; −1 where fewer than MinCause and not none
	Causes    []Cause
	// Panels are further answers that only panels of appeals credited to the
	// department, of both signs, and All these with Low and High; −1 where not
	// shown. Files have none.
	Panels, All int
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
	book, err := currentBook(ctx, db, who.District)
	if err != nil {
		return nil, err
	}
	list := periods(rounds, book, lang, false)
	joined, err := worddb.Joined(ctx, db, who.District, code, area)
	if err != nil {
		return nil, err
	}
	list = once(list, joined)
	var whole []Period // of the district, where the card is a street's
	if area != who.District {
		if rounds, err = worddb.Causes(ctx, db, who.District, code, who.District); err != nil {
			return nil, err
		}
		if joined, err = worddb.Joined(ctx, db, who.District, code, who.District); err != nil {
			return nil, err
		}
		whole = once(periods(rounds, book, lang, false), joined)
	}
	for i := range list {
		var around *Period
		if k := slices.IndexFunc(whole, func(p Period) bool { return p.ID == list[i].ID }); k >= 0 {
			around = &whole[k]
		}
		list[i].hide(around)
	}
	said := periods(files, book, lang, true)
	for i := range said {
		said[i].hide(nil)
	}
	return append(list, said...), nil
}

// once puts in how many answers there are of each round, every answer once,
// however many topics it has and whether coders or a panel placed it; rounds of
// which only panels speak join in their place.
func once(list []Period, joined []worddb.Joint) []Period {
	for i := range list {
		list[i].Low, list[i].High = 0, 0
	}
	for _, j := range joined {
		k := slices.IndexFunc(list, func(p Period) bool { return p.ID == j.Round })
		if k < 0 {
			k = len(list)
			list = append(list, Period{ID: j.Round, Title: j.Title, At: j.ClosesOn})
		}
		p := &list[k]
		if j.Sign == scoring.Low {
			p.Low += j.Coders
		} else {
			p.High += j.Coders
		}
		p.Panels += j.Panels
		p.All += j.Coders + j.Panels
	}
	slices.SortStableFunc(list, func(a, b Period) int { return b.At.Compare(a.At) })
	return list
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
	return out
}

// hide takes out counts that are too small, and the next smallest while those
// that are hidden could be worked out from the sum: one alone, or several that make
// less than a cell together. around is the same period of the whole district, nil
// where the period is: what a street's card counts, taken from the district's,
// leaves the other streets, and must not leave a few.
func (p *Period) hide(around *Period) {
	for _, of := range []func(*Cause) *int{func(c *Cause) *int { return &c.Low }, func(c *Cause) *int { return &c.High }} {
		small := make([]bool, len(p.Causes))
		list := make([]*int, len(p.Causes))
		for i := range p.Causes {
			list[i] = of(&p.Causes[i])
			small[i] = few(*list[i]) || around != nil && few(around.of(p.Causes[i].Topic, of)-*list[i])
		}
		withhold(list, small)
	}
	for i := range p.Causes {
		if p.Causes[i].Low < MinCause || p.Causes[i].Committees < minCommittees {
			p.Causes[i].Committees = 0
		}
	}
	rest := Period{Low: p.Low, High: p.High, Panels: p.Panels, All: p.All}
	if around != nil {
		rest = *around
	}
	hidden := false
	for _, n := range [][2]*int{{&p.Low, &rest.Low}, {&p.High, &rest.High}, {&p.Panels, &rest.Panels}} {
		if few(*n[0]) || few(*n[1]-*n[0]) {
			*n[0], hidden = -1, true
		}
	}
	if hidden || few(p.All) || few(rest.All-p.All) { // the whole would give the part away
		p.All = -1
	}
}

// few tells whether a count is of some answers, too few to be shown.
func few(n int) bool { return n > 0 && n < MinCause }

// of is a count of a topic, 0 where the period has none.
func (p *Period) of(topic string, count func(*Cause) *int) int {
	k := slices.IndexFunc(p.Causes, func(c Cause) bool { return c.Topic == topic })
	if k < 0 {
		return 0
	}
	return *count(&p.Causes[k])
}

// withhold puts −1 in place of the counts that are small, and of the next smallest
// while one is hidden alone, or those that are make less than a cell together: of
// two parts that sum to two, each is one.
func withhold(list []*int, small []bool) {
	for {
		hidden, sum, next := 0, 0, -1
		for i, n := range list {
			switch {
			case small[i]:
				hidden, sum = hidden+1, sum+*n
			case *n > 0 && (next < 0 || *n < *list[next]):
				next = i
			}
		}
		if hidden == 0 || hidden > 1 && sum >= MinCause || next < 0 {
			break
		}
		small[next] = true
	}
	for i, n := range list {
		if small[i] {
			*n = -1
		}
	}
}
