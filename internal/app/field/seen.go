package field

import (
	"context"
	"maps"
	"slices"
	"time"

	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/survey/fieldwork"
)

// Midnight is the last midnight of the fieldwork's zone.
func Midnight(t time.Time) time.Time {
	y, m, d := t.In(fieldwork.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, fieldwork.Zone)
}

// dateOf is the calendar day of fieldwork, as the database gives a date.
func dateOf(t time.Time) time.Time {
	y, m, d := t.In(fieldwork.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Seen is how far an actor sees the fieldwork of a round within an area, and how
// many interviews that is (where it is not live). Who runs or audits the
// fieldwork needs it live: whom to send where, and what is going wrong. Nobody
// else does, and a counter that moves with each interview tells who answered.
func (s *Service) Seen(ctx context.Context, db pg.Querier, who authz.Actor, r Round, area string) (seen fielddb.Seen, done int, err error) {
	if authz.May(who, authz.FieldworkLive, authz.Object{Area: area}) {
		return fielddb.Seen{Live: true}, 0, nil
	}
	days, closed, err := fielddb.Days(ctx, db, who.District, r.ID, area)
	if err != nil {
		return seen, 0, err
	}
	today, end := dateOf(s.Clock.Now()), time.Time{}
	switch {
	case closed != nil:
		end = dateOf(*closed)
	case r.ClosesOn.Before(today):
		end = r.ClosesOn
	}
	seen.Until, seen.Late = map[string]time.Time{}, slices.Sorted(maps.Keys(r.Late))
	for committee, list := range days {
		until, n := fieldwork.Standstill(list, r.Rules.Suppression.CrossTab, r.OpensOn, end, today)
		seen.Until[committee], done = until, done+n
	}
	return seen, done, nil
}
