package score

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/scoredb"
)

// FigurePair is one figure as it is stored and as it was computed again, with
// all its digits.
type FigurePair struct {
	Path    string `json:"figure"` // for example official.value
	Stored  string `json:"stored"`
	Rebuilt string `json:"rebuilt"`
	Same    bool   `json:"same"`
}

// FigureProof is a unit's result computed again from the frozen input of its
// run, figure by figure.
type FigureProof struct {
	Run        scoredb.Run
	Unit, Name string
	Rebuilt    Rebuilt
	MadeBy     string // code version that made the run
	RebuiltBy  string // and this one
	Figures    []FigurePair
	First      *FigurePair // the first that differs, nil where all are equal
}

// ProveFigures computes a run again and holds every figure of one unit against
// what is stored, to the last digit. It leaves a trace.
func (s *Service) ProveFigures(ctx context.Context, who authz.Actor, runID, unit string) (p FigureProof, err error) {
	p.Unit = unit
	var stored scoredb.UnitRow
	err = s.Read(ctx, who, authz.RunRebuild, authz.Object{Area: unit}, func(ctx context.Context, q pg.Querier) error {
		if p.Run, err = scoredb.Get(ctx, q, who.District, runID); err != nil {
			return app.NotFound(err, "run")
		}
		if p.MadeBy, err = scoredb.CodeVersion(ctx, q, who.District, runID); err != nil {
			return app.NotFound(err, "run")
		}
		stored, err = scoredb.UnitOf(ctx, q, who.District, runID, unit)
		return app.NotFound(err, "unit")
	})
	if err != nil {
		return p, err
	}
	p.Name, p.RebuiltBy = stored.Name, s.CodeVersion
	if p.Rebuilt, err = s.Rebuild(ctx, who, runID); err != nil {
		return p, err
	}
	for i := range p.Rebuilt.Output.Units {
		if u := &p.Rebuilt.Output.Units[i]; u.Unit == unit {
			p.Figures, err = pairs(&stored.UnitResult, u)
		}
	}
	if err == nil && p.Figures == nil {
		return p, errs.New(errs.Differs, "run.differs", "the rebuilt result has no such unit")
	}
	for i := range p.Figures {
		if !p.Figures[i].Same {
			p.First = &p.Figures[i]
			break
		}
	}
	return p, err
}

// pairs lists every figure of two results by path.
func pairs(stored, rebuilt any) ([]FigurePair, error) {
	a, err := flat(stored)
	if err != nil {
		return nil, err
	}
	b, err := flat(rebuilt)
	if err != nil {
		return nil, err
	}
	paths := map[string]bool{}
	for _, m := range []map[string]string{a, b} {
		for k := range m {
			paths[k] = true
		}
	}
	out := make([]FigurePair, 0, len(paths))
	for k := range paths {
		out = append(out, FigurePair{Path: k, Stored: a[k], Rebuilt: b[k], Same: a[k] == b[k]})
	}
	slices.SortFunc(out, func(x, y FigurePair) int { return strings.Compare(x.Path, y.Path) })
	return out, nil
}

// flat maps every leaf of a document to its exact literal.
func flat(v any) (map[string]string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var doc any
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	out := map[string]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch x := v.(type) {
		case map[string]any:
			for k, y := range x {
				walk(strings.TrimPrefix(path+"."+k, "."), y)
			}
		case []any:
			for i, y := range x {
				walk(path+"["+strconv.Itoa(i)+"]", y)
			}
		case nil:
		default:
			out[path] = fmt.Sprint(x)
		}
	}
	walk("", doc)
	return out, nil
}

// Provable lists the finished runs of the actor's area, newest first, with the
// units of one of them: what an auditor can choose from.
func (s *Service) Provable(ctx context.Context, who authz.Actor, runID string) (runs []ProvableRun, units []scoredb.UnitName, err error) {
	err = s.Read(ctx, who, authz.RunRebuild, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		list, err := scoredb.Finished(ctx, q, who.District, who.Area, 200)
		if err != nil {
			return err
		}
		for _, r := range list {
			runs = append(runs, ProvableRun(r))
		}
		if runID == "" {
			return nil
		}
		units, err = scoredb.UnitNames(ctx, q, who.District, runID, who.Area)
		return app.NotFound(err, "run")
	})
	return runs, units, err
}

// ProvableRun is a finished run to choose.
type ProvableRun scoredb.FinishedRun
