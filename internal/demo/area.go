package demo

import (
	"fmt"
	"math"
	"sort"

	"gongping/survey"
)

// gridNames name the grids of a committee.
var gridNames = []string{"第一网格", "第二网格", "第三网格", "第四网格"}

// sizeSpread is the standard deviation of the log of committee sizes.
const sizeSpread = 0.38

// makeAreas builds the tree: district, streets, committees by their real names
// and codes, and two to four synthetic grids in each committee. Areas without
// a residents' committee (the development zone 310104501) are left out.
func (w *World) makeAreas() {
	r := stream(w.Seed, stageAreas, 0)
	byStreet := map[string][][]string{}
	for _, row := range table("xuhui_committees.csv") {
		byStreet[row[2]] = append(byStreet[row[2]], row)
	}
	w.Areas = append(w.Areas, survey.Area{Code: DistrictCode, Level: survey.District, Name: DistrictName, Kind: "市辖区"})
	streets := 0
	for _, row := range table("xuhui_streets.csv") {
		rows := byStreet[row[0]]
		if len(rows) == 0 || (w.Options.Streets > 0 && streets == w.Options.Streets) {
			continue
		}
		streets++
		w.Areas = append(w.Areas, survey.Area{Code: row[0], Parent: DistrictCode, Level: survey.Street, Name: row[1], Kind: row[2]})
		if n := w.Options.Committees; n > 0 && n < len(rows) {
			rows = rows[:n]
		}
		for _, c := range rows {
			w.committees = append(w.committees, committee{code: c[0], name: c[1], street: row[0], streetName: row[1],
				grids: 2 + r.IntN(3)})
		}
	}
	w.shareResidents()
	for i := range w.committees {
		c := &w.committees[i]
		w.Areas = append(w.Areas, survey.Area{Code: c.code, Parent: c.street, Level: survey.Committee, Name: c.name, Kind: "居委会"})
		for g := range c.grids {
			w.Areas = append(w.Areas, survey.Area{Code: c.gridCode(g), Parent: c.code, Level: survey.Grid, Name: gridNames[g], Kind: "网格"})
		}
	}
}

func (c *committee) gridCode(g int) string { return fmt.Sprintf("%s%03d", c.code, g+1) }

// shareResidents gives each committee a target of adults, log-normal around
// the mean, and a number of buildings.
func (w *World) shareResidents() {
	r := stream(w.Seed, stageAreas, 1)
	weights := make([]float64, len(w.committees))
	for i := range weights {
		weights[i] = math.Exp(float64(sizeSpread * min(max(r.NormFloat64(), -2.2), 2.2)))
	}
	for i, n := range apportion(w.Options.Residents, weights) {
		c := &w.committees[i]
		c.population = n
		c.buildings = min(max(n/32, c.grids, 4), 24)
	}
}

// apportion splits total by largest remainders; ties go to the lower index.
func apportion(total int, weights []float64) []int {
	sum := 0.0
	for _, x := range weights {
		sum += x
	}
	out, rest := make([]int, len(weights)), make([]float64, len(weights))
	order := make([]int, len(weights))
	given := 0
	for i, x := range weights {
		exact := float64(float64(total)*x) / sum
		out[i] = int(exact)
		rest[i] = exact - float64(out[i])
		given += out[i]
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return rest[order[a]] > rest[order[b]] })
	for _, i := range order[:total-given] {
		out[i]++
	}
	return out
}
