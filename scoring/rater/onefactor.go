package rater

import (
	"math"
	"slices"

	"gongping/scoring/shrink/gram"
)

// OneFactor is a maximum-likelihood fit of one common factor to a correlation
// matrix.
type OneFactor struct {
	Converged              bool
	Loading, Uniqueness    []float64
	OmegaStandardised      float64 // McDonald's omega total (sum l)^2/((sum l)^2 + sum u)
	OmegaRaw               float64 // the same on the scale of the items
	MinimumUniquenessFloor bool    // a uniqueness lies at its floor of 0.005
}

// leastUniqueness is the floor of a uniqueness, without which the likelihood of
// some matrices has no maximum (Heywood 1931).
const leastUniqueness = 0.005

// FitOneFactor fits by the EM algorithm (Rubin & Thayer 1982, Psychometrika
// 47:69-76) with uniquenesses of 0.005 at least, and with squared extrapolation
// (Varadhan & Roland 2008, Scand. J. Stat. 35:335-353, scheme S3) where it is
// slow. The likelihood can have several maxima: it starts from the mean
// correlations and from Jöreskog's (1967) uniquenesses, and the higher end
// counts. cov must belong to three items or more.
//
// Faults: fewer than three items.
func FitOneFactor(cov [][]float64) (*OneFactor, error) {
	k := len(cov)
	if k < 3 {
		return nil, fault("too_few", "use Cronbach's alpha", "one factor cannot be told from %d items", k)
	}
	cor := CorrelationOf(cov)
	f := meanStart(cor)
	f.climb(cor)
	if other := joreskogStart(cor); other != nil {
		other.climb(cor)
		if other.Converged && (!f.Converged || other.misfit(cor) < f.misfit(cor)-1e-9) {
			f = other
		}
	}
	total := 0.0
	for _, l := range f.Loading {
		total += l
	}
	if total < 0 {
		for a := range f.Loading {
			f.Loading[a] = -f.Loading[a]
		}
	}
	f.omega(cov)
	return f, nil
}

// meanStart starts from the mean correlation of every item.
func meanStart(cor [][]float64) *OneFactor {
	k := len(cor)
	f := &OneFactor{Loading: make([]float64, k), Uniqueness: make([]float64, k)}
	for a, row := range cor {
		for _, v := range row {
			f.Loading[a] += v / float64(k)
		}
		f.Loading[a] = math.Max(-0.95, math.Min(0.95, f.Loading[a]))
		f.Uniqueness[a] = 1 - float64(f.Loading[a]*f.Loading[a])
	}
	return f
}

// joreskogStart takes (1 - 1/2k)/r^aa for the uniquenesses, r^aa from the inverse
// of the correlations, and the first principal axis of what they leave; nil
// where items depend on each other.
func joreskogStart(cor [][]float64) *OneFactor {
	k := len(cor)
	flat := make([]float64, 0, k*k)
	for _, row := range cor {
		flat = append(flat, row...)
	}
	d := gram.Decompose(flat, k, k, nil, 1e-10)
	if d.Rank() < k {
		return nil
	}
	inv := d.Inverse()
	f := &OneFactor{Loading: make([]float64, k), Uniqueness: make([]float64, k)}
	axis, next := make([]float64, k), make([]float64, k)
	for a := range k {
		f.Uniqueness[a] = math.Max(leastUniqueness, (1-0.5/float64(k))/inv[a*k+a])
		axis[a] = 1 / math.Sqrt(f.Uniqueness[a]+float64(a)) // in no item's way
	}
	size := 0.0
	for range 500 {
		size = 0
		for a := range k {
			next[a] = 0
			for b := range k {
				next[a] += float64(cor[a][b] * axis[b] / math.Sqrt(f.Uniqueness[a]*f.Uniqueness[b]))
			}
			size += float64(next[a] * next[a])
		}
		size = math.Sqrt(size)
		for a := range k {
			axis[a] = next[a] / size
		}
	}
	for a := range k {
		f.Loading[a] = axis[a] * math.Sqrt(float64(f.Uniqueness[a]*math.Max(0, size-1)))
	}
	return f
}

// climb runs plain steps, and extrapolated ones where these do not arrive.
func (f *OneFactor) climb(cor [][]float64) {
	for range 20000 {
		if f.step(cor) < 1e-13 {
			f.Converged = true
			return
		}
	}
	for range 20000 {
		start := f.point()
		f.step(cor)
		first := f.point()
		f.step(cor)
		second := f.point()
		r, v := 0.0, 0.0
		for i := range start {
			d1 := first[i] - start[i]
			d2 := second[i] - first[i] - d1
			r += float64(d1 * d1)
			v += float64(d2 * d2)
		}
		before := f.misfit(cor)
		if v > 0 {
			alpha := math.Min(-1, -math.Sqrt(r/v))
			for i := range start {
				d1 := first[i] - start[i]
				d2 := second[i] - first[i] - d1
				start[i] += float64(-2*alpha*d1) + float64(alpha*alpha*d2)
			}
			f.set(start)
			if !(f.misfit(cor) <= before) { // too far
				f.set(second)
			}
		}
		if f.step(cor) < 1e-13 {
			f.Converged = true
			return
		}
	}
}

// point is the place of the fit, loadings first.
func (f *OneFactor) point() []float64 { return slices.Concat(f.Loading, f.Uniqueness) }

func (f *OneFactor) set(point []float64) {
	k := len(f.Loading)
	copy(f.Loading, point[:k])
	for a, u := range point[k:] {
		f.Uniqueness[a] = math.Max(leastUniqueness, u)
	}
}

// misfit is log|R| + tr(S R⁻¹) of the fitted correlations R, -2/n of the
// log-likelihood but for a constant.
func (f *OneFactor) misfit(cor [][]float64) float64 {
	g, sum, quadratic := 0.0, 0.0, 0.0
	for a, l := range f.Loading {
		u := f.Uniqueness[a]
		g += l * l / u
		sum += math.Log(u) + cor[a][a]/u
		for b, m := range f.Loading {
			quadratic += float64(cor[a][b] * (l / u) * (m / f.Uniqueness[b]))
		}
	}
	return sum + math.Log1p(g) - quadratic/(1+g)
}

// step is one EM step; it returns the largest change.
func (f *OneFactor) step(cor [][]float64) float64 {
	k := len(cor)
	beta := make([]float64, k)
	g := 0.0
	for a, l := range f.Loading {
		g += l * l / f.Uniqueness[a]
	}
	for a, l := range f.Loading {
		beta[a] = l / f.Uniqueness[a] / (1 + g)
	}
	sb := make([]float64, k)
	ezz := 1 - g/(1+g)
	for a := range k {
		for b := range k {
			sb[a] += float64(cor[a][b] * beta[b])
		}
	}
	for a := range k {
		ezz += float64(beta[a] * sb[a])
	}
	change := 0.0
	f.MinimumUniquenessFloor = false
	for a := range k {
		l := sb[a] / ezz
		u := cor[a][a] - float64(l*sb[a])
		if u < leastUniqueness {
			u, f.MinimumUniquenessFloor = leastUniqueness, true
		}
		change = math.Max(change, math.Max(math.Abs(l-f.Loading[a]), math.Abs(u-f.Uniqueness[a])))
		f.Loading[a], f.Uniqueness[a] = l, u
	}
	return change
}

func (f *OneFactor) omega(cov [][]float64) {
	l, u, lr, ur := 0.0, 0.0, 0.0, 0.0
	for a, v := range f.Loading {
		l += v
		u += f.Uniqueness[a]
		lr += float64(v * math.Sqrt(cov[a][a]))
		ur += float64(f.Uniqueness[a] * cov[a][a])
	}
	f.OmegaStandardised = l * l / (float64(l*l) + u)
	f.OmegaRaw = lr * lr / (float64(lr*lr) + ur)
}
