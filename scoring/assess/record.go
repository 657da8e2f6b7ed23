package assess

import (
	"math"

	"gongping/scoring"
	"gongping/scoring/composite"
)

// record scales an objective indicator. Its standard error is that of a
// proportion with a weak prior, p(1−p)/n at p = (x+1)/(n+2) (Agresti & Coull
// 1998), where the figure is a share; a ratio above 1 carries none. A share of
// tickets brings its own. What was flagged and not decided on has no value.
func record(n composite.Node, v scoring.Indicator) composite.Value {
	if len(v.Held) > 0 {
		return composite.Value{}
	}
	if v.Method == "tickets" {
		s, sse := n.Scale(v.Value, v.SE)
		return composite.Value{OK: true, Score: s, SE: sse, N: int(math.Round(v.Denominator))}
	}
	value, se := v.Numerator/v.Denominator, 0.0
	if value <= 1 && v.Numerator >= 0 {
		p := (v.Numerator + 1) / (v.Denominator + 2)
		se = math.Sqrt(float64(p*(1-p)) / (v.Denominator + 2))
	}
	s, sse := n.Scale(value, se)
	return composite.Value{OK: true, Score: s, SE: sse, N: int(math.Round(v.Denominator))}
}
