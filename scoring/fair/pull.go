package fair

// pull is a table of the official influence per unit of weight of ordinary
// answers, over weight and score. It is worked out at three weights and three
// scores that span those of the unit and read by the parabola through them in
// both directions: an ordinary answer acts through a few sums of the unit, so
// that its influence is smooth in both, and nearly linear in the score.
type pull struct {
	cells      int
	w, x       [3]float64 // the nodes
	value      [3][3]float64
	loW, hiW   float64
	loX, hiX   float64
	invW, invX float64 // 2 / range, 0 where there is none
}

// widen takes a cell into the range.
func (t *pull) widen(c *cell) {
	if t.cells == 0 {
		t.loW, t.hiW, t.loX, t.hiX = c.w, c.w, c.adj, c.adj
	}
	t.cells++
	t.loW, t.hiW = min(t.loW, c.w), max(t.hiW, c.w)
	t.loX, t.hiX = min(t.loX, c.adj), max(t.hiX, c.adj)
}

// fill works out the nodes.
func (t *pull) fill(s *unitScorer) {
	t.w = [3]float64{t.loW, 0.5 * (t.loW + t.hiW), t.hiW}
	t.x = [3]float64{t.loX, 0.5 * (t.loX + t.hiX), t.hiX}
	if d := t.hiW - t.loW; d > 0 {
		t.invW = 2 / d
	}
	if d := t.hiX - t.loX; d > 0 {
		t.invX = 2 / d
	}
	for j, w := range t.w {
		for k, x := range t.x {
			switch {
			case j > 0 && t.invW == 0:
				t.value[j][k] = t.value[0][k]
			case k > 0 && t.invX == 0:
				t.value[j][k] = t.value[j][0]
			default:
				c := cell{score: x, adj: x, w: w, design: w, n: 1}
				t.value[j][k] = s.leaveOut(&c) / w
			}
		}
	}
}

// at reads the table.
func (t *pull) at(c *cell) float64 {
	u := float64((c.w-t.loW)*t.invW) - 1
	v := float64((c.adj-t.loX)*t.invX) - 1
	var row [3]float64
	for j := range row {
		row[j] = parabola(t.value[j], v)
	}
	return float64(c.w * parabola(row, u))
}

// parabola goes through y at -1, 0 and 1.
func parabola(y [3]float64, x float64) float64 {
	slope, bend := float64(0.5*(y[2]-y[0])), float64(0.5*(y[2]+y[0]))-y[1]
	return y[1] + float64(x*(slope+float64(x*bend)))
}
