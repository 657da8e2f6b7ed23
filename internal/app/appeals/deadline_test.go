package appeals_test

import (
	"encoding/json"
	"testing"
	"time"

	"gongping/internal/testkit"
	"gongping/scoring/appeal"
)

// TestDeadlinesComeFromTheRuleBook: days, holidays and worked weekend days of
// the round's rule book decide when an appeal must be filed, accepted and
// decided. The rule book makes every Saturday a working day and takes the
// Wednesdays off, which no built-in calendar does.
func TestDeadlinesComeFromTheRuleBook(t *testing.T) {
	t.Parallel()
	b := begin(t)
	book := b.Rules
	book.Appeal.FileDays, book.Appeal.AcceptDays, book.Appeal.DecideDays = 7, 2, 9
	today := b.Clock.Now().In(appeal.Zone)
	off, on := map[string]bool{}, map[string]bool{}
	for i := range 90 {
		switch d := today.AddDate(0, 0, i); d.Weekday() {
		case time.Saturday:
			book.Appeal.Workdays, on[d.Format(time.DateOnly)] = append(book.Appeal.Workdays, d.Format(time.DateOnly)), true
		case time.Wednesday:
			book.Appeal.Holidays, off[d.Format(time.DateOnly)] = append(book.Appeal.Holidays, d.Format(time.DateOnly)), true
		}
	}
	body, err := json.Marshal(book)
	if err != nil {
		t.Fatal(err)
	}
	for _, do := range []struct {
		sql  string
		args []any
	}{{`alter table rule_book disable trigger user`, nil}, {`update rule_book set body = $1`, []any{body}}, {`alter table rule_book enable trigger user`, nil}} {
		if _, err := testkit.OwnerDB(t).Exec(b.ctx, do.sql, do.args...); err != nil {
			t.Fatal(err)
		}
	}
	calendar, err := appeal.NewCalendar(nil, nil) // what is built in: public holidays stay
	if err != nil {
		t.Fatal(err)
	}
	after := func(days int) string { // counted day by day
		d := today
		for days > 0 {
			d = d.AddDate(0, 0, 1)
			if s := d.Format(time.DateOnly); !off[s] && (on[s] || calendar.Working(d)) {
				days--
			}
		}
		return d.Format(time.DateOnly)
	}
	d := b.state(t, b.file(t, "calculation"))
	for name, x := range map[string]struct {
		got  time.Time
		want string
	}{"file": {d.FileBy, after(7)}, "accept": {d.AcceptBy, after(2)}, "decide": {d.DecideUntil, after(9)}} {
		if got := x.got.In(appeal.Zone).Format(time.DateOnly); got != x.want {
			t.Errorf("%s until %s, want %s", name, got, x.want)
		}
	}
	if err := b.svc.Extend(b.ctx, b.manager, d.ID, 3, "材料需要向街道核对"); err != nil {
		t.Fatal(err)
	}
	if got := b.state(t, d.ID).Due.In(appeal.Zone).Format(time.DateOnly); got != after(5) {
		t.Errorf("extended to %s, want %s", got, after(5))
	}
}
