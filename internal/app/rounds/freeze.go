package rounds

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"sort"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
	"gongping/survey/design"
	"gongping/survey/draw"
)

// Preview counts the strata of a plan in its frame and allocates the sample:
// what a freeze would store.
func (s *Service) Preview(ctx context.Context, who authz.Actor, id string) (list []rounddb.Stratum, err error) {
	err = s.Read(ctx, who, authz.RoundRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		r, err := rounddb.Get(ctx, db, who.District, id)
		if err != nil {
			return app.NotFound(err, "round")
		}
		list, err = plan(ctx, db, who.District, r)
		return err
	})
	return list, err
}

// Freeze fixes a round: its strata and sizes are stored and everything in it is
// fingerprinted. Nothing of it can change afterwards.
func (s *Service) Freeze(ctx context.Context, who authz.Actor, id string) error {
	return s.WriteSerializable(ctx, who, authz.RoundFreeze, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		r, err := s.locked(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := survey.CheckStep(r.State, survey.Frozen); err != nil {
			return err
		}
		frozen, err := drawdb.FrameDigest(ctx, tx, who.District, r.FrameID)
		if err != nil {
			return err
		}
		if frozen == nil {
			return errs.New(errs.Conflict, "round.frame_open", "the frame is not frozen yet; freeze it first")
		}
		strata, err := plan(ctx, tx, who.District, r)
		if err != nil {
			return err
		}
		evaluators, err := rounddb.Evaluators(ctx, tx, who.District, id)
		if err != nil {
			return err
		}
		if len(evaluators) == 0 {
			return errs.New(errs.Conflict, "round.no_evaluators", "the round has no evaluators yet")
		}
		if err := covered(strata, evaluators); err != nil {
			return err
		}
		doc, err := json.Marshal(struct {
			Round  survey.Round
			Frame  []byte
			Strata []rounddb.Stratum
			People []rounddb.Evaluator
		}{r, frozen, strata, evaluators})
		if err != nil {
			return err
		}
		digest := sha256.Sum256(doc)
		if err := rounddb.InsertStrata(ctx, tx, who.District, id, strata); err != nil {
			return err
		}
		tx.Record("round", id, r.AreaCode, map[string]any{"strata": len(strata), "digest": fmt.Sprintf("%x", digest)})
		return rounddb.AddEvent(ctx, tx, who.District, id, survey.Frozen, digest[:], who.AccountID, tx.Now, "")
	})
}

func covered(strata []rounddb.Stratum, evaluators []rounddb.Evaluator) error {
	for _, st := range strata {
		ok := st.Planned == 0
		for _, e := range evaluators {
			ok = ok || survey.Within(st.Committee, e.Area)
		}
		if !ok {
			return errs.New(errs.Conflict, "round.uncovered", "no evaluator covers committee %s", st.Committee).
				At("evaluators", st.Committee, "an evaluator for every committee", "add one, or widen somebody's area")
		}
	}
	return nil
}

// plan counts and allocates. Persons who moved away or died, and those under
// 18, are outside the target population.
func plan(ctx context.Context, db pg.Querier, district string, r survey.Round) ([]rounddb.Stratum, error) {
	if r.FrameID == "" {
		return nil, errs.New(errs.Conflict, "round.no_frame", "the round has no frame to draw from")
	}
	counts := map[string]map[string]int64{} // committee → stratum → N
	for p, err := range drawdb.People(ctx, db, district, r.FrameID) {
		if err != nil {
			return nil, err
		}
		if name := StratumOf(r, p); name != "" {
			if counts[p.Committee] == nil {
				counts[p.Committee] = map[string]int64{}
			}
			counts[p.Committee][name]++
		}
	}
	if len(counts) == 0 {
		return nil, errs.New(errs.Conflict, "round.frame_empty", "the frame holds nobody in the round's area").
			At("area_code", r.AreaCode, "an area with residents in the frame", "choose another area or frame")
	}
	committees := make([]string, 0, len(counts))
	for c := range counts {
		committees = append(committees, c)
	}
	sort.Strings(committees)
	var out []rounddb.Stratum
	for _, c := range committees {
		list, err := allocate(r.Plan, c, counts[c])
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// StratumOf names the stratum of a person in a round, "" for those outside it.
func StratumOf(r survey.Round, p drawdb.Person) string {
	year := r.OpensOn.Year()
	if !survey.Within(p.Committee, r.AreaCode) || p.Status != "resident" || (p.BirthYear != 0 && year-p.BirthYear < 18) {
		return ""
	}
	return r.Plan.Stratum(p.Traits, year)
}

// allocate spreads a committee's sample over its strata. A committee with no
// more people than its size becomes a census.
func allocate(p survey.Plan, committee string, counts map[string]int64) ([]rounddb.Stratum, error) {
	names := make([]string, 0, len(counts))
	var total int64
	for name, n := range counts {
		names = append(names, name)
		total += n
	}
	sort.Strings(names)
	size := int64(p.SizeOf(committee))
	population := make([]float64, len(names))
	measure := make([]float64, len(names))
	for i, name := range names {
		population[i], measure[i] = float64(counts[name]), 1
		if p.Allocation == "proportional" {
			measure[i] = population[i]
		}
	}
	out := make([]rounddb.Stratum, len(names))
	var share []int
	if size < total {
		// A stratum without a drawn person could not speak for itself.
		if size < int64(len(names)) {
			return nil, errs.New(errs.Invalid, "plan.too_fine", "committee %s has more strata than drawn residents", committee).
				At("strata_by", fmt.Sprint(len(names), " strata"), fmt.Sprint("at most ", size), "stratify by fewer columns or draw more")
		}
		a, err := design.Allocate(int(size), measure, population, design.Bounds{Minimum: 1})
		if err != nil {
			return nil, err
		}
		share = a.N
	}
	for i, name := range names {
		st := rounddb.Stratum{Stratum: name, Committee: committee, Method: string(draw.Simple), Population: counts[name]}
		if share == nil {
			st.Method, st.Planned = string(draw.Census), int(counts[name])
		} else {
			st.Planned = share[i]
			st.Reserve = min(int(math.Ceil(float64(st.Planned)*p.ReserveRatio)), int(counts[name])-st.Planned)
		}
		out[i] = st
	}
	return out, nil
}
