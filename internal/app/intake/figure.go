package intake

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/intakedb"
	"gongping/internal/pg/rounddb"
	"gongping/internal/tabular"
	"gongping/internal/tabular/layout"
	"gongping/scoring/composite"
	"gongping/survey"
	"gongping/survey/frame"
)

// ground is what figures of a round are checked against.
type ground struct {
	round survey.Round
	tree  *frame.Tree
	book  *composite.RuleBook
	seen  map[string]int // key of a row → row number
}

func loadGround(ctx context.Context, q querier, who authz.Actor, p *Preview) (*ground, error) {
	r, err := rounddb.Get(ctx, q, who.District, p.Round)
	if err != nil {
		return nil, app.NotFound(err, "round")
	}
	if err := authz.Check(who, p.Kind.action(), authz.Object{Area: r.AreaCode}); err != nil {
		return nil, err
	}
	if r.State == survey.Cancelled {
		return nil, errs.New(errs.Closed, "intake.round_cancelled", "the round is cancelled")
	}
	tree, err := loadTree(ctx, q, who.District)
	if err != nil {
		return nil, err
	}
	doc, err := rounddb.RuleBooks.Get(ctx, q, who.District, r.RuleBookID, r.RuleBookVersion)
	if err != nil {
		return nil, err
	}
	book, err := composite.DecodeRuleBook(doc.Body)
	if err != nil {
		return nil, err
	}
	return &ground{r, tree, book, map[string]int{}}, nil
}

// check looks at what figures have in common: an area of the round, and no row
// twice.
func (g *ground) check(p *Preview, r *tabular.Row, area, key string) bool {
	if !survey.Within(area, g.round.AreaCode) || !g.tree.Has(area) {
		p.fault(r.Fault("area", "intake.not_in_round", "the area is not one of the round", area,
			"an area whose code begins with "+g.round.AreaCode, "correct the code, or import the area first"))
		return false
	}
	if other, twice := g.seen[key]; twice {
		p.fault(r.Fault("area", "intake.row_twice", "two rows say the same", area, "one row", fmt.Sprintf("the other one is row %d", other)))
		return false
	}
	g.seen[key] = r.Number
	return true
}

// leaves returns the leaves of a source in the rule book's tree.
func leaves(nodes []composite.Node, source composite.Source) (out []composite.Node) {
	for _, n := range nodes {
		if n.Source == source {
			out = append(out, n)
		}
		out = append(out, leaves(n.Children, source)...)
	}
	return out
}

// indicatorTable is the checked table of indicators.
type indicatorTable struct {
	round string
	area  string
	rows  []layout.Figure
}

func readIndicators(ctx context.Context, q querier, who authz.Actor, src Source, p *Preview, prog Progress) (table, error) {
	g, err := loadGround(ctx, q, who, p)
	if err != nil {
		return nil, err
	}
	t := &indicatorTable{round: g.round.ID, area: g.round.AreaCode}
	used, strange := map[string]bool{}, map[string]bool{}
	for _, n := range leaves(g.book.Tree, composite.Records) {
		used[n.ID] = true
	}
	committees := map[string]bool{}
	ok, err := scan(ctx, src, &layout.Indicators, tabular.Limits{Rows: smallRows}, p, prog, func(r *tabular.Row) {
		f := layout.Indicator(r)
		if f.Denominator <= 0 {
			p.fault(r.Fault("denominator", "intake.denominator", "the denominator must be positive", r.Get("denominator"), "more than 0",
				"leave the row out where the committee had no cases"))
			return
		}
		if f.Numerator < 0 {
			p.fault(r.Fault("numerator", "intake.numerator", "the numerator cannot be negative", r.Get("numerator"), "0 or more", "correct the cell"))
			return
		}
		if !g.check(p, r, f.Area, f.Area+"/"+f.Indicator) {
			return
		}
		if f.Numerator > f.Denominator {
			p.warn(r.Fault("numerator", "intake.above_one", "the numerator is greater than the denominator", r.Get("numerator"), "at most "+r.Get("denominator"), "check that the columns are not exchanged"))
		}
		if !used[f.Indicator] && !strange[f.Indicator] {
			strange[f.Indicator] = true
			p.warn(r.Fault("indicator", "intake.not_in_book", "the round's rule book has no such indicator; it is kept and not counted", f.Indicator, "an indicator of the rule book", "correct the name, or leave it"))
		}
		committees[f.Area] = true
		t.rows = append(t.rows, f)
	})
	if err != nil || !ok {
		return nil, err
	}
	p.count("values", len(t.rows))
	p.count("committees", len(committees))
	return t, nil
}

func (t *indicatorTable) store(ctx context.Context, tx *app.Tx, p *Preview, out *Outcome) error {
	if err := insertBatch(ctx, tx, p, out, p.note(t.round)); err != nil {
		return err
	}
	d := out.detail(p)
	d["import"] = out.ImportID
	tx.Record("round", t.round, t.area, d)
	return intakedb.InsertIndicators(ctx, tx, tx.Actor.District, out.ImportID, t.round, t.rows)
}

// ratingTable is the checked table of panel ratings.
type ratingTable struct {
	round, area string
	rows        []layout.Mark
}

func readRatings(ctx context.Context, q querier, who authz.Actor, src Source, p *Preview, prog Progress) (table, error) {
	g, err := loadGround(ctx, q, who, p)
	if err != nil {
		return nil, err
	}
	given, err := intakedb.RatingKeys(ctx, q, who.District, g.round.ID)
	if err != nil {
		return nil, err
	}
	low, high := 0.0, 10.0
	if l := leaves(g.book.Tree, composite.PanelRating); len(l) > 0 {
		low, high = min(l[0].Lowest, l[0].Highest), max(l[0].Lowest, l[0].Highest)
	}
	t := &ratingTable{round: g.round.ID, area: g.round.AreaCode}
	committees, reviewers := map[string]bool{}, map[string]bool{}
	ok, err := scan(ctx, src, &layout.Ratings, tabular.Limits{Rows: smallRows}, p, prog, func(r *tabular.Row) {
		m := layout.Rating(r)
		key := m.Area + "/" + m.Criterion + "/" + m.Reviewer
		if m.Score < low || m.Score > high {
			p.fault(r.Fault("score", "intake.score_range", "the mark is outside the rule book's scale", r.Get("score"), fmt.Sprintf("%g to %g", low, high), "correct the mark"))
			return
		}
		if !g.check(p, r, m.Area, key) {
			return
		}
		if given[key] {
			p.fault(r.Fault("reviewer", "intake.rated", "this reviewer has already rated the committee on this criterion", m.Criterion, "one mark each", "ratings are never changed: remove the row"))
			return
		}
		committees[m.Area], reviewers[m.Reviewer] = true, true
		t.rows = append(t.rows, m)
	})
	if err != nil || !ok {
		return nil, err
	}
	p.count("values", len(t.rows))
	p.count("committees", len(committees))
	p.count("reviewers", len(reviewers))
	return t, nil
}

func (t *ratingTable) store(ctx context.Context, tx *app.Tx, p *Preview, out *Outcome) error {
	if err := insertBatch(ctx, tx, p, out, p.note(t.round)); err != nil {
		return err
	}
	d := out.detail(p)
	d["import"] = out.ImportID
	tx.Record("round", t.round, t.area, d)
	return intakedb.InsertRatings(ctx, tx, tx.Actor.District, t.round, t.rows, app.NewID, tx.Now)
}

// note is the JSON kept with an import.
func note(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("intake: a note does not encode: " + err.Error())
	}
	return string(b)
}

func digestBytes(s string) ([]byte, error) { return hex.DecodeString(s) }
