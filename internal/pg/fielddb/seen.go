package fielddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey/fieldwork"
)

// Seen is how far a reader sees the fieldwork: all of it, live, or of each
// committee what happened before its day (see fieldwork.Standstill). A committee
// without a day shows nothing of what happened.
type Seen struct {
	Live  bool
	Until map[string]time.Time
	Late  []string // draws after the round's end: their cases show from their day on
}

// Args are the arguments of SQL that has SeenSQL: live, committees, days, late.
func (s Seen) Args() []any {
	codes, days := make([]string, 0, len(s.Until)), make([]time.Time, 0, len(s.Until))
	for code, day := range s.Until {
		codes, days = append(codes, code), append(days, day)
	}
	late := s.Late
	if late == nil {
		late = []string{}
	}
	return []any{s.Live, codes, days, late}
}

// with puts Args after the three that say whose fieldwork it is.
func (s Seen) with(district, round, area string) []any {
	return append([]any{district, round, area}, s.Args()...)
}

// SeenSQL is the relation v of the days of committees, moment by moment: day as
// a date, at as an instant. It takes Seen.Args as $4 to $7.
const SeenSQL = `(select committee, day, day::timestamp at time zone interval '8 hours' as at from unnest($5::text[], $6::date[]) as u(committee, day))`

// CaseSQL holds for a case c that shows, beside v.
const CaseSQL = `($4::bool or (c.replaces is null and not (c.draw_id = any($7::text[]::uuid[]))) or c.created_at < v.at)`

// Days counts the interviews of a round by committee of an area and day; a
// committee without any has an empty list. closed is when the round ended.
func Days(ctx context.Context, q pg.Querier, district, round, area string) (days map[string][]fieldwork.DayCount, closed *time.Time, err error) {
	if err = q.QueryRow(ctx, `select max(at) from round_event where district = $1 and round_id = $2 and state in ('closed','cancelled')`, district, round).Scan(&closed); err != nil {
		return nil, nil, err
	}
	rows, err := q.Query(ctx, `select c.committee, d.day, count(*)::int from survey_case c
		left join case_completion d on d.district = c.district and d.case_id = c.id
		where c.district = $1 and c.round_id = $2 and starts_with(c.committee, $3) group by 1,2 order by 1,2`, district, round, area)
	if err != nil {
		return nil, nil, err
	}
	days = map[string][]fieldwork.DayCount{}
	var code string
	var day *time.Time
	var n int
	_, err = pgx.ForEachRow(rows, []any{&code, &day, &n}, func() error {
		list := days[code]
		if day != nil {
			list = append(list, fieldwork.DayCount{Day: *day, N: n})
		}
		days[code] = list
		return nil
	})
	return days, closed, err
}
