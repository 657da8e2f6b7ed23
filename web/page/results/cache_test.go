package results

import (
	"testing"
	"time"

	"gongping/internal/authz"
	"gongping/internal/pg/scoredb"
)

// What is kept for one reader is handed to nobody who might be shown something
// else: another role, area, district, version, state, language or filter.
func TestNothingIsSharedThatMayDiffer(t *testing.T) {
	t.Parallel()
	now := time.Now()
	type reading struct {
		run         scoredb.Run
		who         authz.Actor
		lang, query string
	}
	base := reading{scoredb.Run{ID: "run-1", PublishedAt: &now}, authz.Actor{District: "310104", Area: "310104", Role: authz.Leader}, "zh", "q=1"}
	seen := map[string]int{}
	add := func(change func(*reading)) {
		r := base
		change(&r)
		seen[fragmentKey("overview", &r.run, r.who, r.lang, r.query)]++
	}
	n := 0
	for _, role := range authz.Roles {
		add(func(r *reading) { r.who.Role = role })
		n++
	}
	for _, change := range []func(*reading){
		func(r *reading) { r.who.Area = "310104015" }, func(r *reading) { r.who.District = "310105" },
		func(r *reading) { r.run.ID = "run-2" }, func(r *reading) { r.run.PublishedAt = nil }, func(r *reading) { r.run.SupersededBy = "run-2" },
		func(r *reading) { r.lang = "en" }, func(r *reading) { r.query = "q=2" },
	} {
		add(change)
		n++
	}
	if len(seen) != n {
		t.Errorf("%d readings share %d keys: %v", n, len(seen), seen)
	}
}
