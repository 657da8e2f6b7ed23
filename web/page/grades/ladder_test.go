package grades

import (
	"fmt"
	"testing"

	"gongping/internal/pg/gradedb"
)

// TestLadderShowsAPage: a district has thousands of workers; the page shows
// the recorded ones first and finds the rest by name, number or committee.
func TestLadderShowsAPage(t *testing.T) {
	t.Parallel()
	var list []gradedb.Step
	for i := range 2 * ladderRows {
		list = append(list, gradedb.Step{WorkerNo: fmt.Sprintf("SG%03d", i), Worker: "王例甲", UnitName: "梅陇七村居委会"})
	}
	last := gradedb.Step{WorkerNo: "SG999", Worker: "李例乙", UnitName: "陇南居委会", Post: 2, Level: 7}
	list = append(list, last)
	for _, c := range []struct {
		find            string
		all, set, shown int
	}{{"", 2*ladderRows + 1, 1, ladderRows}, {"陇南", 1, 1, 1}, {"李例乙", 1, 1, 1}, {"sg001", 1, 0, 1}, {"SG0", 0, 0, 0}, {"梅陇七村", 2 * ladderRows, 0, ladderRows}} {
		d := ladderData{Find: c.find}
		d.pick(list)
		if d.All != c.all || d.Set != c.set || len(d.Steps) != c.shown {
			t.Errorf("%q: %d found, %d recorded, %d shown", c.find, d.All, d.Set, len(d.Steps))
		}
		if c.set > 0 && d.Steps[0] != last {
			t.Errorf("%q begins with %+v", c.find, d.Steps[0])
		}
	}
}
