package rounds

import (
	"strings"
	"testing"

	"gongping/scoring/composite"
	"gongping/web/locale"
)

// TestDifferencesAreSaidInWords: a version that only writes down what the one
// before followed anyway differs in nothing, and a change is named by the words
// of the form, not by its path.
func TestDifferencesAreSaidInWords(t *testing.T) {
	t.Parallel()
	p := locale.Embedded().For("zh")
	old := composite.Default()
	now := ownSections(composite.Default())
	if list := differences(&old, &now, p); len(list) != 0 {
		t.Fatalf("what was followed anyway is a change: %+v", list)
	}
	now.Tree[0].IndicatorWeight = 55
	now.Bands[0].From = 88
	now.Grades.Scale[0].From = 90
	now.Quality.Alpha = 0.01
	now.Missing = composite.NoScore
	want, order := map[string]bool{}, []string{}
	for _, d := range differences(&old, &now, p) {
		if d.Words == "" {
			t.Errorf("%s has no words", d.Where)
		}
		order = append(order, d.Where)
		want[d.Words+": "+d.Old+" → "+d.New] = true
	}
	for _, s := range []string{"居民评价 · 权重: 60 → 55", "档次 · 优秀 · 起始分: 85 → 88", "等次标准 · 优秀 · 起始分: 85 → 90", "缺少数据时: 由其他指标按比例承担，并在页面上注明 → 不给总分"} {
		if !want[s] {
			t.Errorf("%q is not among %v", s, want)
		}
	}
	if len(want) != 5 {
		t.Errorf("%d differences", len(want))
	}
	// As the form has them: weights, missing data, bands, the figures, the scale.
	if got := strings.Join(order, " "); got != "tree.resident.weight missing bands.excellent.from quality.alpha grades.scale.excellent.from" {
		t.Errorf("the order is %s", got)
	}
}
