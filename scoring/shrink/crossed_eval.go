package shrink

import (
	"math"

	"gongping/scoring/shrink/gram"
)

// evaluation is the profiled criterion at one set of relative standard
// deviations theta_k = sd_k / sd of the residual, with what the slope and the
// predictions need.
type evaluation struct {
	theta   []float64
	value   float64
	rss     float64
	factor  *gram.Factor // of X'V^-1X
	coef    []float64
	bigD    []float64   // diagonal of the eliminated block
	chol    [][]float64 // Cholesky factors of the blocks
	restRHS []float64   // reduced right-hand sides, remaining levels × (p+1)
	ok      bool
}

// evaluate factors M = Lambda Z'WZ Lambda + I by blocks and solves for the
// fixed part (Bates et al. 2015, eq. 27-34).
func (c *crossed) evaluate(theta []float64) *evaluation {
	e := &evaluation{theta: append([]float64(nil), theta...)}
	q := c.p + 1
	te := theta[c.big]
	e.bigD = make([]float64, len(c.bigWeight))
	logDet := 0.0
	for b, w := range c.bigWeight {
		e.bigD[b] = 1 + float64(float64(te*te)*w)
		logDet += math.Log(e.bigD[b])
	}
	e.chol = c.schur(theta, e.bigD)
	g := append([]float64(nil), c.xx...)
	e.restRHS = make([]float64, len(c.zxRest))
	for r, k := range c.owner {
		for a := range q {
			e.restRHS[r*q+a] = float64(theta[k] * c.zxRest[r*q+a])
		}
	}
	for b, d := range e.bigD {
		row := c.zxBig[b*q : b*q+q]
		f := te * te / d
		for a := range q {
			for a2 := range q {
				g[a*q+a2] -= float64(float64(f*row[a]) * row[a2])
			}
		}
		for x := c.bigStart[b]; x < c.bigStart[b+1]; x++ {
			r := int(c.bigCol[x])
			h := float64(f*theta[c.owner[r]]) * c.bigVal[x]
			for a := range q {
				e.restRHS[r*q+a] -= float64(h * row[a])
			}
		}
	}
	for b, levels := range c.blocks {
		m := len(levels)
		if !cholesky(e.chol[b], m) {
			return e
		}
		for i := range m {
			logDet += 2 * math.Log(e.chol[b][i*m+i])
		}
		half := c.gather(levels, e.restRHS)
		for _, h := range half {
			forward(e.chol[b], m, h)
		}
		for a := range q {
			for a2 := range q {
				g[a*q+a2] -= dot(half[a], half[a2])
			}
		}
	}
	e.fixed(c, g, logDet)
	return e
}

// fixed solves the reduced fixed part and works out the criterion.
func (e *evaluation) fixed(c *crossed, g []float64, logDet float64) {
	q := c.p + 1
	e.factor = gram.Decompose(g, c.p, q, nil, 0)
	if e.factor.Rank() < c.p {
		return
	}
	xy := g[c.p*q : c.p*q+c.p]
	e.coef = e.factor.Solve(xy)
	e.rss = g[c.p*q+c.p] - e.factor.Quad(xy)
	if !(e.rss > 0) {
		return
	}
	if c.method == REML {
		logDet += e.factor.LogDet()
	}
	d := c.dof()
	e.value = logDet - c.logWeight + float64(d*(1+math.Log(float64(2*math.Pi*e.rss)/d)))
	e.ok = true
}

func (c *crossed) dof() float64 {
	if c.method == REML {
		return float64(c.n - c.p)
	}
	return float64(c.n)
}

// schur builds the lower triangles of the blocks of the Schur complement
// I + Lambda (R - sum_b te^2/d_b C_b C_b') Lambda.
func (c *crossed) schur(theta, bigD []float64) [][]float64 {
	out := make([][]float64, len(c.blocks))
	for b, levels := range c.blocks {
		out[b] = make([]float64, len(levels)*len(levels))
		for i := range levels {
			out[b][i*len(levels)+i] = 1
		}
	}
	add := func(r, s int32, v float64) {
		b := c.blockOf[r]
		m := len(c.blocks[b])
		i, j := int(c.placeOf[r]), int(c.placeOf[s])
		out[b][max(i, j)*m+min(i, j)] += float64(float64(v*theta[c.owner[r]]) * theta[c.owner[s]])
	}
	for _, v := range c.rest2 {
		add(v.row, v.col, v.weight)
	}
	te2 := theta[c.big] * theta[c.big]
	for b, d := range bigD {
		f := te2 / d
		for x := c.bigStart[b]; x < c.bigStart[b+1]; x++ {
			fx := f * c.bigVal[x]
			for y := c.bigStart[b]; y <= x; y++ {
				add(c.bigCol[x], c.bigCol[y], -float64(fx*c.bigVal[y]))
			}
		}
	}
	return out
}

// gather picks the right-hand sides of a block, one slice per column.
func (c *crossed) gather(levels []int32, rhs []float64) [][]float64 {
	q := c.p + 1
	out := make([][]float64, q)
	for a := range q {
		out[a] = make([]float64, len(levels))
		for i, r := range levels {
			out[a][i] = rhs[int(r)*q+a]
		}
	}
	return out
}

// solveAll returns M^-1 Lambda Z'W[X y] for every level: the eliminated
// grouping and the others, levels × (p+1).
func (c *crossed) solveAll(e *evaluation) (big, rest []float64) {
	q := c.p + 1
	rest = make([]float64, len(c.zxRest))
	for b, levels := range c.blocks {
		for a, h := range c.gather(levels, e.restRHS) {
			forward(e.chol[b], len(levels), h)
			backward(e.chol[b], len(levels), h)
			for i, r := range levels {
				rest[int(r)*q+a] = h[i]
			}
		}
	}
	te := e.theta[c.big]
	big = make([]float64, len(c.zxBig))
	for b, d := range e.bigD {
		for a := range q {
			big[b*q+a] = te * c.zxBig[b*q+a]
		}
		for x := c.bigStart[b]; x < c.bigStart[b+1]; x++ {
			r := int(c.bigCol[x])
			h := float64(te*e.theta[c.owner[r]]) * c.bigVal[x]
			for a := range q {
				big[b*q+a] -= float64(h * rest[r*q+a])
			}
		}
		for a := range q {
			big[b*q+a] /= d
		}
	}
	return big, rest
}

// diagonal returns the diagonal of M^-1 by level.
func (c *crossed) diagonal(e *evaluation) (big, rest []float64) {
	rest = make([]float64, len(c.owner))
	inv := make([][]float64, len(c.blocks))
	for b, levels := range c.blocks {
		m := len(levels)
		inv[b] = inverse(e.chol[b], m)
		for i, r := range levels {
			rest[r] = inv[b][i*m+i]
		}
	}
	te2 := e.theta[c.big] * e.theta[c.big]
	big = make([]float64, len(e.bigD))
	for b, d := range e.bigD {
		s := 0.0
		for x := c.bigStart[b]; x < c.bigStart[b+1]; x++ {
			r := c.bigCol[x]
			vr := float64(c.bigVal[x] * e.theta[c.owner[r]])
			blk := c.blockOf[r]
			m := len(c.blocks[blk])
			row := inv[blk][int(c.placeOf[r])*m : int(c.placeOf[r])*m+m]
			t := 0.0
			for y := c.bigStart[b]; y < x; y++ {
				k := c.bigCol[y]
				t += float64(float64(c.bigVal[y]*e.theta[c.owner[k]]) * row[c.placeOf[k]])
			}
			s += float64(float64(vr*vr)*row[c.placeOf[r]]) + float64(2*vr*t)
		}
		big[b] = 1/d + te2*s/d/d
	}
	return big, rest
}
