package quality

import (
	"testing"

	"gongping/scoring/composite"
	"gongping/survey/quality"
)

// A rule book that says nothing scans with the detectors' own rules; each rule
// that it sets reaches the detectors.
func TestRulesReachTheDetectors(t *testing.T) {
	t.Parallel()
	book := composite.Default()
	if got, want := rulesOf(&book), quality.DefaultRules(); got != want {
		t.Errorf("a silent rule book scans with\n%+v, not\n%+v", got, want)
	}
	book.Quality = &composite.Quality{Alpha: 0.01, ReadAloud: 9, ReadSilent: 21, FastShare: 0.03, NightShare: 0.04, FarShare: 0.06, MatchShare: 0.8, FirstHour: 7, LastHour: 20,
		RouteSeconds: 90, FarMetres: 400, ItemTime: 0.5, StraightItems: 6, CellAnswers: 4, RoundShare: 0.3, CommonShare: 0.03, PhraseMatch: 0.7}
	want := quality.Rules{Alpha: 0.01, ReadAloud: 9, ReadSilent: 21, FastShare: 0.03, NightShare: 0.04, FarShare: 0.06, MatchShare: 0.8, FirstHour: 7, LastHour: 20,
		RouteSeconds: 90, FarMetres: 400, Least: 10, Cell: 4, ItemTime: 0.5, StraightItems: 6, RoundShare: 0.3, CommonShare: 0.03, PhraseMatch: 0.7}
	if got := rulesOf(&book); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
