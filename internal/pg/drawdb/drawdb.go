// Package drawdb reads frozen frames for drawing and stores commitments, draws
// and the drawn persons.
package drawdb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey/draw"
	"gongping/survey/frame/canon"
)

// Draw is a stored draw.
type Draw struct {
	ID, RoundID, CommitmentID, Purpose, Seed, Evidence string
	Digest                                             []byte
	NSample, NReserve                                  int
	RevealedAt                                         time.Time
	CodeVersion                                        string
	Signature, PublicKey                               []byte
	By                                                 string
	At                                                 time.Time
}

// InsertDraw adds a draw.
func InsertDraw(ctx context.Context, q pg.Querier, district string, d Draw) error {
	_, err := q.Exec(ctx, `insert into draw (district, id, round_id, commitment_id, purpose, seed, seed_evidence, digest, n_sample, n_reserve,
			revealed_at, code_version, signature, public_key, drawn_by, drawn_at)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,nullif($15,'')::uuid,$16)`, district, d.ID, d.RoundID, d.CommitmentID,
		d.Purpose, d.Seed, d.Evidence, d.Digest, d.NSample, d.NReserve, d.RevealedAt, d.CodeVersion, d.Signature, d.PublicKey, d.By, d.At)
	return err
}

const drawColumns = `d.id::text, d.round_id::text, d.commitment_id::text, d.purpose, d.seed, d.seed_evidence, d.digest, d.n_sample,
	d.n_reserve, d.revealed_at, d.code_version, d.signature, d.public_key, coalesce(d.drawn_by::text,''), d.drawn_at`

// GetDraw returns a draw.
func GetDraw(ctx context.Context, q pg.Querier, district, id string) (Draw, error) {
	rows, err := q.Query(ctx, `select `+drawColumns+` from draw d where d.district = $1 and d.id = $2`, district, id)
	if err != nil {
		return Draw{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Draw])
}

// Draws lists the draws of a round, oldest first.
func Draws(ctx context.Context, q pg.Querier, district, round string) ([]Draw, error) {
	rows, err := q.Query(ctx, `select `+drawColumns+` from draw d where d.district = $1 and d.round_id = $2 order by d.drawn_at, d.id`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Draw])
}

// InsertSelection stores the drawn persons.
func InsertSelection(ctx context.Context, q pg.Querier, district, drawID string, sel []draw.Selected, committee func(string) string) error {
	_, err := q.CopyFrom(ctx, pgx.Identifier{"draw_selection"},
		[]string{"district", "draw_id", "person_id", "stratum", "cluster", "household", "reserve", "ord", "committee", "ticket", "prob_num", "prob_den"},
		pgx.CopyFromSlice(len(sel), func(i int) ([]any, error) {
			s := sel[i]
			return []any{district, drawID, s.FrameID, s.Stratum, s.Cluster, s.Household, s.Reserve, s.Order, committee(s.FrameID),
				s.Ticket[:], pg.Uint64(s.Probability.Num), pg.Uint64(s.Probability.Den)}, nil
		}))
	if err != nil {
		return err
	}
	return pg.Analyze(ctx, q, "draw_selection")
}

// Selection returns the drawn persons of a draw in the published order.
func Selection(ctx context.Context, q pg.Querier, district, drawID string) ([]draw.Selected, error) {
	rows, err := q.Query(ctx, `select person_id, stratum, cluster, household, reserve, ord, ticket, prob_num::text, prob_den::text
		from draw_selection where district = $1 and draw_id = $2
		order by stratum collate "C", cluster collate "C", reserve, ord`, district, drawID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (draw.Selected, error) {
		var s draw.Selected
		var ticket []byte
		var num, den string
		if err := r.Scan(&s.FrameID, &s.Stratum, &s.Cluster, &s.Household, &s.Reserve, &s.Order, &ticket, &num, &den); err != nil {
			return s, err
		}
		copy(s.Ticket[:], ticket)
		var err error
		s.Probability, err = ratio(num, den)
		return s, err
	})
}

// InsertCases opens a case for every drawn person who is not a reserve, with
// its design weight.
func InsertCases(ctx context.Context, q pg.Querier, district, roundID, drawID string, sel []draw.Selected, committee func(string) string, weight func(draw.Selected) float64, newID func() string, at time.Time) error {
	next := 0
	_, err := q.CopyFrom(ctx, pgx.Identifier{"survey_case"},
		[]string{"district", "id", "round_id", "draw_id", "person_id", "stratum", "committee", "design_weight", "reserve", "created_at"},
		pgx.CopyFromFunc(func() ([]any, error) {
			for next < len(sel) && sel[next].Reserve {
				next++
			}
			if next == len(sel) {
				return nil, nil
			}
			s := &sel[next]
			next++
			return []any{district, newID(), roundID, drawID, s.FrameID, s.Stratum, committee(s.FrameID), weight(*s), false, at}, nil
		}))
	if err != nil {
		return err
	}
	return pg.Analyze(ctx, q, "survey_case")
}

// AssignCases spreads the cases of a draw over the round's evaluators: a
// committee's cases go to the evaluators of the narrowest area that holds it,
// in turn by case id, which is random.
func AssignCases(ctx context.Context, q pg.Querier, district, roundID, drawID, by string, at time.Time) (int64, error) {
	tag, err := q.Exec(ctx, `insert into case_assignment (district, case_id, seq, evaluator_id, by_id, at, reason)
		select c.district, c.id, 1, e.account_id, nullif($4,'')::uuid, $5, 'draw'
		from (select *, row_number() over (partition by committee order by id) - 1 as nth from survey_case
		      where district = $1 and round_id = $2 and draw_id = $3) c
		join lateral (
			select v.account_id, row_number() over (order by v.account_id) - 1 as turn, count(*) over () as n
			from round_evaluator v where v.district = c.district and v.round_id = c.round_id and starts_with(c.committee, v.area_code)
			  and length(v.area_code) = (select max(length(w.area_code)) from round_evaluator w
				where w.district = c.district and w.round_id = c.round_id and starts_with(c.committee, w.area_code))
		) e on e.turn = c.nth % e.n`, district, roundID, drawID, by, at)
	return tag.RowsAffected(), err
}

func ratio(num, den string) (draw.Ratio, error) {
	n, err := pg.ParseUint64(num)
	if err != nil {
		return draw.Ratio{}, err
	}
	d, err := pg.ParseUint64(den)
	return draw.Ratio{Num: n, Den: d}, err
}

// Sum copies a stored digest into its fixed form.
func Sum(b []byte) (s canon.Sum) { copy(s[:], b); return s }
