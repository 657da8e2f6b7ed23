package intake

import (
	"context"
	"fmt"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/pg/recorddb"
	"gongping/internal/tabular"
	"gongping/internal/tabular/layout"
	"gongping/scoring/composite"
)

// recordTable is the checked table of records by month.
type recordTable struct {
	round, area string
	rows        []layout.MonthRow
}

func readRecords(ctx context.Context, q querier, who authz.Actor, src Source, p *Preview, prog Progress) (table, error) {
	g, err := loadGround(ctx, q, who, p)
	if err != nil {
		return nil, err
	}
	t := &recordTable{round: g.round.ID, area: g.round.AreaCode}
	used, strange := map[string]bool{}, map[string]bool{}
	for _, n := range leaves(g.book.Tree, composite.Records) {
		used[n.ID] = true
	}
	a, months := newRecordAreas(g), map[string]bool{}
	ok, err := scan(ctx, src, &layout.Records, tabular.Limits{Rows: smallRows}, p, prog, func(r *tabular.Row) {
		m, ok := layout.RecordRow(r)
		switch {
		case !ok:
			p.fault(r.Fault("month", "intake.month", "this is no month", r.Get("month"), "a month such as 2026-09", "write year and month"))
			return
		case m.Numerator < 0 || m.Denominator < 0 || m.Pending < 0 || m.Repeats < 0:
			p.fault(r.Fault("numerator", "intake.negative", "a count cannot be negative", r.Get("numerator"), "0 or more", "correct the cell"))
			return
		case m.Exposure != nil && *m.Exposure <= 0:
			p.fault(r.Fault("exposure", "intake.exposure", "what a count is set against must be positive", r.Get("exposure"), "more than 0, or empty", "correct the cell"))
			return
		case m.Pending > m.Denominator:
			p.fault(r.Fault("pending", "intake.pending", "more cases are open than were received", r.Get("pending"), "at most "+r.Get("denominator"), "check that the columns are not exchanged"))
			return
		case m.Repeats > m.Denominator:
			p.fault(r.Fault("repeats", "intake.repeats", "more repeats than cases", r.Get("repeats"), "at most "+r.Get("denominator"), "check that the columns are not exchanged"))
			return
		}
		if m.Area, ok = a.code(p, r); !ok || !g.check(p, r, m.Area, m.Area+"/"+m.Indicator+"/"+m.Month) {
			return
		}
		if m.Numerator > m.Denominator {
			p.warn(r.Fault("numerator", "intake.above_one", "the numerator is greater than the denominator", r.Get("numerator"), "at most "+r.Get("denominator"), "check that the columns are not exchanged"))
		}
		if !used[m.Indicator] && !strange[m.Indicator] {
			strange[m.Indicator] = true
			p.warn(r.Fault("indicator", "intake.not_in_book", "the round's rule book has no such indicator; it is kept and not counted", m.Indicator, "an indicator of the rule book", "correct the name, or leave it"))
		}
		a.take(p, r, m.Area)
		months[m.Month] = true
		t.rows = append(t.rows, m)
	})
	if err != nil || !ok {
		return nil, err
	}
	p.count("values", len(t.rows))
	a.count(p)
	p.count("months", len(months))
	return t, t.contradictions(ctx, q, who.District, g, p)
}

func (t *recordTable) store(ctx context.Context, tx *app.Tx, p *Preview, out *Outcome) error {
	if err := insertBatch(ctx, tx, p, out, p.note(t.round)); err != nil {
		return err
	}
	d := out.detail(p)
	d["import"] = out.ImportID
	tx.Record("round", t.round, t.area, d)
	return recorddb.InsertMonths(ctx, tx, tx.Actor.District, out.ImportID, t.round, t.rows)
}

// ticketTable is the checked table of single complaints.
type ticketTable struct {
	s           *Service
	round, area string
	rows        []layout.TicketRow
}

func (s *Service) readTickets(ctx context.Context, q querier, who authz.Actor, src Source, p *Preview, prog Progress) (table, error) {
	g, err := loadGround(ctx, q, who, p)
	if err != nil {
		return nil, err
	}
	t := &ticketTable{s: s, round: g.round.ID, area: g.round.AreaCode}
	a, open := newRecordAreas(g), 0
	tomorrow := p.at.AddDate(0, 0, 1)
	ok, err := scan(ctx, src, &layout.Tickets, tabular.Limits{Rows: smallRows}, p, prog, func(r *tabular.Row) {
		x := layout.Ticket(r)
		switch {
		case x.Opened.After(tomorrow):
			p.fault(r.Fault("opened", "intake.future", "the date lies in the future", r.Get("opened"), "at most "+p.at.Format(time.DateOnly), "correct the date"))
			return
		case x.Closed != nil && x.Closed.After(tomorrow):
			p.fault(r.Fault("closed", "intake.future", "the date lies in the future", r.Get("closed"), "at most "+p.at.Format(time.DateOnly), "correct the date"))
			return
		case x.Closed != nil && x.Closed.Before(x.Opened):
			p.fault(r.Fault("closed", "intake.closed_before", "the ticket was closed before it was opened", r.Get("closed"), "a date from "+r.Get("opened")+" on", "correct one of the dates"))
			return
		}
		// Two tickets may well look alike, so a row is only itself.
		var known bool
		if x.Area, known = a.code(p, r); !known || !g.check(p, r, x.Area, fmt.Sprint(r.Number)) {
			return
		}
		if x.Closed == nil {
			open++
		}
		a.take(p, r, x.Area)
		t.rows = append(t.rows, x)
	})
	if err != nil || !ok {
		return nil, err
	}
	p.count("tickets", len(t.rows))
	a.count(p)
	p.count("open", open)
	return t, nil
}

func (t *ticketTable) store(ctx context.Context, tx *app.Tx, p *Preview, out *Outcome) error {
	if err := insertBatch(ctx, tx, p, out, p.note(t.round)); err != nil {
		return err
	}
	for i := range t.rows { // who complained is not kept, only whether it was the same
		if x := &t.rows[i]; x.Complainant != "" {
			x.Complainant = t.s.Seal.Pseudonym("tickets/"+t.round, x.Complainant)
		}
	}
	d := out.detail(p)
	d["import"] = out.ImportID
	tx.Record("round", t.round, t.area, d)
	return recorddb.InsertTickets(ctx, tx, tx.Actor.District, out.ImportID, t.round, t.rows)
}
