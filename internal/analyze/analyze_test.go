package analyze

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"gongping/analytics/fairness"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/scoring/estimate"
)

// survey writes a table of n residents in strata, buildings and units, and
// returns its lines.
func survey(n int, seed uint64) []string {
	rng := rand.New(rand.NewPCG(seed, 1))
	lines := []string{"id,街道,building,unit,w,sex,age,q1,q2,week"}
	for i := range n {
		u := rng.IntN(12)
		q := func() string {
			switch k := rng.IntN(20); {
			case k == 0:
				return "9"
			case k == 1:
				return ""
			default:
				return fmt.Sprint(min(5, max(1, 3+rng.IntN(4)-rng.IntN(2)-u%3)))
			}
		}
		lines = append(lines, fmt.Sprintf("%d,街%d,%d,U%02d,%.3f,%s,%d,%s,%s,%d",
			i+1, u%3, u*20+rng.IntN(20), u, 1+rng.Float64()*3, []string{"f", "m", ""}[min(2, rng.IntN(9)/4)], 18+rng.IntN(70), q(), q(), rng.IntN(6)))
	}
	return lines
}

const surveySpec = `
design: {id: id, weight: w, strata: 街道, clusters: [building], lonely: average,
  rake: [{column: sex, totals: {f: 0.52, m: 0.48}}]}
items: [{columns: [q1, q2], dont_know: [9], scale: 1..5}]
scores: [{name: s, label: 满意度, items: [q1, q2]}]
covariates: [sex, {column: age, as: number}]
statistics:
  - {stat: fair_score, of: s, unit: unit, adjust: true, answers: true, evidence: {building: building, week: week}}
  - {stat: mean, of: [s, q1], by: [unit], bootstrap: 50}
  - {stat: total, of: q1, by: [街道]}
  - {stat: proportion, of: q1, values: [4, 5], by: [unit], method: beta}
  - {stat: quantile, of: s, by: [街道], at: [0.25, 0.5]}
  - {stat: ratio, of: q1, over: q2, by: [街道]}
  - {stat: dist, of: q1, by: [街道]}
  - {stat: ttest, of: s, group: sex}
  - {stat: chisq, of: sex, over: q1}
  - {stat: regression, of: s}
  - {stat: regression, of: q1, values: [4, 5], family: binomial}
  - {stat: compare, of: s, by: [unit], adjust: true, correction: BH}
  - {stat: robust, of: s, by: [街道]}
  - {stat: icc, of: [q1, q2]}
  - {stat: icc, of: s, by: [unit]}
  - {stat: alpha, of: [q1, q2]}
  - {stat: interviewer, of: s, unit: week}
  - {stat: inequality, of: age}
  - {stat: funnel, of: q1, unit: unit, values: [4, 5]}
`

func run(t testing.TB, spec string, lines []string) *Report {
	t.Helper()
	r, err := try(t, spec, lines)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func try(t testing.TB, spec string, lines []string) (*Report, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.csv")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Parse("spec.yaml", []byte(spec))
	if err != nil {
		t.Fatal(err)
	}
	return Run(t.Context(), s, path)
}

func encode(t testing.TB, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := JSON(&b, r); err != nil {
		t.Fatal(err) // NaN and infinities do not encode: none may come out
	}
	return b.String()
}

// A figure must not depend on the order of the file or the number of processors:
// every statistic, the whole way from the file to the last digit.
func TestEveryStatisticIsBitIdenticalForAnyOrderAndCores(t *testing.T) {
	lines := survey(4000, 3)
	want := encode(t, run(t, surveySpec, lines))
	rows := lines[1:]
	rng := rand.New(rand.NewPCG(5, 6))
	old := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(old)
	for _, procs := range []int{1, 2, 7} {
		runtime.GOMAXPROCS(procs)
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		if got := encode(t, run(t, surveySpec, lines)); got != want {
			t.Fatalf("with %d processors and other row order the report differs: %s", procs, firstDifference(got, want))
		}
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return x[i] + " / " + y[i]
		}
	}
	return "length"
}

func table(t testing.TB, r *Report, stat string) *Table {
	t.Helper()
	for _, x := range r.Tables {
		if x.Stat == stat {
			return x
		}
	}
	t.Fatalf("no table of %s", stat)
	return nil
}

func (t *Table) cell(row int, key string) Cell {
	for j, h := range t.Heads {
		if h.Key == key {
			return t.Cells[row][j]
		}
	}
	panic("no column " + key)
}

func (t *Table) find(key, value string) int {
	for i := range t.Cells {
		if t.cell(i, key).Text == value {
			return i
		}
	}
	panic("no row " + value)
}

// A filter is a domain: the standard error is that of the whole design.
func TestFilterIsADomain(t *testing.T) {
	t.Parallel()
	lines := []string{"h,x,y"}
	var y []float64
	var code []int32
	in := []bool{}
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 60 {
		v := rng.IntN(9)
		lines = append(lines, fmt.Sprintf("%d,%d,%d", i/20, i%3, v))
		y, code, in = append(y, float64(v)), append(code, int32(i/20)), append(in, i%3 == 0)
	}
	r := run(t, "design: {strata: h}\nwhere: x = 0\nstatistics: [{stat: mean, of: \"y\"}]", lines)
	d, err := estimate.New(estimate.Spec{Rows: 60, Stages: []estimate.Stage{{Stratum: code}}, Lonely: estimate.LonelyFail})
	if err != nil {
		t.Fatal(err)
	}
	want, err := estimate.Mean(d, estimate.Of(y), in)
	if err != nil {
		t.Fatal(err)
	}
	got := *table(t, r, "mean").cell(0, "se").Number
	if math.Abs(got-want.SE) > 1e-12 {
		t.Errorf("se %v, want %v", got, want.SE)
	}
	alone := run(t, "design: {strata: h}\nstatistics: [{stat: mean, of: \"y\"}]", func() []string {
		out := []string{lines[0]}
		for i, l := range lines[1:] {
			if in[i] {
				out = append(out, l)
			}
		}
		return out
	}())
	if *table(t, alone, "mean").cell(0, "se").Number == got {
		t.Error("a filtered file gives the same error: this test cannot fail")
	}
}

func TestDontKnowIsNotMissing(t *testing.T) {
	t.Parallel()
	lines := []string{"i,q"}
	for i := range 60 {
		lines = append(lines, fmt.Sprintf("%d,%s", i, []string{"1", "5", "9", "3", "", "9"}[i%6]))
	}
	r := run(t, "items: [{column: q, dont_know: [9], scale: 5..1}]\nstatistics: [{stat: mean, of: q}, {stat: dist, of: q}]", lines)
	m := table(t, r, "mean")
	if n, v := *m.cell(0, "n").Number, *m.cell(0, "estimate").Number; n != 30 || math.Abs(v-50) > 1e-12 {
		t.Errorf("n %v, mean %v", n, v)
	}
	if got := strings.Join(m.Notes, " "); !strings.Contains(got, "of 60 rows 20 don't know, 10 without an answer") {
		t.Error(got)
	}
	d := table(t, r, "dist")
	if n := *d.cell(d.find("value", "don't know"), "n").Number; n != 20 {
		t.Errorf("don't know: %v", n)
	}
	if _, err := try(t, "items: [{column: q, scale: 1..5}]\nstatistics: [{stat: mean, of: q}]", lines); err == nil || !strings.Contains(err.Error(), `found "9"`) {
		t.Errorf("a value outside the scale passed: %v", err)
	}
}

// small has a group of four.
func small() []string {
	lines := []string{"g,h,q"}
	for i := range 104 {
		g := []string{"a", "b", "c", "d"}[i%4]
		if i >= 100 {
			g = "e"
		}
		lines = append(lines, fmt.Sprintf("%s,%d,%d", g, i%2, 1+i*7%5))
	}
	return lines
}

func TestSmallCellsAreHiddenAndCannotBeWorkedOut(t *testing.T) {
	t.Parallel()
	how := func(spec string) (primary, secondary int, total string) {
		tab := run(t, spec, small()).Tables[0]
		for i := range tab.Cells {
			switch tab.cell(i, "estimate").Hidden {
			case fairness.Primary:
				primary++
			case fairness.Secondary:
				secondary++
			}
			if g := tab.cell(i, "group").Text; strings.HasPrefix(g, "all") {
				total = g
			}
		}
		return
	}
	if p, s, total := how("statistics: [{stat: mean, of: q, by: g}]"); p != 1 || s != 0 || total != "all shown" {
		t.Errorf("by group: %d %d %s", p, s, total)
	}
	if p, s, total := how("statistics: [{stat: mean, of: q, by: g, total: all}]"); p != 1 || s != 1 || total != "all" {
		t.Errorf("with the total: %d %d %s", p, s, total)
	}
	if p, s, _ := how("statistics: [{stat: mean, of: q, by: g}, {stat: mean, of: q}]"); p != 1 || s != 1 {
		t.Errorf("with the total in another table: %d %d", p, s)
	}
	if p, s, _ := how("statistics: [{stat: mean, of: q, by: [g, h]}]"); p != 2 || s < 2 {
		t.Errorf("two ways: %d %d", p, s)
	}
	if p, _, _ := how("min_cell: 3\nstatistics: [{stat: mean, of: q, by: g}]"); p != 0 {
		t.Errorf("min_cell 3: %d hidden", p)
	}
	var b bytes.Buffer
	r := run(t, "items: [{column: q, scale: 1..5}]\nstatistics: [{stat: mean, of: q, by: g}, {stat: compare, of: q, by: g}, {stat: fair_score, of: q, unit: g}, {stat: robust, of: q, by: g}, {stat: funnel, of: q, unit: g, values: [5]}]", small())
	if err := CSV(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, tab := range r.Tables {
		for i, row := range tab.Cells {
			for _, c := range row {
				if c.Text == "e" {
					for j, x := range tab.Cells[i] {
						if x.Number != nil {
							t.Errorf("%s shows %v of the group of four in %s", tab.Stat, *x.Number, tab.Heads[j].Key)
						}
					}
				}
			}
		}
	}
}

func TestDurham(t *testing.T) {
	t.Parallel()
	data := testkit.SharedFile(t, "data", "durham-resident-survey-2022", "responses.csv")
	text, err := os.ReadFile("testdata/durham.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse("durham.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), s, data)
	if err != nil {
		t.Fatal(err)
	}
	m := table(t, r, "mean")
	hidden := 0
	for i := range m.Cells {
		h, g := m.cell(i, "estimate").Hidden, m.cell(i, "group").Text
		if (g == "PAC 5") != (h == fairness.Primary) {
			t.Errorf("%s: %v", g, h)
		}
		if g == "PAC 5" {
			hidden++
		}
	}
	if hidden != 7 {
		t.Errorf("PAC 5 is hidden %d times, want for 6 items and the score", hidden)
	}
	pairs := r.Tables[2]
	if len(pairs.Cells) != 6 || !strings.Contains(strings.Join(pairs.Notes, " "), "told apart") {
		t.Errorf("%d pairs, %v", len(pairs.Cells), pairs.Notes)
	}
	// With unit weights and no raking the means are plain means: PAC 2's courtesy
	// has 137 answers and was computed from the file by hand.
	plain, err := Parse("plain", []byte("items: [{column: q19c_02, dont_know: [9]}]\nwhere: q19b = 1\nstatistics: [{stat: mean, of: q19c_02, by: pac}]"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Run(t.Context(), plain, data)
	if err != nil {
		t.Fatal(err)
	}
	i := p.Tables[0].find("group", "PAC 2")
	if n, v := *p.Tables[0].cell(i, "n").Number, *p.Tables[0].cell(i, "estimate").Number; n != 137 || math.Abs(v-handMean) > 1e-9 {
		t.Errorf("PAC 2: n %v, mean %v", n, v)
	}
}

func TestDocumentHoldsTheTestedSpecification(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/analyze.md")
	if err != nil {
		t.Fatal(err)
	}
	spec, err := os.ReadFile("testdata/durham.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(doc, spec) {
		t.Error("docs/analyze.md does not hold testdata/durham.yaml word for word")
	}
}

// The adjusted mean is mean_g − (xbar_g − xbar)'b with the slope within groups,
// and raking to a margin that the groups are makes their totals exact.
func TestAdjustedMeansFollowTheFormula(t *testing.T) {
	t.Parallel()
	lines := []string{"g,x,q"}
	var xs, ys [2][]float64
	rng := rand.New(rand.NewPCG(8, 8))
	for i := range 80 {
		g := i % 2
		x := float64(rng.IntN(10) + 3*g)
		y := 20 + 2*x + 10*float64(g) + float64(rng.IntN(7))
		xs[g], ys[g] = append(xs[g], x), append(ys[g], y)
		lines = append(lines, fmt.Sprintf("g%d,%g,%g", g, x, y))
	}
	r := run(t, "covariates: [{column: x, as: number}]\nstatistics: [{stat: compare, of: q, by: g, adjust: true}]", lines)
	sxy, sxx, all := 0.0, 0.0, 0.0
	var mx, my [2]float64
	for g := range 2 {
		for i := range xs[g] {
			mx[g] += xs[g][i] / 40
			my[g] += ys[g][i] / 40
		}
		for i := range xs[g] {
			sxy += (xs[g][i] - mx[g]) * (ys[g][i] - my[g])
			sxx += (xs[g][i] - mx[g]) * (xs[g][i] - mx[g])
		}
		all += mx[g] / 2
	}
	for g := range 2 {
		want := my[g] - (mx[g]-all)*sxy/sxx
		if got := *r.Tables[0].cell(g, "adjusted").Number; math.Abs(got-want) > 1e-9 {
			t.Errorf("group %d: %v, want %v", g, got, want)
		}
	}
}

// Functions and products of covariates are the columns worked out by hand.
func TestCovariatesTakeFunctionsAndProducts(t *testing.T) {
	t.Parallel()
	lines := []string{"x,sex,y,lx,sq,xs"}
	rng := rand.New(rand.NewPCG(5, 5))
	for i := range 90 {
		x, s := float64(1+rng.IntN(20)), i%2
		lines = append(lines, fmt.Sprintf("%g,%s,%g,%v,%v,%v", x, []string{"f", "m"}[s], 20+3*x+float64(rng.IntN(9)), math.Log(x), x*x, x*float64(s)))
	}
	coefficients := func(covariates string) (out []float64) {
		r := run(t, "covariates: "+covariates+"\nstatistics: [{stat: regression, of: y}]", lines)
		for i := range r.Tables[0].Cells {
			out = append(out, *r.Tables[0].cell(i, "coefficient").Number)
		}
		return out
	}
	got := coefficients("[{column: x, as: log}, {column: x, as: square}, sex, {column: x, as: number, times: sex}]")
	want := coefficients("[{column: lx, as: number}, {column: sq, as: number}, sex, {column: xs, as: number}]")
	if len(got) != 5 || len(want) != 5 {
		t.Fatalf("%v, %v", got, want)
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-9*math.Max(1, math.Abs(want[i])) {
			t.Errorf("term %d: %v, want %v", i, got[i], want[i])
		}
	}
	for spec, hint := range map[string]string{
		"[log(x)]":                "as: log",
		"[{column: x, as: poly}]": "category, number, log, sqrt, square",
		"[\"x:sex\"]":             "times: sex",
		"[{column: xs, as: log}]": "numbers above 0",
		"[{column: x, times: {column: sex, times: y}}]": "a product of two columns",
	} {
		text := "covariates: " + spec + "\nstatistics: [{stat: regression, of: y}]"
		_, err := Parse("spec.yaml", []byte("data: data.csv\n"+text))
		if err == nil {
			_, err = try(t, text, lines)
		}
		text = fmt.Sprint(err)
		if e, ok := errors.AsType[*errs.Error](err); ok {
			for _, d := range e.Details {
				text += "\n" + d.Error()
			}
		}
		if err == nil || !strings.Contains(text, hint) {
			t.Errorf("%s: %s, want %q in it", spec, text, hint)
		}
	}
}

func TestRakingReachesTheMarginsAndShrinksTheError(t *testing.T) {
	t.Parallel()
	lines := []string{"sex,q"}
	rng := rand.New(rand.NewPCG(2, 2))
	for i := range 200 {
		s := i % 4 / 3
		lines = append(lines, fmt.Sprintf("%s,%d", []string{"f", "m"}[s], 40*s+rng.IntN(10)))
	}
	const stats = "statistics: [{stat: proportion, of: sex, values: [m]}, {stat: mean, of: q}]"
	raked := run(t, "design: {rake: [{column: sex, totals: {f: 0.5, m: 0.5}}]}\n"+stats, lines)
	if p := table(t, raked, "proportion"); math.Abs(*p.cell(0, "estimate").Number-0.5) > 1e-9 || *p.cell(0, "se").Number > 1e-9 {
		t.Errorf("share %v ± %v: a margin is known", *p.cell(0, "estimate").Number, *p.cell(0, "se").Number)
	}
	plain := run(t, stats, lines)
	if a, b := *table(t, raked, "mean").cell(0, "se").Number, *table(t, plain, "mean").cell(0, "se").Number; a > b/3 {
		t.Errorf("error %v with raking, %v without, although sex explains most of q", a, b)
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	r := run(t, surveySpec, append(survey(600, 9), "=cmd,街0,1,=HYPERLINK(),1,f,30,3,3,1"))
	var doc struct {
		Tables []struct{ Rows []map[string]any }
	}
	if err := json.Unmarshal([]byte(encode(t, r)), &doc); err != nil || len(doc.Tables) != len(r.Tables) {
		t.Fatalf("%v %d", err, len(doc.Tables))
	}
	var c, x, text bytes.Buffer
	if err := CSV(&c, r); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(c.String(), ",=HYPERLINK") {
		t.Error("a formula went into the CSV")
	}
	if err := XLSX(&x, r); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&x)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(f.GetSheetList()); got != len(r.Tables)+1 {
		t.Errorf("%d sheets for %d tables", got, len(r.Tables))
	}
	if err := Text(&text, r); err != nil {
		t.Fatal(err)
	}
	// Columns stay aligned under wide characters: every line of a table ends its
	// second column at the same place.
	lines := strings.Split(text.String(), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, "Mean by unit") {
			head := strings.Index(lines[i+1], "group")
			row := lines[i+4]
			if at := cellWidth(row[:strings.Index(row, "U00")]); at != head {
				t.Errorf("group stands at %d under a head at %d", at, head)
			}
			return
		}
	}
	t.Error("no table of means")
}

func TestDataFaultsSayWhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ spec, data, want string }{
		"column":     {"statistics: [{stat: mean, of: satisfaktion}]", "satisfaction\n3", "did you mean satisfaction?"},
		"of":         {"statistics: [{stat: mean, of: satisfaktion}]", "satisfaction\n3", "field statistics[1].of"},
		"by":         {"statistics: [{stat: mean, of: q, by: [q, street]}]", "q\n3", "field statistics[1].by"},
		"weights":    {"design: {weight: w}\nstatistics: [{stat: mean, of: q}]", "q\n3", "field design.weight"},
		"twice =":    {"where: q == 7\nstatistics: [{stat: mean, of: q}]", "q\n3", "a condition that some row meets"},
		"text":       {"statistics: [{stat: mean, of: q}]", "q\n3\nhigh", "row 3, column q"},
		"twice":      {"design: {id: id}\nstatistics: [{stat: mean, of: q}]", "id,q\na,1\na,2", "a row is there twice"},
		"weight":     {"design: {weight: w}\nstatistics: [{stat: mean, of: q}]", "w,q\n1,1\n-2,2", "row 3, column w"},
		"stratum":    {"design: {strata: h}\nstatistics: [{stat: mean, of: q}]", "h,q\n1,1\n,2", "row 3, column h"},
		"no rows":    {"statistics: [{stat: mean, of: q}]", "q", "no rows"},
		"filter":     {"where: q = 8\nstatistics: [{stat: mean, of: q}]", "q\n1\n2", "q holds 1, 2"},
		"values":     {"statistics: [{stat: proportion, of: q, values: [7]}]", "q\n1\n2", "one of 1, 2"},
		"margin":     {"design: {rake: [{column: q, totals: {\"1\": 1}}]}\nstatistics: [{stat: mean, of: q}]", "q\n1\n2", "no total for the value 2"},
		"scale":      {"statistics: [{stat: fair_score, of: q, unit: u}]", "u,q\na,1\na,200", "scores from 0 to 100"},
		"marks":      {"statistics: [{stat: fair_score, of: q, unit: u}]", "u,q\na,1\na,5", "such as scale: 1..5"},
		"one group":  {"min_cell: 1\nstatistics: [{stat: compare, of: q, by: u}]", "u,q\na,1\na,2", "2 to 60 groups"},
		"few":        {"statistics: [{stat: inequality, of: q}]", "q\n1\n2", "min_cell"},
		"quotes":     {"statistics: [{stat: mean, of: q}]", "q\n\"1\n", "row 2"},
		"lonely":     {"min_cell: 1\ndesign: {strata: h}\nstatistics: [{stat: ttest, of: q}]", "h,q\na,1\na,2\nb,3", "one sampled unit"},
		"population": {"design: {fpc: [N]}\nstatistics: [{stat: mean, of: q}]", "N,q\n1,1\n1,2", "population"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := try(t, c.spec, strings.Split(c.data, "\n"))
			if err == nil {
				t.Fatal("no error")
			}
			text := err.Error()
			if e, ok := err.(*errs.Error); ok {
				for _, d := range e.Details {
					text += "\n" + d.Error()
				}
			}
			if !strings.Contains(text, c.want) {
				t.Errorf("%q is not in %q", c.want, text)
			}
		})
	}
}

func TestFlagsAreASpecification(t *testing.T) {
	t.Parallel()
	f := Flags{Stats: []string{"mean", "fair_score:s", "compare:q1"}, Items: []string{"q1", "q2"}, Score: "s", Scale: "1..5", DontKnow: []string{"9"},
		By: []string{"unit"}, Unit: "unit", Weight: "w", Covariates: []string{"sex", "age:number"}, Adjust: true, Level: 0.9, MinCell: 5, Lonely: "fail"}
	s, err := f.Spec()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Statistics) != 3 || s.Statistics[0].Of[0] != "s" || s.Statistics[1].Unit != "unit" || !s.Statistics[2].Adjust || s.Level != 0.9 || !s.Covariates[1].Number {
		t.Errorf("%+v", s)
	}
	if _, err := (Flags{Level: 0.95, MinCell: 10}).Spec(); err == nil || !strings.Contains(err.Error(), "--stat") {
		t.Error(err)
	}
	f.Stats = []string{"median"}
	if _, err := f.Spec(); err == nil || !strings.Contains(err.Error(), "quantile") {
		t.Error(err)
	}
}

// handMean is 553 marks over 137 answers.
const handMean = 553.0 / 137

// The bootstrap's errors stand beside the linearised ones, near them, for every
// group that is shown and for all of them; where a stratum cannot be drawn again the
// report says so.
func TestBootstrapBesideLinearisedErrors(t *testing.T) {
	t.Parallel()
	lines := []string{"g,h,q"}
	for i := range 600 {
		lines = append(lines, fmt.Sprintf("%c,%d,%d", 'a'+i%3, i%2, 1+(i*i+i/7)%5))
	}
	m := table(t, run(t, "design: {strata: h}\nstatistics: [{stat: mean, of: q, by: g, bootstrap: 800}]", lines), "mean")
	if len(m.Cells) != 4 {
		t.Fatalf("%d rows, want three groups and all", len(m.Cells))
	}
	for i := range m.Cells {
		se, boot := m.cell(i, "se").Number, m.cell(i, "bootstrap_se").Number
		if se == nil || boot == nil || math.Abs(*boot / *se - 1) > 0.12 {
			t.Errorf("row %d: linearised %v, bootstrap %v", i, se, boot)
		}
	}
	lines = append(lines, "a,9,3")
	m = table(t, run(t, "design: {strata: h, lonely: average}\nstatistics: [{stat: mean, of: q, by: g, bootstrap: 50}]", lines), "mean")
	if m.cell(0, "bootstrap_se").Number != nil || !strings.Contains(strings.Join(m.Notes, " "), "one first-stage unit") {
		t.Errorf("a stratum with one unit: %v", m.Notes)
	}
}
