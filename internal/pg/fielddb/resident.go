package fielddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey/fieldwork"
)

// Withdraw records that the holder of a receipt has withdrawn the answer, and
// sets it aside for later runs. fresh is false when that was so before.
func Withdraw(ctx context.Context, q pg.Querier, district string, r ReceiptState, hash []byte, exclusionID, day string) (fresh bool, err error) {
	tag, err := q.Exec(ctx, `insert into response_withdrawal (district, response_id, round_id, receipt_hash, day) values ($1,$2,$3,$4,$5::date) on conflict do nothing`,
		district, r.ResponseID, r.RoundID, hash, day)
	if err != nil || tag.RowsAffected() == 0 {
		return false, err
	}
	_, err = q.Exec(ctx, `insert into response_exclusion (district, id, round_id, response_id, ground, reason, at)
		values ($1,$2,$3,$4,'withdrawn','withdrawn by the resident with the receipt',$5::date) on conflict do nothing`, district, exclusionID, r.RoundID, r.ResponseID, day)
	return true, err
}

// AddSignal records what the holder of a receipt tells the auditors.
func AddSignal(ctx context.Context, q pg.Querier, district string, r ReceiptState, kind, day string) error {
	_, err := q.Exec(ctx, `insert into response_signal (district, response_id, round_id, committee, kind, day)
		select district, id, round_id, committee, $3, $4::date from response where district = $1 and id = $2 on conflict do nothing`, district, r.ResponseID, kind, day)
	return err
}

// SignalRow counts answers, withdrawals and signals of a committee.
type SignalRow struct {
	Committee, Name                      string
	Answers, Coached, Pressed, Withdrawn int
}

// Signals counts by committee within an area; committees without an answer are
// left out.
func Signals(ctx context.Context, q pg.Querier, district, round, area string) ([]SignalRow, error) {
	rows, err := q.Query(ctx, `select r.committee, coalesce(max(a.name), r.committee), count(*),
			count(*) filter (where exists (select 1 from response_signal s where s.district = r.district and s.response_id = r.id and s.kind = 'coached')),
			count(*) filter (where exists (select 1 from response_signal s where s.district = r.district and s.response_id = r.id and s.kind = 'pressed')),
			count(*) filter (where exists (select 1 from response_withdrawal w where w.district = r.district and w.response_id = r.id))
		from response r left join area a on a.district = r.district and a.code = r.committee
		where r.district = $1 and r.round_id = $2 and starts_with(r.committee, $3) group by r.committee order by r.committee`, district, round, area)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SignalRow])
}

// CallCode is a code that proves a call.
type CallCode struct {
	RoundID, Evaluator, RoundTitle string
	IssuedAt, ExpiresAt            time.Time
}

// InsertCallCode stores the hash of a code; taken is true when it is in use.
func InsertCallCode(ctx context.Context, q pg.Querier, district string, hash []byte, c CallCode) (taken bool, err error) {
	tag, err := q.Exec(ctx, `insert into call_code (district, code_hash, round_id, evaluator_id, issued_at, expires_at) values ($1,$2,$3,$4,$5,$6)
		on conflict do nothing`, district, hash, c.RoundID, c.Evaluator, c.IssuedAt, c.ExpiresAt)
	return err == nil && tag.RowsAffected() == 0, err
}

// GetCallCode finds a code by its hash.
func GetCallCode(ctx context.Context, q pg.Querier, district string, hash []byte) (c CallCode, err error) {
	err = q.QueryRow(ctx, `select k.round_id::text, k.evaluator_id::text, r.title, k.issued_at, k.expires_at from call_code k
		join round r on r.district = k.district and r.id = k.round_id where k.district = $1 and k.code_hash = $2`, district, hash).
		Scan(&c.RoundID, &c.Evaluator, &c.RoundTitle, &c.IssuedAt, &c.ExpiresAt)
	return c, err
}

// TriesOf returns the contact attempts of the cases that an evaluator holds, by
// case in the order of time.
func TriesOf(ctx context.Context, q pg.Querier, district, evaluator string) (map[string][]fieldwork.Try, error) {
	rows, err := q.Query(ctx, `select t.case_id::text, t.at, t.mode, t.disposition from contact_attempt t
		where t.district = $1 and t.case_id in (select z.case_id from case_assignment z where z.district = $1 and z.evaluator_id = $2) order by t.at, t.id`,
		district, evaluator)
	if err != nil {
		return nil, err
	}
	out := map[string][]fieldwork.Try{}
	var id, mode, code string
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &at, &mode, &code}, func() error {
		out[id] = append(out[id], fieldwork.Try{At: at, Mode: fieldwork.Mode(mode), Code: fieldwork.Code(code)})
		return nil
	})
	return out, err
}
