package composite_test

import (
	"encoding/json"
	"strings"
	"testing"

	"gongping/scoring/composite"
)

// A rule book of before keeps its bytes, and follows the defaults.
func TestQualityRules(t *testing.T) {
	t.Parallel()
	book := composite.Default()
	text, err := json.Marshal(book)
	if err != nil || strings.Contains(string(text), "quality") {
		t.Errorf("an old rule book's bytes change: %v", err)
	}
	if q := book.QualityRules(); q.BackCheckShare != 0.1 || q.DeniedToVerify != 2 {
		t.Errorf("defaults %+v", q)
	}
	book.Quality = &composite.Quality{BackCheckShare: 0.2, ItemTypes: map[string]int{"contact": 1}}
	if err := book.Check(); err != nil {
		t.Fatal(err)
	}
	if q := book.QualityRules(); q.BackCheckShare != 0.2 || q.Alpha != 0.05 || q.ItemTypes["contact"] != 1 {
		t.Errorf("%+v", q)
	}
	for name, q := range map[string]composite.Quality{"share": {BackCheckShare: 1.5}, "alpha": {Alpha: 0.9}, "order": {DeniedToVerify: 9, DeniedToSetAside: 3},
		"type": {ItemTypes: map[string]int{"x": 4}}, "below": {MatchShare: -1}} {
		book.Quality = &q
		if err := book.Check(); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
