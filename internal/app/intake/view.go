package intake

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"gongping/analytics/fairness"
	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/intakedb"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
	"gongping/survey/frame"
)

// SmallestCell is the least count that a page or an answer of the API shows.
const SmallestCell = 10

// AreaLine is an area with what lies below it.
type AreaLine struct {
	survey.Area
	Children int `json:"children"` // one level below
	Grids    int `json:"grids"`
	Workers  int `json:"workers"`
}

// AreaTree returns the areas of the district in code order, with counts.
// Grids are counted, not listed, unless under is given. With a text only areas
// whose name or code holds it are listed, and those above them.
func (s *Service) AreaTree(ctx context.Context, who authz.Actor, under, text string) (list []AreaLine, err error) {
	err = s.Read(ctx, who, authz.AreaRead, authz.Object{}, func(ctx context.Context, q querier) error {
		areas, err := intakedb.Areas(ctx, q, who.District, who.District)
		if err != nil {
			return err
		}
		workers := map[string]int{}
		if authz.May(who, authz.WorkerRead, authz.Object{}) {
			if workers, err = intakedb.WorkerCounts(ctx, q, who.District, who.Area); err != nil {
				return err
			}
		}
		list = areaLines(areas, workers, under, text)
		return nil
	})
	return list, err
}

func areaLines(areas []survey.Area, workers map[string]int, under, text string) []AreaLine {
	hit := map[string]bool{}
	children, grids, staff := map[string]int{}, map[string]int{}, map[string]int{}
	for _, a := range areas {
		children[a.Parent]++
		for up := a.Code; up != ""; up = survey.ParentOf(up) {
			if a.Level == survey.Grid {
				grids[up]++
			}
			staff[up] += workers[a.Code]
			hit[up] = hit[up] || text == "" || strings.Contains(a.Name, text) || strings.HasPrefix(a.Code, text)
		}
	}
	var list []AreaLine
	for _, a := range areas {
		if under != "" && !survey.Within(a.Code, under) || under == "" && a.Level == survey.Grid || !hit[a.Code] {
			continue
		}
		list = append(list, AreaLine{a, children[a.Code], grids[a.Code], staff[a.Code]})
	}
	return list
}

// WorkerPage is a page of the roster.
type WorkerPage struct {
	Workers           []intakedb.WorkerLine
	Total, Page, Last int
}

// pageSize is how many lines a page of a list has.
const pageSize = 50

// Workers returns a page of the workers of the actor's area.
func (s *Service) Workers(ctx context.Context, who authz.Actor, text string, page int) (w WorkerPage, err error) {
	w.Page = min(max(page, 1), 100_000)
	err = s.Read(ctx, who, authz.WorkerRead, authz.Object{Area: who.Area}, func(ctx context.Context, q querier) error {
		w.Workers, w.Total, err = intakedb.Workers(ctx, q, who.District, who.Area, text, pageSize, (w.Page-1)*pageSize)
		return err
	})
	w.Last = (w.Total + pageSize - 1) / pageSize
	return w, err
}

// FrameLine is a frame in a list.
type FrameLine struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	People     int64      `json:"people"`
	Households int64      `json:"households"`
	ImportedAt time.Time  `json:"imported_at"`
	ImportedBy string     `json:"imported_by,omitempty"`
	File       string     `json:"file"`
	FileDigest string     `json:"file_digest"`
	Digest     string     `json:"digest,omitempty" doc:"Published digest; empty while the frame is open"`
	FrozenAt   *time.Time `json:"frozen_at,omitempty"`
	FrozenBy   string     `json:"frozen_by,omitempty"`
	Reason     string     `json:"reason,omitempty"`
}

func frameLine(f intakedb.Frame) FrameLine {
	return FrameLine{ID: f.ID, Name: f.Name, People: f.People, Households: f.Households, ImportedAt: f.At, ImportedBy: f.By, File: f.File,
		FileDigest: hex.EncodeToString(f.FileDigest), Digest: hex.EncodeToString(f.Digest), FrozenAt: f.FrozenAt, FrozenBy: f.FrozenBy, Reason: f.Reason}
}

// Frames lists the frames that hold somebody of the actor's area.
func (s *Service) Frames(ctx context.Context, who authz.Actor) (list []FrameLine, err error) {
	err = s.Read(ctx, who, authz.FrameRead, authz.Object{Area: who.Area}, func(ctx context.Context, q querier) error {
		frames, err := intakedb.Frames(ctx, q, who.District, who.Area)
		for _, f := range frames {
			list = append(list, frameLine(f))
		}
		return err
	})
	return list, err
}

// CommitteeLine is what a frame holds of a committee. A count that is nil is
// too small to be shown, or would tell one that is.
type CommitteeLine struct {
	Code       string `json:"code"`
	Name       string `json:"name"`
	Street     string `json:"street"`
	People     *int   `json:"people"`
	Households *int   `json:"households"`
	NoContact  *int   `json:"no_contact"`
	Inactive   *int   `json:"inactive"`
}

// FrameDetail is a frame with its audit. Of an open frame the audit is made
// without a census and without the comparison with the frame before, which
// both come with the freeze.
type FrameDetail struct {
	FrameLine
	Audit      *Audit          `json:"audit"`
	Committees []CommitteeLine `json:"committees"`
	// Mine tells whether the whole frame lies within the actor's area.
	Mine bool `json:"mine"`
	// RuleBooks are those whose limits a freeze may take, id and title.
	RuleBooks [][2]string `json:"rule_books,omitempty"`
}

// Frame returns a frame with the counts of the actor's area. Who sees only a
// part of the district sees the counts of that part, and not the audit of the
// whole.
func (s *Service) Frame(ctx context.Context, who authz.Actor, id string) (d FrameDetail, err error) {
	err = s.Read(ctx, who, authz.FrameRead, authz.Object{Area: who.Area}, func(ctx context.Context, q querier) error {
		f, err := intakedb.GetFrame(ctx, q, who.District, id)
		if err != nil {
			return app.NotFound(err, "frame")
		}
		committees, err := intakedb.Committees(ctx, q, who.District, id, who.Area)
		if err != nil {
			return err
		}
		if len(committees) == 0 {
			return errs.New(errs.NotFound, "frame.not_found", "there is no such frame, or none that you may see")
		}
		elsewhere, err := intakedb.Elsewhere(ctx, q, who.District, id, who.Area)
		if err != nil {
			return err
		}
		d = FrameDetail{FrameLine: frameLine(f), Committees: committeeLines(committees), Mine: !elsewhere}
		switch {
		case elsewhere:
			return nil
		case f.Frozen():
			d.Audit = &Audit{}
			if err := json.Unmarshal(f.Audit, d.Audit); err != nil {
				return err
			}
		default:
			d.Audit = openAudit(committees, noteOf(f))
			books, err := rounddb.RuleBooks.List(ctx, q, who.District)
			if err != nil {
				return err
			}
			for _, b := range books {
				d.RuleBooks = append(d.RuleBooks, [2]string{b.ID, b.Title})
			}
		}
		d.Audit.suppress()
		return nil
	})
	return d, err
}

// openAudit is the audit of a frame that is not frozen yet, from its counts.
func openAudit(committees []intakedb.CommitteeCount, n importNote) *Audit {
	a := &Audit{Tally: &frame.AuditTally{}, Limits: Limits, Deviations: []Deviation{}}
	for _, c := range committees {
		a.Tally.Persons += c.People
		a.Tally.NoContact += c.NoContact
		a.Tally.Moved += c.Inactive
	}
	a.Tally.NearDuplicate = n.Alike
	for _, d := range Limits.Deviations(&frame.Findings{Tally: *a.Tally}) {
		a.Deviations = append(a.Deviations, Deviation{d.Key[len("audit."):], d.Where, d.Found, d.Want, d.Hint})
	}
	return a
}

// committeeLines hides small counts and the next smallest where a total would
// give the small one away.
func committeeLines(list []intakedb.CommitteeCount) []CommitteeLine {
	out := make([]CommitteeLine, len(list))
	columns := []func(*intakedb.CommitteeCount, *CommitteeLine) (int, **int){
		func(c *intakedb.CommitteeCount, l *CommitteeLine) (int, **int) { return c.People, &l.People },
		func(c *intakedb.CommitteeCount, l *CommitteeLine) (int, **int) { return c.Households, &l.Households },
		func(c *intakedb.CommitteeCount, l *CommitteeLine) (int, **int) { return c.NoContact, &l.NoContact },
		func(c *intakedb.CommitteeCount, l *CommitteeLine) (int, **int) { return c.Inactive, &l.Inactive },
	}
	for _, column := range columns {
		n := make([]int, len(list))
		for i := range list {
			n[i], _ = column(&list[i], &out[i])
		}
		hidden := fairness.Suppress(fairness.Table{Count: [][]int{n}, Minimum: SmallestCell, RowTotals: true}).Cell[0]
		for i := range list {
			out[i].Code, out[i].Name, out[i].Street = list[i].Code, list[i].Name, list[i].Street
			if _, to := column(&list[i], &out[i]); hidden[i] == fairness.Shown {
				*to = &n[i]
			}
		}
	}
	return out
}

// suppress takes small census cells out of an audit that is to be shown. The
// stored one keeps them.
func (a *Audit) suppress() {
	if t := a.Tally; t != nil {
		a.Tally, a.Counts = nil, map[string]*int{}
		for key, n := range map[string]int{"persons": t.Persons, "no_contact": t.NoContact, "no_phone": t.NoPhone,
			"inactive": t.Moved + t.Deceased, "unknown_sex": t.UnknownSex, "near_duplicate": t.NearDuplicate} {
			if a.Counts[key] = nil; n == 0 || n >= SmallestCell {
				a.Counts[key] = &n
			}
		}
	}
	kept := a.Coverage[:0]
	for _, c := range a.Coverage {
		if c.Frame >= SmallestCell && c.Census >= SmallestCell {
			kept = append(kept, c)
		}
	}
	a.Coverage = kept
	if a.Second != nil {
		for code, p := range a.Second.ByCommittee {
			if p.Both < SmallestCell || p.OnlyFrame < SmallestCell || p.OnlySecond < SmallestCell {
				delete(a.Second.ByCommittee, code)
			}
		}
	}
	if a.Change != nil {
		for code, n := range a.Change.RemovedByCommittee {
			if n < SmallestCell {
				delete(a.Change.RemovedByCommittee, code)
			}
		}
	}
}

// Figures is what has been imported for a round besides the survey.
type Figures struct {
	Round      survey.Round
	Indicators []intakedb.FigureCount
	Ratings    []intakedb.FigureCount
	Imports    []intakedb.Batch
}

// Figures returns the state of a round's indicators and ratings.
func (s *Service) Figures(ctx context.Context, who authz.Actor, round string) (f Figures, err error) {
	err = s.Read(ctx, who, authz.IndicatorImport, authz.Object{}, func(ctx context.Context, q querier) error {
		if f.Round, err = rounddb.Get(ctx, q, who.District, round); err != nil {
			return app.NotFound(err, "round")
		}
		if err := authz.Check(who, authz.IndicatorImport, authz.Object{Area: f.Round.AreaCode}); err != nil {
			return err
		}
		if f.Indicators, err = intakedb.IndicatorCounts(ctx, q, who.District, round); err != nil {
			return err
		}
		if f.Ratings, err = intakedb.RatingCounts(ctx, q, who.District, round); err != nil {
			return err
		}
		for _, k := range []Kind{Indicators, Ratings, Records, Tickets} {
			list, err := intakedb.Batches(ctx, q, who.District, string(k), round, 20)
			if err != nil {
				return err
			}
			f.Imports = append(f.Imports, list...)
		}
		return nil
	})
	return f, err
}
