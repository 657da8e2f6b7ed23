package draws

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
	"gongping/survey/draw"
)

// TopUp is what a manager commits to for a later batch of a round that was
// drawn: how many more, and which randomness will choose them.
type TopUp struct {
	Wish
	// Sizes are the further residents to draw, by committee or by stratum. A
	// committee's are spread over its strata in proportion to who is left.
	Sizes map[string]int
}

// CommitTopUp fixes a later batch of a round: its sizes and fresh randomness
// are named before that exists, and everybody whom an earlier draw of the round
// holds, sample or reserve, is left out. It is revealed like any other draw.
// With the first draw it makes a simple random sample of each simple stratum;
// the others are topped up by the method of their plan.
func (s *Service) CommitTopUp(ctx context.Context, who authz.Actor, roundID string, w TopUp) (string, error) {
	return s.commitTopUp(ctx, who, roundID, w, time.Time{}, nil)
}

// CommitReAsk fixes a batch of a round that is closed, for the residents who
// are asked in the place of answers that an appeal set aside: a top-up like any
// other, with randomness of its own named before, whose cases are asked until a
// day. then is called in the same transaction with the commitment's id.
func (s *Service) CommitReAsk(ctx context.Context, who authz.Actor, roundID string, w TopUp, until time.Time, then func(context.Context, *app.Tx, string) error) (string, error) {
	return s.commitTopUp(ctx, who, roundID, w, until, then)
}

// CountLeft tells how many residents of a committee no draw of the round holds.
func CountLeft(ctx context.Context, q pg.Querier, district string, r survey.Round, committee string) (n int, err error) {
	return drawdb.Left(ctx, q, district, r.FrameID, r.ID, committee)
}

func (s *Service) commitTopUp(ctx context.Context, who authz.Actor, roundID string, w TopUp, until time.Time, then func(context.Context, *app.Tx, string) error) (string, error) {
	id, late := app.NewID(), !until.IsZero()
	if err := w.tidy(); err != nil {
		return "", err
	}
	err := s.WriteSerializable(ctx, who, authz.DrawCommit, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		r, err := rounddb.Lock(ctx, tx, who.District, roundID)
		if err != nil {
			return app.NotFound(err, "round")
		}
		if err := tx.Check(authz.Object{Area: r.AreaCode}); err != nil {
			return err
		}
		if err := inOrder(ctx, tx, roundID); err != nil {
			return err
		}
		if err := mayDraw(drawdb.Commitment{TopUp: true}, r, late); err != nil {
			return err
		}
		if err := s.noneOpen(ctx, tx, who.District, roundID); err != nil {
			return err
		}
		past, err := drawdb.Past(ctx, tx, who.District)
		if err != nil {
			return err
		}
		if w.Purpose == "" {
			kind := "topup"
			if late {
				kind = "reask"
			}
			w.Purpose = freePurpose(fmt.Sprintf("d-%s-v%d-%s", r.Series[:8], r.Version, kind), past)
		}
		c, err := s.topUp(ctx, tx, r, w)
		if err != nil {
			return err
		}
		if err := draw.CheckFresh(c, past); err != nil {
			return err
		}
		n := 0
		for _, p := range c.Plan {
			n += p.Sample
		}
		tx.Record("draw_commitment", id, r.AreaCode, map[string]any{"round": roundID, "purpose": w.Purpose, "top_up": true, "late": late, "sample": n, "excluded": len(c.Tally.Excluded)})
		if err := s.store(ctx, tx, id, roundID, c); err != nil || !late {
			return err
		}
		if err := drawdb.InsertLate(ctx, tx, who.District, id, roundID, until, who.AccountID, tx.Now); err != nil {
			return err
		}
		return then(ctx, tx, id)
	})
	if pg.Duplicate(err) {
		return "", errs.Wrap(err, errs.NotNow, "draw.open_commitment", "somebody else committed a draw of this round at the same moment")
	}
	return id, err
}

// tidy trims a wish and refuses one that cannot be committed.
func (w *Wish) tidy() error {
	w.Purpose, w.Randomness.Name = strings.TrimSpace(w.Purpose), strings.TrimSpace(w.Randomness.Name)
	if w.Randomness.Name == "" {
		return errs.New(errs.Invalid, "draw.randomness_name", "the public randomness has no name").
			At("randomness", "", "which lottery draw, beacon round or dice event it will be", "name it so that everybody can find it")
	}
	return nil
}

// freePurpose is the first of "base", "base-2", "base-3", … that was never used.
func freePurpose(base string, past []draw.Past) string {
	name := base
	for k := 2; slices.ContainsFunc(past, func(p draw.Past) bool { return strings.EqualFold(p.Purpose, name) }); k++ {
		name = fmt.Sprintf("%s-%d", base, k)
	}
	return name
}

func (s *Service) topUp(ctx context.Context, tx *app.Tx, r survey.Round, w TopUp) (*draw.Commitment, error) {
	district := tx.Actor.District
	first, err := s.first(ctx, tx, district, r.ID)
	if err != nil {
		return nil, err
	}
	hold := drawdb.Held
	switch { // one person of a household is asked, not two
	case first.Homes:
		hold = drawdb.HeldUnits
	case r.Plan.Method.TwoStage():
		hold = drawdb.HeldHouseholds
	}
	held, err := hold(ctx, tx, district, r.ID)
	if err != nil {
		return nil, err
	}
	st := state{Frame: r.FrameID, CodeVersion: s.CodeVersion, Randomness: w.Randomness, Sparing: true, Homes: first.Homes}
	from, err := s.source(ctx, tx, district, r, st)
	if err != nil {
		return nil, err
	}
	tally, err := from.rows.Count(held)
	if err != nil {
		return nil, err
	}
	planned, err := rounddb.Strata(ctx, tx, district, r.ID)
	if err != nil {
		return nil, err
	}
	spots, err := placesLeft(from, r, held)
	if err != nil {
		return nil, err
	}
	if st.Plan, err = topUpPlan(planned, tally.Strata, spots, w.Sizes, r.Plan.ReserveRatio); err != nil {
		return nil, err
	}
	last, err := drawdb.LastDigest(ctx, tx, district)
	if err != nil {
		return nil, err
	}
	st.Excluded, st.Previous = tally.Excluded, drawdb.Sum(last)
	return s.assemble(ctx, tx, district, from, st, tally, w.Purpose, true, tx.Now)
}

// first is what the first draw of a round was committed to.
func (s *Service) first(ctx context.Context, db pg.Querier, district, round string) (state, error) {
	list, err := drawdb.Draws(ctx, db, district, round)
	if err != nil || len(list) == 0 {
		return state{}, err
	}
	c, err := drawdb.GetCommitment(ctx, db, district, list[0].CommitmentID)
	if err != nil {
		return state{}, err
	}
	return stateOf(c)
}

// places are the first-stage units and the households of a stratum that still
// hold somebody, and how many households may be drawn in any of them (-1: all),
// so that a building that is recognised by its size never gives its people away.
type places struct{ clusters, households, room int }

// placesLeft counts them; only two-stage plans have any.
func placesLeft(from source, r survey.Round, held []string) (map[string]places, error) {
	out := map[string]places{}
	if !r.Plan.Method.TwoStage() {
		return out, nil
	}
	drawn := make(map[string]bool, len(held))
	for _, id := range held {
		drawn[id] = true
	}
	type place struct{ stratum, cluster string }
	type count struct{ all, drawn int }
	homes, clusters := map[[3]string]bool{}, map[place]count{}
	for u, err := range from.rows() {
		if err != nil {
			return nil, err
		}
		if u.Stratum == "" {
			continue
		}
		at := place{u.Stratum, u.Cluster}
		c := clusters[at]
		if home := [3]string{u.Stratum, u.Cluster, u.Household}; !homes[home] {
			homes[home] = true
			if c.all++; drawn[u.FrameID] {
				c.drawn++
			}
		}
		clusters[at] = c
	}
	for at, c := range clusters {
		left := c.all - c.drawn
		if left == 0 {
			continue
		}
		p, known := out[at.stratum]
		if !known {
			p.room = -1
		}
		p.clusters, p.households = p.clusters+1, p.households+left
		if room := max(0, survey.RoomForMore(c.all, c.drawn)); from.homes != nil && (p.room < 0 || room < p.room) {
			p.room = room
		}
		out[at.stratum] = p
	}
	return out, nil
}

// topUpPlan plans every stratum in which somebody is left; those not asked for
// get a sample of none, so that the document names them too.
func topUpPlan(planned []rounddb.Stratum, left map[string]draw.Count, spots map[string]places, sizes map[string]int, reserves float64) ([]draw.StratumPlan, error) {
	methods := map[string]rounddb.Stratum{}
	for _, p := range planned {
		methods[p.Stratum] = p
	}
	want, err := wanted(planned, left, sizes)
	if err != nil {
		return nil, err
	}
	var plan []draw.StratumPlan
	total := 0
	for _, name := range slices.Sorted(maps.Keys(left)) {
		n := int(left[name].Units)
		k := want[name]
		if k > n {
			return nil, wrongTopUp(name, fmt.Sprint(k), fmt.Sprintf("at most %d, who were not drawn yet", n), "ask for fewer")
		}
		total += k
		p := draw.StratumPlan{Stratum: name, Method: draw.Simple, Population: uint64(n), Sample: k,
			Reserve: min(int(math.Ceil(float64(k)*reserves)), n-k)}
		if first := methods[name]; k > 0 {
			switch m := draw.Method(first.Method); m {
			case draw.Systematic, draw.Poisson:
				p.Method, p.Total = m, left[name].Size
			case draw.TwoStage, draw.TwoStageSimple:
				p.Method = m
				if err := inClusters(&p, k, first.Planned, spots[name], reserves); err != nil {
					return nil, err
				}
			}
		}
		plan = append(plan, p)
	}
	if total == 0 {
		return nil, wrongTopUp("sizes", "0", "at least one resident", "say in which committees how many more are drawn")
	}
	return plan, nil
}

// wrongTopUp refuses the sizes of a top-up.
func wrongTopUp(where, found, want, hint string) error {
	return errs.New(errs.Invalid, "draw.topup_size", "the top-up cannot be drawn like this").At(where, found, want, hint)
}

// wanted shares the sizes asked for, of committees or strata, out over the strata.
func wanted(planned []rounddb.Stratum, left map[string]draw.Count, sizes map[string]int) (map[string]int, error) {
	want := map[string]int{}
	for _, key := range slices.Sorted(maps.Keys(sizes)) {
		n := sizes[key]
		if n < 0 {
			return nil, wrongTopUp(key, fmt.Sprint(n), "a number of residents, 0 or more", "")
		}
		var names []string
		people := 0
		for _, p := range planned {
			if (p.Stratum == key || p.Committee == key) && left[p.Stratum].Units > 0 {
				names, people = append(names, p.Stratum), people+int(left[p.Stratum].Units)
			}
		}
		if n > people {
			return nil, wrongTopUp(key, fmt.Sprint(n), fmt.Sprintf("at most %d, who were not drawn yet", people), "ask for fewer")
		}
		for name, k := range share(n, names, left) {
			want[name] += k
		}
	}
	return want, nil
}

// inClusters spreads k residents of a two-stage stratum, one in a household, over
// its clusters; each takes as many as in the first draw, or what it has room for.
func inClusters(p *draw.StratumPlan, k, each int, spot places, reserves float64) error {
	if k > spot.households {
		return wrongTopUp(p.Stratum, fmt.Sprint(k), fmt.Sprintf("at most %d, one in each household that was not drawn yet", spot.households), "ask for fewer")
	}
	room := spot.room
	if room == 0 {
		return crowded(p.Stratum, k, 0)
	} else if room > 0 {
		each = min(each, room)
	}
	p.Clusters = min((k+each-1)/each, spot.clusters)
	p.Sample = (k + p.Clusters - 1) / p.Clusters
	p.Reserve = int(math.Ceil(float64(p.Sample) * reserves))
	if room > 0 {
		if p.Sample > room {
			return crowded(p.Stratum, k, room*p.Clusters)
		}
		p.Reserve = min(p.Reserve, room-p.Sample)
	}
	return nil
}

// crowded refuses a top-up after which a building or grid could be drawn by more
// than three quarters: everybody would know whom.
func crowded(stratum string, wanted, room int) error {
	return errs.New(errs.Invalid, "draw.topup_room", "too few households are left in a building or grid of stratum %s", stratum).
		With(map[string]any{"Most": room}).
		At(stratum, fmt.Sprint(wanted), fmt.Sprintf("at most %d", room), "ask for fewer, or make a new round with a plan of its own")
}

// share spreads n over strata in proportion to who is left (largest remainder,
// ties by name).
func share(n int, names []string, left map[string]draw.Count) map[string]int {
	total := uint64(0)
	for _, name := range names {
		total += left[name].Units
	}
	out := map[string]int{}
	if total == 0 {
		return out
	}
	type rest struct {
		name string
		part uint64
	}
	var rests []rest
	given := 0
	for _, name := range names {
		exact := uint64(n) * left[name].Units
		out[name] = int(exact / total)
		given += out[name]
		rests = append(rests, rest{name, exact % total})
	}
	slices.SortFunc(rests, func(a, b rest) int {
		return cmp.Or(cmp.Compare(b.part, a.part), strings.Compare(a.name, b.name))
	})
	for _, r := range rests[:n-given] {
		out[r.name]++
	}
	return out
}

// weighed gives the cases of a top-up their design weights. In a simple stratum
// that is one over the inclusion probability of either draw, (n1+n2)/N
// (docs/spec/draw-v1.md, section 5); the published one is that of the top-up
// alone. In the others it is on the scale of the earlier draws, the published
// weight times (N/N2)·(n2/n1) with N2 those who were left: scoring shares out a
// stratum's people in proportion to its design weights, so that both samples
// together count as one of n1+n2.
func (s *Service) weighed(ctx context.Context, db pg.Querier, district, round string, plan []draw.StratumPlan, sel []draw.Selected) (func(draw.Selected) float64, error) {
	strata, err := rounddb.Strata(ctx, db, district, round)
	if err != nil {
		return nil, err
	}
	// The selection of this draw is stored already: the counts hold both.
	sampled, err := drawdb.Sampled(ctx, db, district, round)
	if err != nil {
		return nil, err
	}
	now := map[string]int{}
	for _, x := range sel {
		if !x.Reserve {
			now[x.Stratum]++
		}
	}
	left := map[string]draw.StratumPlan{}
	for _, p := range plan {
		left[p.Stratum] = p
	}
	population := map[string]uint64{}
	for _, st := range strata {
		population[st.Stratum] = uint64(st.Population)
	}
	first, err := s.first(ctx, db, district, round)
	if err != nil {
		return nil, err
	}
	for _, p := range first.Plan { // households, where they are the units
		if p.Clusters > 0 {
			population[p.Stratum] = p.Population
		}
	}
	return func(x draw.Selected) float64 {
		n, n2 := sampled[x.Stratum], now[x.Stratum]
		if p := left[x.Stratum]; p.Method != draw.Simple && n > n2 {
			scale := float64(population[x.Stratum]) / float64(p.Population)
			return x.Probability.DesignWeight() * scale * float64(n2) / float64(n-n2)
		}
		return draw.Combined(population[x.Stratum], n, 0).DesignWeight()
	}, nil
}
