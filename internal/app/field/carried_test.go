package field

import (
	"fmt"
	"testing"
	"time"

	"gongping/internal/pg/fielddb"
	"gongping/survey/fieldwork"
)

// TestWhatAPhoneCarries: where an evaluator has more cases than a phone takes
// along, those that are done stay behind first, and no case to be done that the
// phone knows already, or that has a call-back, makes place for another.
func TestWhatAPhoneCarries(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	var cases []fielddb.Case
	add := func(n int, name string, change func(*fielddb.Case)) {
		for i := range n {
			c := fielddb.Case{ID: fmt.Sprint(name, i)}
			change(&c)
			cases = append(cases, c)
		}
	}
	add(4, "done", func(c *fielddb.Case) { c.Complete = true })
	add(4, "new", func(*fielddb.Case) {})
	add(2, "tried", func(c *fielddb.Case) { c.Attempts = []fieldwork.Code{fieldwork.NoContact} })
	add(2, "held", func(*fielddb.Case) {})
	held := map[string]bool{"held0": true, "held1": true, "done0": true}
	for most, want := range map[int]string{
		12: "done0 done1 done2 done3 new0 new1 new2 new3 tried0 tried1 held0 held1",
		9:  "done0 new0 new1 new2 new3 tried0 tried1 held0 held1",
		5:  "new0 tried0 tried1 held0 held1",
		2:  "held0 held1",
	} {
		got := ""
		for i, c := range carried(cases, held, now, most) {
			if i > 0 {
				got += " "
			}
			got += c.ID
		}
		if got != want {
			t.Errorf("%d: %s, want %s", most, got, want)
		}
	}
}
