package replicate

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"gongping/scoring/estimate"
)

// DomainMean is the mean of a domain with its bootstrap error.
type DomainMean struct {
	Value, SE float64
	// Replicates that have a value; Refused says why there is no figure.
	Replicates int
	Refused    error
}

// share is what one sampling unit holds of one domain; at is the domain's place
// in its stratum.
type share struct {
	domain, at int32
	w, wy      float64
}

// resampled is a stratum ready to be drawn from. Its units stand in the order of
// what they hold, so that draws do not depend on the order of the rows.
type resampled struct {
	n      int
	lambda float64
	whole  bool // every unit stays as it is
	domain []int32
	full   []share // by place: the sums of all units
	unit   []share // what unit k holds, where none holds more than one domain
	many   []int32 // otherwise unit k holds shares many[k]...many[k+1]-1 of unit
}

// DomainMeans gives the means of all domains (code[i] = 0…count-1, -1 = none)
// with the errors of the Rao–Wu bootstrap of RaoWu, without keeping replicate
// weights. The result does not depend on the order of the rows or the number
// of processors; it uses other random numbers than RaoWu.
//
// Source: Rao, Wu and Yue (1992).
func DomainMeans(d *estimate.Design, y estimate.Column, code []int32, count, replicates int, seed uint64) ([]DomainMean, error) {
	if replicates < 2 {
		return nil, fault("few", "the bootstrap needs at least two replicates").At("replicates", fmt.Sprint(replicates), "2 or more", "500 is usual")
	}
	strata, err := resample(d, y, code, count)
	if err != nil {
		return nil, err
	}
	full := fullMeans(strata, count)
	blocks, together := (replicates+block-1)/block, chunk(d.Rows(), count)
	all := inOrder{moments: make([]moments, count)}
	all.turn = sync.NewCond(&all.mu)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), blocks) {
		wg.Go(func() {
			w := drawer{rng: make([]stream, together), total: make([]sums, together*count), moments: make([]moments, count)}
			for {
				b := int(next.Add(1)) - 1
				if b >= blocks {
					return
				}
				w.replicates(strata, seed, b*block, min((b+1)*block, replicates), full)
				all.add(b, w.moments)
			}
		})
	}
	wg.Wait()
	out := make([]DomainMean, count)
	for g := range out {
		summarise(&out[g], full[g], all.moments[g])
	}
	return out, nil
}

// chunk is how many replicates are drawn at once: a block, or fewer where there
// are so many domains that their sums would outgrow the survey.
func chunk(rows, domains int) int { return max(2, min(block, rows/(4*max(1, domains)))) }

// inOrder adds the moments of blocks in the order of the blocks, whoever computes
// them: a worker that is early waits. So only one set a worker is kept.
type inOrder struct {
	mu      sync.Mutex
	turn    *sync.Cond
	done    int // blocks added
	moments []moments
}

func (a *inOrder) add(b int, part []moments) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.done != b {
		a.turn.Wait()
	}
	for g, p := range part {
		m := &a.moments[g]
		m.n += p.n
		m.sum += p.sum
		m.sq += p.sq
	}
	a.done++
	a.turn.Broadcast()
}

// resample lays out the strata.
func resample(d *estimate.Design, y estimate.Column, code []int32, count int) ([]resampled, error) {
	first, held, err := unitShares(d, y, code, count)
	if err != nil {
		return nil, err
	}
	g := unitsOf(d)
	strata := make([]resampled, len(g.strata))
	for h, us := range g.strata {
		s := &strata[h]
		if s.whole, err = g.lonely(d, h); err != nil {
			return nil, err
		}
		s.n, s.lambda = len(us), math.Sqrt(g.fpc[h])
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(strata)) {
		wg.Go(func() {
			for {
				h := int(next.Add(1)) - 1
				if h >= len(strata) {
					return
				}
				strata[h].fill(g.strata[h], first, held)
			}
		})
	}
	wg.Wait()
	return strata, nil
}

// fill takes the shares of the stratum's units in the order of what they hold and
// adds up its domains.
func (s *resampled) fill(us, first []int32, held []share) {
	if from, to := first[us[0]], first[us[len(us)-1]+1]; oneEach(us, first) {
		s.unit = held[from:to:to] // sorted where it lies: a copy would be as large as the survey
		slices.SortFunc(s.unit, compareShares)
	} else {
		s.copyUnits(us, first, held)
	}
	place := map[int32]int32{}
	for k := range s.unit {
		x := &s.unit[k]
		if x.w == 0 && x.wy == 0 { // a unit that holds nothing adds nothing
			continue
		}
		at, ok := place[x.domain]
		if !ok {
			at = int32(len(s.domain))
			place[x.domain], s.domain, s.full = at, append(s.domain, x.domain), append(s.full, share{})
		}
		x.at = at
		s.full[at].w += x.w
		s.full[at].wy += x.wy
	}
}

// oneEach reports whether units that follow each other hold one share each.
func oneEach(us, first []int32) bool {
	for k, u := range us {
		if u != us[0]+int32(k) || first[u+1]-first[u] != 1 {
			return false
		}
	}
	return true
}

// copyUnits copies the shares, unit by unit where one holds several.
func (s *resampled) copyUnits(us, first []int32, held []share) {
	of := func(u int32) []share { return held[first[u]:first[u+1]] }
	sorted, single := slices.Clone(us), true
	slices.SortFunc(sorted, func(a, b int32) int { return slices.CompareFunc(of(a), of(b), compareShares) })
	for _, u := range sorted {
		single = single && len(of(u)) <= 1
	}
	s.unit = make([]share, 0, len(us))
	if !single {
		s.many = make([]int32, 0, len(us)+1)
	}
	for _, u := range sorted {
		if !single {
			s.many = append(s.many, int32(len(s.unit)))
		}
		s.unit = append(s.unit, of(u)...)
		if single && len(of(u)) == 0 {
			s.unit = append(s.unit, share{})
		}
	}
	if !single {
		s.many = append(s.many, int32(len(s.unit)))
	}
}

func compareShares(x, y share) int {
	switch {
	case x.domain != y.domain:
		return cmp.Compare(x.domain, y.domain)
	case x.w != y.w:
		return cmp.Compare(x.w, y.w)
	}
	return cmp.Compare(x.wy, y.wy)
}

// unitShares lists what the units hold: shares first[u]…first[u+1]-1 of held are
// those of unit u, by domain.
func unitShares(d *estimate.Design, y estimate.Column, code []int32, count int) (first []int32, held []share, err error) {
	unit, n := d.PSU()
	first = make([]int32, n+1)
	var cells []estimate.Cell
	if d.SingleRows() {
		w := d.DesignWeight()
		in := func(i int) bool { return code[i] >= 0 && w[i] > 0 && (y.Missing == nil || !y.Missing[i]) }
		for i, u := range unit {
			if in(i) {
				first[u+1] = 1
			}
		}
		for u := range n {
			first[u+1] += first[u]
		}
		held = make([]share, first[n])
		for i, u := range unit {
			if in(i) {
				held[first[u]] = share{domain: code[i], w: w[i], wy: w[i] * y.Values[i]}
			}
		}
		return first, held, nil
	}
	p, err := estimate.NewDomains(d.UltimateCluster(), code, count)
	if err != nil {
		return nil, nil, err
	}
	if cells, err = p.Cells(y); err != nil {
		return nil, nil, err
	}
	for _, c := range cells {
		first[c.Unit+1]++
	}
	for u := range n {
		first[u+1] += first[u]
	}
	held = make([]share, len(cells))
	next := slices.Clone(first[:n])
	for _, c := range cells {
		held[next[c.Unit]] = share{domain: c.Domain, w: c.SumDesignWeight, wy: c.Total}
		next[c.Unit]++
	}
	return first, held, nil
}

func fullMeans(strata []resampled, count int) []float64 {
	num, den := make([]float64, count), make([]float64, count)
	for h := range strata {
		s := &strata[h]
		for k, g := range s.domain {
			num[g] += s.full[k].wy
			den[g] += s.full[k].w
		}
	}
	for g := range num {
		num[g] /= den[g]
	}
	return num
}

// moments of the replicates of a block that hold a domain, about the domain's
// full mean: their number, sum and sum of squares. They are kept in place of the
// replicates, which would be larger than the survey where domains are many.
type moments struct {
	n       int32
	sum, sq float64
}

// summarise is the spread of one domain over the replicates that hold it.
func summarise(m *DomainMean, full float64, x moments) {
	if math.IsNaN(full) {
		m.Refused = fault("no_value", "no row with an answer and a positive weight is in the domain")
		return
	}
	m.Value = full
	if m.Replicates = int(x.n); m.Replicates < 2 {
		m.Refused = fault("few", "fewer than two replicates hold the domain, so there is no variance")
		return
	}
	n := float64(m.Replicates)
	m.SE = math.Sqrt(max(0, x.sq-float64(x.sum*x.sum)/n) / (n - 1))
}
