package assess_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gongping/internal/demo"
	"gongping/scoring"
	"gongping/scoring/assess"
	"gongping/scoring/composite"
	"gongping/survey"
)

// big makes an input of n answers in k committees with all columns filled.
func big(n, k int) *scoring.Input {
	q := demo.DefaultQuestionnaire()
	in := &scoring.Input{Format: scoring.InputFormat, District: "310104", RuleBook: composite.Default(), Questionnaire: q}
	r := rand.New(rand.NewPCG(1, 2))
	effect := make([]float64, k)
	for u := range k {
		code := fmt.Sprintf("310104%03d%03d", u/25, u%25)
		in.Units = append(in.Units, scoring.Unit{Code: code})
		in.Strata = append(in.Strata, scoring.Stratum{Stratum: code, Committee: code, Method: "simple", Population: 3000, Sample: 2 * n / k})
		for _, sex := range []string{"f", "m"} {
			for _, band := range survey.AgeBands {
				in.Margins = append(in.Margins, scoring.Margin{Committee: code, Sex: sex, AgeBand: band, Persons: 300})
			}
		}
		in.Outcomes = append(in.Outcomes, scoring.Outcome{Committee: code, Disposition: "1.1", Cases: n / k}, scoring.Outcome{Committee: code, Disposition: "2.2", Cases: n / k})
		effect[u] = r.NormFloat64() * 3
	}
	grades := []string{"1", "2", "3", "4", "5"}
	for i := range n {
		u := i % k
		a := scoring.Answer{ID: fmt.Sprintf("%08x-0000-4000-8000-%012x", r.Uint32(), i), Committee: in.Units[u].Code, Stratum: in.Units[u].Code, DesignWeight: 20,
			Sex: "fm"[i&1 : i&1+1], AgeBand: survey.AgeBands[r.IntN(5)], Tenure: "owner", Mode: "door", Evaluator: "e" + strconv.Itoa(u%500),
			Building: in.Units[u].Code + strconv.Itoa(r.IntN(12)), Household: strconv.Itoa(i), Day: fmt.Sprintf("2026-09-%02d", 1+r.IntN(28))}
		own := 80 + effect[u] + 15*r.NormFloat64()
		a.Values = make([]string, len(q.Items))
		for j := range q.Items[:len(q.Items)-1] {
			a.Values[j] = grades[min(max(int(own+12*r.NormFloat64()+12.5)/25, 0), 4)]
		}
		in.Answers = append(in.Answers, a)
	}
	slices.SortFunc(in.Answers, func(a, b scoring.Answer) int { return strings.Compare(a.ID, b.ID) }) // as the database gives them
	return in
}

// BenchmarkRun is a whole run: 10^5 answers in 650 committees, and with
// -bench Run/1000000 the goal of 10^6 in 6,500.
func BenchmarkRun(b *testing.B) {
	for _, size := range [][2]int{{100_000, 650}, {1_000_000, 6500}} {
		b.Run(strconv.Itoa(size[0]), func(b *testing.B) {
			in := big(size[0], size[1])
			b.ReportAllocs()
			for b.Loop() {
				last := time.Now()
				_, err := assess.Run(in, func(_ float64, stage string) {
					if b.N == 1 {
						b.ReportMetric(time.Since(last).Seconds(), "s-until-"+stage)
					}
					last = time.Now()
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
