package records

import (
	"context"
	"slices"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/intakedb"
	"gongping/internal/pg/recorddb"
	"gongping/internal/pg/rounddb"
	"gongping/scoring/composite"
	"gongping/scoring/records"
	"gongping/survey"
)

// Sheet is what the records of a round say within the actor's area.
type Sheet struct {
	Round     survey.Round
	Book      *composite.RuleBook
	Rules     records.Rules
	Figures   []Figure
	Workload  map[string]records.Workload
	Imports   []intakedb.Batch
	Decisions []recorddb.Decision
	Names     map[string]string
	Cutoff    *time.Time // of the tickets
	// Contradictions are rows of a street or the district that cannot be true
	// together with the rows below them.
	Contradictions []records.Contradiction
}

// Sheet returns the records of a round.
func (s *Service) Sheet(ctx context.Context, who authz.Actor, roundID string) (sh Sheet, err error) {
	err = s.Read(ctx, who, authz.RecordRead, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		return s.sheet(ctx, db, who, roundID, &sh)
	})
	return sh, err
}

func (s *Service) sheet(ctx context.Context, db pg.Querier, who authz.Actor, roundID string, sh *Sheet) (err error) {
	d := who.District
	if sh.Round, err = rounddb.Get(ctx, db, d, roundID); err != nil {
		return app.NotFound(err, "round")
	}
	if sh.Book, err = bookOf(ctx, db, d, sh.Round); err != nil {
		return err
	}
	sh.Rules = sh.Book.RulesOfRecords()
	all, err := figures(ctx, db, d, sh.Round, sh.Book)
	if err != nil {
		return err
	}
	hideSmall(all, sh.Book.Suppression.Cell)
	for _, f := range all {
		if survey.Within(f.Area, who.Area) {
			sh.Figures = append(sh.Figures, f)
		}
	}
	if sh.Workload, err = workloads(ctx, db, d, roundID, who.Area, sh.Rules); err != nil {
		return err
	}
	decisions, err := recorddb.Decisions(ctx, db, d, roundID)
	if err != nil {
		return err
	}
	for _, x := range decisions {
		if survey.Within(x.Committee, who.Area) {
			sh.Decisions = append(sh.Decisions, x)
		}
	}
	areas, err := intakedb.Areas(ctx, db, d, who.Area)
	if err != nil {
		return err
	}
	sh.Names = map[string]string{}
	var codes []string
	for _, a := range areas {
		sh.Names[a.Code], codes = a.Name, append(codes, a.Code)
	}
	if slices.ContainsFunc(sh.Figures, func(f Figure) bool { return f.Upper() }) {
		months, err := recorddb.Months(ctx, db, d, roundID, who.Area)
		if err != nil {
			return err
		}
		sh.Contradictions = records.Contradictions(recorddb.Rows(months), codes)
	}
	batches, err := recorddb.Newest(ctx, db, d, roundID)
	if err != nil {
		return err
	}
	if len(batches) > 0 {
		t := time.Unix(int64(batches[0].Cutoff)*86400, 0).UTC()
		sh.Cutoff = &t
	}
	for _, kind := range []string{"records", "tickets"} {
		list, err := intakedb.Batches(ctx, db, d, kind, roundID, 20)
		if err != nil {
			return err
		}
		sh.Imports = append(sh.Imports, list...)
	}
	slices.SortStableFunc(sh.Imports, func(a, b intakedb.Batch) int { return b.At.Compare(a.At) })
	return nil
}

func workloads(ctx context.Context, db pg.Querier, district, roundID, area string, rules records.Rules) (map[string]records.Workload, error) {
	list, err := recorddb.Staffings(ctx, db, district, roundID, area)
	out := map[string]records.Workload{}
	for _, x := range list {
		out[x.Committee] = rules.WorkloadOf(x.Households, x.Workers)
	}
	return out, err
}

// Workloads returns the households a worker of every committee of a round.
func (s *Service) Workloads(ctx context.Context, who authz.Actor, roundID string, rules records.Rules) (out map[string]records.Workload, err error) {
	err = s.Read(ctx, who, authz.RecordRead, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		out, err = workloads(ctx, db, who.District, roundID, who.Area, rules)
		return err
	})
	return out, err
}

// names are the texts of the indicators of a tree by id.
func names(nodes []composite.Node) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, n := range nodes {
		out[n.ID] = n.Text
		for id, text := range names(n.Children) {
			out[id] = text
		}
	}
	return out
}

// IndicatorNames are the texts of the round's indicators by id.
func (s *Sheet) IndicatorNames() map[string]map[string]string { return names(s.Book.Tree) }
