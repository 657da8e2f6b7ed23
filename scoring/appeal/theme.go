package appeal

import (
	"math"
	"slices"
)

// Voice is what the test for collective complaints needs to know of an answer.
// Low tells for each question whether it got one of the two lowest grades.
type Voice struct {
	ID        string
	Household string // "" where not known: then it counts as one of its own
	Batch     string // the building and day of answers by link, which do not corroborate each other; "" for others
	Low       []bool
}

// ThemeRules are the bounds of the test for collective complaints.
type ThemeRules struct {
	Households int     // at least so many unrelated households
	Alpha      float64 // level of the test, over all questions together
}

// DefaultThemeRules are what a rule book starts with.
func DefaultThemeRules() ThemeRules { return ThemeRules{Households: 3, Alpha: 0.01} }

// Themes finds the answers of a unit that speak with one another: those that
// gave a low grade to a question to which more unrelated households did than
// chance explains.
//
// Let n be the unrelated households of the unit, k those with a low grade to a
// question, and p the share of low grades to it in all other units (base). The
// question is a theme where k ≥ Households and
//
//	Q · P(X ≥ k) < Alpha,   X ~ Binomial(n, p),
//
// Q being the number of questions (Bonferroni). Answers of one household are
// one voice, and so are answers by link from one building and day with the
// same low questions. The test does not ask how low an answer is as a whole:
// neighbours who complain of one thing and are content with the rest are a
// collective complaint, although none of them stands out.
func Themes(voices []Voice, base []float64, rules ThemeRules) (themes []int, members map[string]bool) {
	members = map[string]bool{}
	voice := groups(voices)
	n := 0
	for _, v := range voice {
		n = max(n, v+1)
	}
	for q, p := range base {
		said := make([]bool, n)
		for i, v := range voices {
			if q < len(v.Low) && v.Low[q] {
				said[voice[i]] = true
			}
		}
		k := 0
		for _, yes := range said {
			if yes {
				k++
			}
		}
		if k < rules.Households || float64(len(base))*BinomialTail(n, k, p) >= rules.Alpha {
			continue
		}
		themes = append(themes, q)
		for _, v := range voices {
			if v.Low[q] {
				members[v.ID] = true
			}
		}
	}
	return themes, members
}

// groups numbers the unrelated voices.
func groups(voices []Voice) []int {
	code := make([]int, len(voices))
	at := map[string]int{}
	number := func(key string) int {
		n, ok := at[key]
		if !ok {
			n = len(at)
			at[key] = n
		}
		return n
	}
	for i, v := range voices {
		switch {
		case v.Batch != "" && slices.Contains(v.Low, true):
			key := "b/" + v.Batch + "/"
			for _, low := range v.Low {
				if low {
					key += "1"
				} else {
					key += "0"
				}
			}
			code[i] = number(key)
		case v.Household != "":
			code[i] = number("h/" + v.Household)
		default:
			code[i] = number("a/" + v.ID)
		}
	}
	return code
}

// BinomialTail is P(X ≥ k) for X ~ Binomial(n, p): the exact terms from k to n are
// added up, each through log gammas. 1 for k ≤ 0, 0 for k > n.
//
// Source: Johnson, Kemp and Kotz (2005), chapter 3.
func BinomialTail(n, k int, p float64) float64 {
	switch {
	case k <= 0:
		return 1
	case k > n || p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	sum := 0.0
	for x := k; x <= n; x++ {
		sum += math.Exp(lg(n) - lg(x) - lg(n-x) + float64(x)*math.Log(p) + float64(n-x)*math.Log1p(-p))
	}
	return math.Min(1, sum)
}
