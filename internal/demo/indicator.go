package demo

import "math/rand/v2"

// Indicator is an objective figure of a committee as numerator and denominator.
type Indicator struct {
	Committee, ID          string
	Numerator, Denominator int
}

// IndicatorKind describes an indicator of the demonstration.
type IndicatorKind struct {
	ID   string
	Name map[string]string
	Unit map[string]string

	base, spread, follow float64 // level, own spread, slope on the true effect
	denominator          func(*rand.Rand, *committee) int
}

// IndicatorKinds are the objective indicators. All figures are synthetic; each
// follows the true effect of the committee a little, so that survey and
// records agree in part, as they do in life.
var IndicatorKinds = []IndicatorKind{
	{ID: "hotline_on_time", Name: text("12345工单按时办结率", "12345 hotline tickets closed on time"), Unit: text("件", "tickets"),
		base: 0.93, spread: 0.03, follow: 0.006, denominator: func(r *rand.Rand, c *committee) int { return 12 + c.population/8 + r.IntN(30) }},
	{ID: "hotline_solved", Name: text("12345工单实际解决率", "12345 hotline tickets solved"), Unit: text("件", "tickets"),
		base: 0.78, spread: 0.06, follow: 0.010, denominator: func(r *rand.Rand, c *committee) int { return 12 + c.population/8 + r.IntN(30) }},
	{ID: "visit_coverage", Name: text("走访覆盖率", "households visited"), Unit: text("户", "households"),
		base: 0.72, spread: 0.10, follow: 0.012, denominator: func(_ *rand.Rand, c *committee) int { return max(c.population*48/100, 1) }},
	{ID: "council_meetings", Name: text("议事会召开率（按计划次数）", "council meetings held, of those planned"), Unit: text("次", "meetings"),
		base: 0.85, spread: 0.10, follow: 0.010, denominator: func(*rand.Rand, *committee) int { return 12 }},
	{ID: "disclosure_on_time", Name: text("居务公开按时率", "disclosures made on time"), Unit: text("项", "disclosures"),
		base: 0.90, spread: 0.06, follow: 0.006, denominator: func(*rand.Rand, *committee) int { return 24 }},
}

// makeIndicators draws the indicators of every committee. The two hotline
// figures share their tickets.
func (w *World) makeIndicators() {
	r := stream(w.Seed, stageIndicators, 0)
	for i := range w.committees {
		c := &w.committees[i]
		tickets := 0
		for _, k := range IndicatorKinds {
			den := k.denominator(r, c)
			switch k.ID {
			case "hotline_on_time":
				tickets = den
			case "hotline_solved":
				den = tickets
			}
			p := min(max(k.base+float64(k.spread*r.NormFloat64())+float64(k.follow*c.effect), 0.05), 0.995)
			num := 0
			for range den {
				if chance(r, p) {
					num++
				}
			}
			w.Indicators = append(w.Indicators, Indicator{Committee: c.code, ID: k.ID, Numerator: num, Denominator: den})
		}
	}
}
