package fairness

import (
	"math"

	"gongping/scoring/shrink/gram"
)

// OrdinalFit is a cumulative logit model, logit P(Y <= k) = cut_k - x'b
// (McCullagh 1980, JRSS B 42:109-142).
type OrdinalFit struct {
	Status  Status
	Cut     []float64 // increasing, one fewer than categories
	Coef    []float64 // one per column; 0 for a column that was dropped
	LogLik  float64
	Steps   int
	dropped int
}

// FitOrdinal maximises the likelihood by Newton's method with step halving; it
// is concave (Pratt 1981, JASA 76:103-106). category runs from 0 to
// categories-1 and every category must occur. x holds the columns, without an
// intercept; none fits the cut points alone.
//
// Faults: fewer than two categories. Separation is status NotConverged.
func FitOrdinal(category []int32, categories int, x [][]float64) (*OrdinalFit, error) {
	if categories < 2 {
		return nil, fault("constant", "an item that everybody answers alike shows no difference", "all answers are equal")
	}
	m := newOrdinal(category, categories, x)
	theta := m.start()
	ll, grad, info := m.evaluate(theta)
	fit := &OrdinalFit{Status: NotConverged}
	for fit.Steps = 1; fit.Steps <= 100; fit.Steps++ {
		fac := gram.Decompose(info, m.size, m.size, nil, 1e-15)
		if fac.Rank() < m.size {
			break
		}
		step := fac.Solve(grad)
		gain := 0.0
		for i, s := range step {
			gain += float64(s * grad[i])
		}
		if gain < 1e-20*(1+math.Abs(ll)) {
			fit.Status = OK
			break
		}
		next, nll, ng, ni, ok := m.halve(theta, step, ll)
		if !ok { // no rise in this arithmetic
			if gain < 1e-9*(1+math.Abs(ll)) {
				fit.Status = OK
			}
			break
		}
		theta, ll, grad, info = next, nll, ng, ni
	}
	m.fill(fit, theta, ll)
	return fit, nil
}

// ordinal works on centred, scaled columns.
type ordinal struct {
	y           []int32
	cats, size  int
	x           [][]float64
	mean, scale []float64
	kept        []int
	columns     int
}

func newOrdinal(y []int32, categories int, x [][]float64) *ordinal {
	m := &ordinal{y: y, cats: categories, columns: len(x)}
	p := len(x)
	g := make([]float64, p*p)
	cent := make([][]float64, p)
	for k, col := range x {
		checkLength("a column", len(col), len(y))
		mean, v := meanVariance(col)
		sd := math.Sqrt(v)
		if !(sd > 1e-12*math.Abs(mean)) {
			sd = 0
		}
		cent[k] = make([]float64, len(col))
		for i, c := range col {
			if sd > 0 {
				cent[k][i] = (c - mean) / sd
			}
		}
		m.mean, m.scale = append(m.mean, mean), append(m.scale, sd)
	}
	for a := range p {
		for b := range p {
			for i := range y {
				g[a*p+b] += float64(cent[a][i] * cent[b][i])
			}
		}
	}
	m.kept = gram.Decompose(g, p, p, nil, gram.Tolerance).Kept()
	for _, k := range m.kept {
		m.x = append(m.x, cent[k])
	}
	m.size = categories - 1 + len(m.kept)
	return m
}

func (m *ordinal) start() []float64 {
	theta := make([]float64, m.size)
	count := make([]float64, m.cats)
	for _, c := range m.y {
		count[c]++
	}
	cum := 0.0
	for k := range m.cats - 1 {
		cum += count[k]
		p := math.Min(math.Max(cum/float64(len(m.y)), 1e-6), 1-1e-6)
		theta[k] = math.Log(p / (1 - p))
	}
	return theta
}

func logistic(z float64) float64 {
	if z >= 0 {
		return 1 / (1 + math.Exp(-z))
	}
	e := math.Exp(z)
	return e / (1 + e)
}

// between is F(a) - F(b) for a > b without cancellation in the upper tail.
func between(a, b float64) float64 {
	if b > 0 {
		return logistic(-b) - logistic(-a)
	}
	return logistic(a) - logistic(b)
}

// evaluate returns the log likelihood, its gradient and the observed
// information; -Inf when the cut points are out of order.
func (m *ordinal) evaluate(theta []float64) (ll float64, grad, info []float64) {
	s, cuts := m.size, m.cats-1
	grad, info = make([]float64, s), make([]float64, s*s)
	idx, da := make([]int, 0, s), make([]float64, 0, s)
	db := make([]float64, 0, s)
	for i, c := range m.y {
		eta := 0.0
		for k, x := range m.x {
			eta += float64(theta[cuts+k] * x[i])
		}
		a, b := math.Inf(1), math.Inf(-1)
		idx, da, db = idx[:0], da[:0], db[:0]
		if int(c) < cuts {
			a = theta[c] - eta
			idx, da, db = append(idx, int(c)), append(da, 1), append(db, 0)
		}
		if c > 0 {
			b = theta[c-1] - eta
			idx, da, db = append(idx, int(c)-1), append(da, 0), append(db, 1)
		}
		for k, x := range m.x {
			idx, da, db = append(idx, cuts+k), append(da, -x[i]), append(db, -x[i])
		}
		p := between(a, b)
		if !(p > 0) {
			return math.Inf(-1), grad, info
		}
		ll += math.Log(p)
		fa, fb := logistic(a)*logistic(-a), logistic(b)*logistic(-b)
		fa1, fb1 := fa*(1-2*logistic(a)), fb*(1-2*logistic(b))
		ga, gb := fa/p, -fb/p
		haa, hbb, hab := fa1/p-float64(ga*ga), -fb1/p-float64(gb*gb), -float64(ga*gb)
		for u, iu := range idx {
			grad[iu] += float64(ga*da[u]) + float64(gb*db[u])
			for v, iv := range idx {
				h := float64(haa*float64(da[u]*da[v])) + float64(hbb*float64(db[u]*db[v])) +
					float64(hab*(float64(da[u]*db[v])+float64(db[u]*da[v])))
				info[iu*s+iv] -= h
			}
		}
	}
	return ll, grad, info
}

func (m *ordinal) halve(theta, step []float64, ll float64) (next []float64, nll float64, grad, info []float64, ok bool) {
	t := 1.0
	for range 40 {
		next = make([]float64, m.size)
		for i := range next {
			next[i] = theta[i] + float64(t*step[i])
		}
		nll, grad, info = m.evaluate(next)
		if nll > ll {
			return next, nll, grad, info, true
		}
		t /= 2
	}
	return theta, ll, nil, nil, false
}

// fill turns the scaled solution back. A fitted effect of more than 30 logits
// between the ends means separation: the maximum is at infinity.
func (m *ordinal) fill(fit *OrdinalFit, theta []float64, ll float64) {
	cuts := m.cats - 1
	fit.LogLik = ll
	fit.Coef = make([]float64, m.columns)
	fit.dropped = m.columns - len(m.kept)
	shift := 0.0
	for k, c := range m.kept {
		b := theta[cuts+k]
		if math.Abs(b) > 30 {
			fit.Status = NotConverged
		}
		fit.Coef[c] = b / m.scale[c]
		shift += float64(fit.Coef[c] * m.mean[c])
	}
	for k := range cuts {
		fit.Cut = append(fit.Cut, theta[k]+shift)
	}
}
