// Package recorddb stores records by month, single tickets and the decisions on
// flagged practices. A later import supersedes; both stay.
package recorddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/internal/tabular/layout"
	"gongping/scoring/records"
)

// Month is the newest row of an area, indicator and month. The column is called
// committee; it holds the code of a street or the district for their own rows.
type Month struct {
	Area, Indicator, Month                   string
	Numerator, Denominator, Pending, Repeats float64
	Exposure                                 *float64
	At                                       time.Time // of its import
}

// Months lists the newest rows of a round within an area.
func Months(ctx context.Context, q pg.Querier, district, round, area string) ([]Month, error) {
	return collect[Month](ctx, q, `select distinct on (m.committee, m.indicator, m.month) m.committee, m.indicator, to_char(m.month, 'YYYY-MM'),
			m.numerator, m.denominator, m.pending, m.repeats, m.exposure, b.created_at
		from record_month m join import_batch b on b.district = m.district and b.id = m.import_id
		where m.district = $1 and m.round_id = $2 and starts_with(m.committee, $3)
		order by m.committee, m.indicator, m.month, b.created_at desc, b.id`, district, round, area)
}

// Rows are months as they are compared between levels.
func Rows(list []Month) []records.Row {
	out := make([]records.Row, len(list))
	for i, m := range list {
		out[i] = records.Row{Area: m.Area, Indicator: m.Indicator, Month: m.Month,
			Count: records.Count{Done: m.Numerator, Received: m.Denominator, Pending: m.Pending, Repeats: m.Repeats}}
	}
	return out
}

// InsertMonths stores the months of an import.
func InsertMonths(ctx context.Context, q pg.Querier, district, importID, round string, list []layout.MonthRow) error {
	_, err := q.CopyFrom(ctx, pgx.Identifier{"record_month"},
		[]string{"district", "import_id", "round_id", "committee", "indicator", "month", "numerator", "denominator", "pending", "repeats", "exposure"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			m := list[i]
			at, err := time.Parse("2006-01", m.Month)
			return []any{district, importID, round, m.Area, m.Indicator, at, m.Numerator, m.Denominator, m.Pending, m.Repeats, m.Exposure}, err
		}))
	return err
}

// Ticket is a complaint; days are counted from 1970-01-01, nil is not yet.
type Ticket struct {
	Area, Matter, Complainant   string
	Opened                      int
	Closed                      *int
	Answered, Solved, Satisfied *bool
	LastThree                   bool // closed on one of the last three days of a month
}

// Batch is the newest import of tickets of a round that has tickets of a level.
type Batch struct {
	Digits int // of the level's codes
	ID     string
	At     time.Time
	Cutoff int // the last day on which anything happened in it
}

// Newest returns the imports of tickets that count, one for each level and
// committees first: a file about streets does not supersede one about committees.
func Newest(ctx context.Context, q pg.Querier, district, round string) ([]Batch, error) {
	return collect[Batch](ctx, q, `select distinct on (digits) digits, id, created_at, cutoff from (
			select length(t.committee) as digits, b.id::text as id, b.created_at,
				max(max(greatest(t.opened, coalesce(t.closed, t.opened)))) over (partition by b.id) - date '1970-01-01' as cutoff
			from import_batch b join record_ticket t on t.district = b.district and t.import_id = b.id
			where b.district = $1 and b.kind = 'tickets' and b.note::jsonb->>'round' = $2
			group by 1, b.id, b.created_at) x
		order by digits desc, created_at desc, id`, district, round)
}

// Tickets lists the tickets of an import's level within an area.
func Tickets(ctx context.Context, q pg.Querier, district string, b Batch, area string) ([]Ticket, error) {
	return collect[Ticket](ctx, q, `select committee, matter, complainant, opened - date '1970-01-01', closed - date '1970-01-01', answered, solved, satisfied,
			coalesce(closed > (date_trunc('month', closed) + interval '1 month - 4 days')::date, false)
		from record_ticket where district = $1 and import_id = $2 and starts_with(committee, $3) and length(committee) = $4 order by committee, number`,
		district, b.ID, area, b.Digits)
}

// Any tells whether an area has records of its own in a round.
func Any(ctx context.Context, q pg.Querier, district, round, area string) (any bool, err error) {
	err = q.QueryRow(ctx, `select exists (select from record_month where district = $1 and round_id = $2 and committee = $3)
		or exists (select from record_ticket where district = $1 and round_id = $2 and committee = $3)`, district, round, area).Scan(&any)
	return any, err
}

// InsertTickets stores the tickets of an import; complainants are pseudonyms.
func InsertTickets(ctx context.Context, q pg.Querier, district, importID, round string, list []layout.TicketRow) error {
	_, err := q.CopyFrom(ctx, pgx.Identifier{"record_ticket"},
		[]string{"district", "import_id", "number", "round_id", "committee", "matter", "complainant", "opened", "closed", "answered", "solved", "satisfied"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			t := list[i]
			return []any{district, importID, i + 1, round, t.Area, t.Matter, t.Complainant, t.Opened, t.Closed, t.Answered, t.Solved, t.Satisfied}, nil
		}))
	return err
}

// Decision says whether a flagged indicator of a committee is scored.
type Decision struct {
	Committee, Indicator, Verdict, Flags, Reason, By string
	At                                               time.Time
}

// Decisions lists the decisions of a round, oldest first; the latest counts.
func Decisions(ctx context.Context, q pg.Querier, district, round string) ([]Decision, error) {
	return collect[Decision](ctx, q, `select d.committee, d.indicator, d.verdict, d.flags, d.reason, coalesce(a.display_name,''), d.at
		from record_decision d left join account a on a.district = d.district and a.id = d.by_id
		where d.district = $1 and d.round_id = $2 order by d.at, d.id`, district, round)
}

// Decide appends a decision.
func Decide(ctx context.Context, q pg.Querier, district, round, id, by string, d Decision) error {
	_, err := q.Exec(ctx, `insert into record_decision (district, id, round_id, committee, indicator, verdict, flags, reason, by_id, at) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
		district, id, round, d.Committee, d.Indicator, d.Verdict, d.Flags, d.Reason, by, d.At)
	return err
}

// PlainTimes tells when each plain indicator ("committee/indicator") of a round
// was imported last.
func PlainTimes(ctx context.Context, q pg.Querier, district, round string) (map[string]time.Time, error) {
	rows, err := q.Query(ctx, `select v.committee || '/' || v.indicator, max(b.created_at) from indicator_value v
		join import_batch b on b.district = v.district and b.id = v.import_id where v.district = $1 and v.round_id = $2 group by 1`, district, round)
	if err != nil {
		return nil, err
	}
	out := map[string]time.Time{}
	var key string
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&key, &at}, func() error { out[key] = at; return nil })
	return out, err
}

// Staffing is how many households and workers a committee has.
type Staffing struct {
	Committee           string
	Households, Workers int
}

// Staffings counts households (of the round's frame) and active workers of the
// committees of a round within an area.
func Staffings(ctx context.Context, q pg.Querier, district, round, area string) ([]Staffing, error) {
	return collect[Staffing](ctx, q, `with u as (select distinct committee from round_stratum where district = $1 and round_id = $2 and starts_with(committee, $3)),
			h as (select p.committee, count(distinct p.household) as n from frame_person p join round r on r.district = p.district and r.frame_id = p.frame_id
				where r.district = $1 and r.id = $2 and p.status = 'resident' and starts_with(p.committee, $3) group by p.committee),
			w as (select left(area_code, 12) as committee, count(*) as n from worker where district = $1 and active and length(area_code) >= 12 and starts_with(area_code, $3) group by 1)
		select u.committee, coalesce(h.n, 0)::int, coalesce(w.n, 0)::int from u left join h on h.committee = u.committee left join w on w.committee = u.committee order by 1`,
		district, round, area)
}

// Contact is a counted answer of a unit with what it said about contact.
type Contact struct {
	Contact       string // yes, no, dk or ""
	Score, Weight float64
}

// Contacts lists the counted answers of a run's unit by the contact question.
func Contacts(ctx context.Context, q pg.Querier, district, run, unit string) ([]Contact, error) {
	return collect[Contact](ctx, q, `select coalesce(r.answers->>'contact', ''), a.score, a.final_weight from run_answer a
		join response r on r.district = a.district and r.id = a.response_id
		where a.district = $1 and a.run_id = $2 and a.unit = $3 order by a.response_id`, district, run, unit)
}

// Split is how many counted answers of a committee are of residents who had
// contact, and of the others.
type Split struct {
	Unit          string
	With, Without int
}

// Splits counts them for every committee of a run.
func Splits(ctx context.Context, q pg.Querier, district, run string) ([]Split, error) {
	return collect[Split](ctx, q, `select a.unit, count(*) filter (where r.answers->>'contact' = 'yes')::int, count(*) filter (where r.answers->>'contact' is distinct from 'yes')::int
		from run_answer a join response r on r.district = a.district and r.id = a.response_id where a.district = $1 and a.run_id = $2 group by 1 order by 1`, district, run)
}

// ContactsMoved counts the answers of a unit that only one of two runs counted, or
// scored otherwise: of residents who had contact, and of the others.
func ContactsMoved(ctx context.Context, q pg.Querier, district, before, after, unit string) (with, without int, err error) {
	err = q.QueryRow(ctx, `select count(*) filter (where r.answers->>'contact' = 'yes')::int, count(*) filter (where r.answers->>'contact' is distinct from 'yes')::int
		from (select response_id, score from run_answer where district = $1 and run_id = $2 and unit = $4) a
		full join (select response_id, score from run_answer where district = $1 and run_id = $3 and unit = $4) b using (response_id)
		join response r on r.district = $1 and r.id = response_id
		where a.score is null or b.score is null or abs(a.score - b.score) > 1e-9`, district, before, after, unit).Scan(&with, &without)
	return with, without, err
}

// ContactShare is the weighted share of all counted answers of a run whose
// residents had contact, among those who said yes or no.
func ContactShare(ctx context.Context, q pg.Querier, district, run string) (share *float64, err error) {
	err = q.QueryRow(ctx, `select sum(a.final_weight) filter (where r.answers->>'contact' = 'yes') / nullif(sum(a.final_weight), 0) from run_answer a
		join response r on r.district = a.district and r.id = a.response_id
		where a.district = $1 and a.run_id = $2 and r.answers->>'contact' in ('yes','no')`, district, run).Scan(&share)
	return share, err
}

func collect[T any](ctx context.Context, q pg.Querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}
