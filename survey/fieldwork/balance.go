package fieldwork

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Variable is a trait that is known of everybody drawn, such as the age band.
type Variable struct {
	Name   string
	Levels []string
}

// TraitCell counts the cases with one combination of levels, one of each
// variable.
type TraitCell struct {
	Level           []int
	Drawn, Answered int
}

// LevelShare is one level of a variable: how many were drawn and answered, and
// its unconditional partial indicator sqrt(N_k/N)·(ρ̄_k − ρ̄): below zero where
// the level answers too little, above where too much.
type LevelShare struct {
	Name            string
	Drawn, Answered int
	Partial         float64
}

// PartialR is how much a variable takes part in unequal response (Schouten,
// Shlomo & Skinner 2011, Journal of Official Statistics 27:231-253).
// Unconditional is the spread of its levels' mean propensities; Conditional
// what is left of it within cells that are alike in all other variables. Both
// run from 0 (no part) to 1/2.
type PartialR struct {
	Variable                   string
	Unconditional, Conditional float64
	Levels                     []LevelShare
}

// Balance is how evenly a sample answered over known traits.
type Balance struct {
	// OK is false where nothing can be said: nobody drawn, nobody or everybody
	// answered, or the model did not converge.
	OK              bool
	Drawn, Answered int
	// Raw is the R-indicator 1 − 2 S(ρ̂); Adjusted the same without the part of
	// S² that chance alone brings. Low and High bound Adjusted. All lie from 0 to 1.
	Raw, Adjusted, Low, High float64
	Partials                 []PartialR
}

// MeasureBalance fits the chance to answer by logistic regression on the main
// effects of the variables, and computes
//
//	R = 1 − 2 S(ρ̂),  S² = Σ (ρ̂_i − ρ̄)² / (n − 1)
//
// over the n drawn cases; the adjusted form takes
//
//	S̃² = (1 + 1/n − 1/N) S² − (1/n) Σ z_iᵀ [Σ z_j x_jᵀ]⁻¹ z_i,  z_i = ρ̂_i (1 − ρ̂_i) x_i
//
// (Shlomo, Skinner & Schouten 2012, JSPI 142:201-211, equation 10), floored at 0.
// The interval comes from Var(S²) ≈ 4 AᵀΣA + 2 tr(BΣBΣ) + Var((ρ − ρ̄)²)/n, A the
// covariance of z and ρ, B that of z, Σ of the coefficients (same paper, section
// 4), as S² ± z·se, floored at 0. population is N, at least the number drawn; z
// the normal quantile of the interval (1.96).
//
// It panics when a cell has another number of levels than there are variables,
// or more answered than drawn.
func MeasureBalance(variables []Variable, cells []TraitCell, population int, z float64) Balance {
	b := Balance{}
	for _, c := range cells {
		if len(c.Level) != len(variables) || c.Answered > c.Drawn {
			panic("fieldwork: a cell does not fit its variables")
		}
		b.Drawn, b.Answered = b.Drawn+c.Drawn, b.Answered+c.Answered
	}
	if b.Answered == 0 || b.Answered == b.Drawn || b.Drawn < 2 {
		return b
	}
	x := dummies(variables, cells)
	rho, cov, ok := logistic(x, cells)
	if !ok {
		return b
	}
	b.OK = true
	n := float64(b.Drawn)
	mean := float64(b.Answered) / n
	s2 := 0.0
	for i, c := range cells {
		s2 += float64(c.Drawn) * (rho[i] - mean) * (rho[i] - mean)
	}
	s2 /= n - 1
	bias, variance := b.chance(x, cells, rho, cov)
	adjusted := math.Max(0, (1+1/n-1/math.Max(float64(population), n))*s2-bias)
	se := math.Sqrt(variance)
	// Chances from 0 to 1 have a variance of at most a quarter; n/(n−1) and the upper
	// end of the interval may exceed it.
	indicator := func(s2 float64) float64 { return 1 - 2*math.Sqrt(min(max(s2, 0), 0.25)) }
	b.Raw, b.Adjusted = indicator(s2), indicator(adjusted)
	b.Low, b.High = indicator(adjusted+z*se), indicator(adjusted-z*se)
	for v := range variables {
		b.Partials = append(b.Partials, partial(variables, v, cells, rho, mean, n))
	}
	return b
}

// dummies are the design rows: 1 and a dummy for each level but the most
// frequent one of each variable; levels nobody was drawn in are left out.
func dummies(variables []Variable, cells []TraitCell) *mat.Dense {
	type column struct{ variable, level int }
	var columns []column
	for v := range variables {
		n := make([]int, len(variables[v].Levels))
		for _, c := range cells {
			n[c.Level[v]] += c.Drawn
		}
		reference := 0
		for l := range n {
			if n[l] > n[reference] {
				reference = l
			}
		}
		for l := range n {
			if l != reference && n[l] > 0 {
				columns = append(columns, column{v, l})
			}
		}
	}
	x := mat.NewDense(len(cells), 1+len(columns), nil)
	for i, c := range cells {
		x.Set(i, 0, 1)
		for j, k := range columns {
			if c.Level[k.variable] == k.level {
				x.Set(i, 1+j, 1)
			}
		}
	}
	return x
}

// ridge keeps coefficients finite where all or none of a level answered.
const ridge = 1e-3

// logistic fits by Newton's method and returns the fitted chances and the
// covariance of the coefficients.
func logistic(x *mat.Dense, cells []TraitCell) (rho []float64, cov *mat.SymDense, ok bool) {
	n, p := x.Dims()
	beta := mat.NewVecDense(p, nil)
	rho = make([]float64, n)
	for range 60 {
		info, score := mat.NewSymDense(p, nil), mat.NewVecDense(p, nil)
		for i, c := range cells {
			row := x.RawRowView(i)
			eta := 0.0
			for j, v := range row {
				eta += float64(v * beta.AtVec(j))
			}
			rho[i] = 1 / (1 + math.Exp(-eta))
			w := float64(c.Drawn) * rho[i] * (1 - rho[i])
			r := float64(c.Answered) - float64(c.Drawn)*rho[i]
			for j, v := range row {
				if v == 0 {
					continue
				}
				score.SetVec(j, score.AtVec(j)+r)
				for k := j; k < p; k++ {
					if row[k] != 0 {
						info.SetSym(j, k, info.At(j, k)+w)
					}
				}
			}
		}
		for j := 1; j < p; j++ {
			info.SetSym(j, j, info.At(j, j)+ridge)
			score.SetVec(j, score.AtVec(j)-ridge*beta.AtVec(j))
		}
		var chol mat.Cholesky
		if !chol.Factorize(info) {
			return nil, nil, false
		}
		step := mat.NewVecDense(p, nil)
		if chol.SolveVecTo(step, score) != nil {
			return nil, nil, false
		}
		beta.AddVec(beta, step)
		if mat.Norm(step, math.Inf(1)) < 1e-9 {
			cov = mat.NewSymDense(p, nil)
			return rho, cov, chol.InverseTo(cov) == nil
		}
	}
	return nil, nil, false
}

// chance gives the bias of S² and its variance.
func (b *Balance) chance(x *mat.Dense, cells []TraitCell, rho []float64, cov *mat.SymDense) (bias, variance float64) {
	_, p := x.Dims()
	n := float64(b.Drawn)
	mean := float64(b.Answered) / n
	z := mat.NewVecDense(p, nil)
	zbar := make([]float64, p)
	for i, c := range cells {
		for j, v := range x.RawRowView(i) {
			zbar[j] += float64(c.Drawn) * rho[i] * (1 - rho[i]) * v / n
		}
	}
	a, bb := mat.NewVecDense(p, nil), mat.NewSymDense(p, nil)
	m2, m4 := 0.0, 0.0
	for i, c := range cells {
		w, h := float64(c.Drawn), rho[i]*(1-rho[i])
		d := rho[i] - mean
		for j, v := range x.RawRowView(i) {
			z.SetVec(j, h*v)
		}
		// Σ z xᵀ is the information, whose inverse is cov.
		bias += w * mat.Inner(z, cov, z) / n
		for j := range p {
			zj := z.AtVec(j) - zbar[j]
			a.SetVec(j, a.AtVec(j)+w*zj*d/n)
			for k := j; k < p; k++ {
				bb.SetSym(j, k, bb.At(j, k)+w*zj*(z.AtVec(k)-zbar[k])/n)
			}
		}
		m2, m4 = m2+w*d*d/n, m4+w*d*d*d*d/n
	}
	var bs, bsbs mat.Dense
	bs.Mul(bb, cov)
	bsbs.Mul(&bs, &bs)
	return bias, 4*mat.Inner(a, cov, a) + 2*mat.Trace(&bsbs) + math.Max(0, m4-m2*m2)/n
}

func partial(variables []Variable, v int, cells []TraitCell, rho []float64, mean, n float64) PartialR {
	out := PartialR{Variable: variables[v].Name, Levels: make([]LevelShare, len(variables[v].Levels))}
	sum := make([]float64, len(out.Levels))
	type group struct{ n, sum float64 }
	others := map[string]*group{}
	key := func(c TraitCell) string {
		k := make([]byte, 0, 2*len(c.Level))
		for i, l := range c.Level {
			if i != v {
				k = append(k, byte(l>>8), byte(l))
			}
		}
		return string(k)
	}
	for i, c := range cells {
		l := &out.Levels[c.Level[v]]
		l.Drawn, l.Answered = l.Drawn+c.Drawn, l.Answered+c.Answered
		sum[c.Level[v]] += float64(c.Drawn) * rho[i]
		g := others[key(c)]
		if g == nil {
			g = &group{}
			others[key(c)] = g
		}
		g.n, g.sum = g.n+float64(c.Drawn), g.sum+float64(c.Drawn)*rho[i]
	}
	for k := range out.Levels {
		l := &out.Levels[k]
		l.Name = variables[v].Levels[k]
		if l.Drawn > 0 {
			l.Partial = math.Sqrt(float64(l.Drawn)/n) * (sum[k]/float64(l.Drawn) - mean)
			out.Unconditional += l.Partial * l.Partial
		}
	}
	within := 0.0
	for i, c := range cells {
		if g := others[key(c)]; g.n > 0 {
			d := rho[i] - g.sum/g.n
			within += float64(c.Drawn) * d * d
		}
	}
	out.Unconditional, out.Conditional = math.Sqrt(out.Unconditional), math.Sqrt(within/(n-1))
	return out
}
