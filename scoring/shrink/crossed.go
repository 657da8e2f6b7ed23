package shrink

import (
	"slices"
)

// maxBlock bounds the dense blocks of the Schur complement: 6,000 levels take
// 288 MB and a minute per fit.
const maxBlock = 6000

// crossed holds the cross-products of a model with several groupings. The
// grouping with most levels is eliminated first: its own block is diagonal,
// whatever the design. The Schur complement on the levels of the others falls
// into blocks that share no row and no eliminated level: single levels when
// the groupings are nested, one dense block when everybody meets everybody.
type crossed struct {
	d      Mixed
	method Method
	n, p   int
	// big is the eliminated grouping, rest the others in order; offset[k] is
	// where the levels of rest[k] begin among the remaining levels.
	big    int
	rest   []int
	offset []int
	owner  []int // grouping of every remaining level
	// Cross-products. zx* are levels × (p+1) sums of the columns [X y].
	bigWeight []float64
	zxBig     []float64
	zxRest    []float64
	xx        []float64
	bigStart  []int32 // rows of the sparse big × rest table
	bigCol    []int32
	bigVal    []float64
	rest2     []pairSum // products among remaining levels, row >= col
	logWeight float64
	blocks    [][]int32 // remaining levels of every block
	blockOf   []int32
	placeOf   []int32
	centre    centring
	kept      []int
	x         [][]float64 // centred columns kept, then y
}

// pairSum is the summed weight of the rows that share two remaining levels.
type pairSum struct {
	row, col int32
	weight   float64
}

func newCrossed(d Mixed, method Method) (*crossed, error) {
	c := &crossed{d: d, method: method, n: len(d.Y)}
	for k, g := range d.Groups {
		if g.Levels > d.Groups[c.big].Levels {
			c.big = k
		}
	}
	total := 0
	for k, g := range d.Groups {
		if k == c.big {
			continue
		}
		c.rest = append(c.rest, k)
		c.offset = append(c.offset, total)
		for range g.Levels {
			c.owner = append(c.owner, k)
		}
		total += g.Levels
	}
	c.centreColumns()
	if c.n <= c.p {
		return nil, fault("too_few", "collect more answers or use fewer covariates",
			"%d rows cannot carry %d coefficients", c.n, c.p)
	}
	c.levelSums(total)
	c.tables(total)
	c.findBlocks(total)
	for _, b := range c.blocks {
		if len(b) > maxBlock {
			return nil, fault("too_large", "fit one district at a time, or drop the smaller grouping",
				"%d levels are tied together by the larger grouping; the limit is %d", len(b), maxBlock)
		}
	}
	return c, nil
}

// centreColumns centres, drops dependent columns and sums the products.
func (c *crossed) centreColumns() {
	c.centre = centre(c.d)
	p := len(c.d.X)
	all := make([][]float64, p+1)
	for k := range all {
		src := column(c.d, k)
		all[k] = make([]float64, c.n)
		for i, v := range src {
			all[k][i] = v - c.centre.shift[k]
		}
	}
	xx := c.products(all)
	sum := float64(c.n)
	if c.d.PriorWeight != nil {
		sum = 0
		for _, w := range c.d.PriorWeight {
			sum += w
		}
	}
	c.kept = c.centre.keptColumns(xx, p, sum)
	for _, k := range c.kept {
		c.x = append(c.x, all[k])
	}
	c.x = append(c.x, all[p])
	c.p = len(c.kept)
	c.xx = c.products(c.x)
}

func (c *crossed) weight(i int) float64 {
	if c.d.PriorWeight == nil {
		return 1
	}
	return c.d.PriorWeight[i]
}

func (c *crossed) products(x [][]float64) []float64 {
	q := len(x)
	out := make([]float64, q*q)
	for a := range q {
		for b := range a + 1 {
			s := 0.0
			for i := range c.n {
				s += float64(float64(c.weight(i)*x[a][i]) * x[b][i])
			}
			out[a*q+b], out[b*q+a] = s, s
		}
	}
	return out
}

func (c *crossed) levelSums(total int) {
	q := c.p + 1
	bigCodes := c.d.Groups[c.big].Codes
	c.bigWeight = make([]float64, c.d.Groups[c.big].Levels)
	c.zxBig = make([]float64, len(c.bigWeight)*q)
	c.zxRest = make([]float64, total*q)
	for i, b := range bigCodes {
		w := c.weight(i)
		c.bigWeight[b] += w
		for a, x := range c.x {
			v := float64(w * x[i])
			c.zxBig[int(b)*q+a] += v
			for k, g := range c.rest {
				r := c.offset[k] + int(c.d.Groups[g].Codes[i])
				c.zxRest[r*q+a] += v
			}
		}
	}
}

// tables builds the sparse cross-tables by sorting packed level pairs.
func (c *crossed) tables(total int) {
	type cell struct {
		key uint64
		w   float64
	}
	bigCells := make([]cell, 0, c.n*len(c.rest))
	restCells := make([]cell, 0, c.n*len(c.rest)*(len(c.rest)+1)/2)
	for i, b := range c.d.Groups[c.big].Codes {
		w := c.weight(i)
		for k, g := range c.rest {
			r := uint64(c.offset[k]) + uint64(c.d.Groups[g].Codes[i])
			bigCells = append(bigCells, cell{uint64(b)<<32 | r, w})
			for l := range k + 1 {
				s := uint64(c.offset[l]) + uint64(c.d.Groups[c.rest[l]].Codes[i])
				restCells = append(restCells, cell{r<<32 | s, w})
			}
		}
	}
	merge := func(cells []cell) []cell {
		slices.SortStableFunc(cells, func(a, b cell) int {
			switch {
			case a.key < b.key:
				return -1
			case a.key > b.key:
				return 1
			}
			return 0
		})
		out := cells[:0]
		for _, v := range cells {
			if len(out) > 0 && out[len(out)-1].key == v.key {
				out[len(out)-1].w += v.w
			} else {
				out = append(out, v)
			}
		}
		return out
	}
	bigCells = merge(bigCells)
	c.bigStart = make([]int32, len(c.bigWeight)+1)
	for _, v := range bigCells {
		c.bigStart[v.key>>32+1]++
		c.bigCol = append(c.bigCol, int32(v.key&0xffffffff))
		c.bigVal = append(c.bigVal, v.w)
	}
	for b := range c.bigWeight {
		c.bigStart[b+1] += c.bigStart[b]
	}
	for _, v := range merge(restCells) {
		c.rest2 = append(c.rest2, pairSum{int32(v.key >> 32), int32(v.key & 0xffffffff), v.w})
	}
}

// findBlocks joins remaining levels that meet in a row or in an eliminated
// level.
func (c *crossed) findBlocks(total int) {
	parent := make([]int32, total)
	for i := range parent {
		parent[i] = int32(i)
	}
	find := func(i int32) int32 {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	join := func(a, b int32) {
		a, b = find(a), find(b)
		if a < b {
			parent[b] = a
		} else if b < a {
			parent[a] = b
		}
	}
	for _, v := range c.rest2 {
		join(v.row, v.col)
	}
	for b := range c.bigWeight {
		for e := c.bigStart[b]; e+1 < c.bigStart[b+1]; e++ {
			join(c.bigCol[e], c.bigCol[e+1])
		}
	}
	c.blockOf, c.placeOf = make([]int32, total), make([]int32, total)
	for i := range total {
		r := find(int32(i))
		if int(r) == i {
			c.blockOf[i] = int32(len(c.blocks))
			c.blocks = append(c.blocks, nil)
		}
		b := c.blockOf[r]
		c.blockOf[i] = b
		c.placeOf[i] = int32(len(c.blocks[b]))
		c.blocks[b] = append(c.blocks[b], int32(i))
	}
}
