package drawdb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// InsertLate notes that the cases of a commitment are asked until a day,
// although its round is closed.
func InsertLate(ctx context.Context, q pg.Querier, district, commitment, round string, until time.Time, by string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into late_batch (district, commitment_id, round_id, until, by_id, at)
		values ($1,$2,$3,($4::timestamptz at time zone 'Asia/Shanghai')::date,nullif($5,'')::uuid,$6)`, district, commitment, round, until, by, at)
	return err
}

// LateUntil is the last day of a late batch, zero for any other commitment.
func LateUntil(ctx context.Context, q pg.Querier, district, commitment string) (until time.Time, err error) {
	err = q.QueryRow(ctx, `select until from late_batch where district = $1 and commitment_id = $2`, district, commitment).Scan(&until)
	if pg.NoRows(err) {
		return time.Time{}, nil
	}
	return until, err
}

// Left counts the people of a committee in a frame whom no draw of the round holds.
func Left(ctx context.Context, q pg.Querier, district, frame, round, committee string) (n int, err error) {
	err = q.QueryRow(ctx, `select count(*) from frame_person p where p.district = $1 and p.frame_id = nullif($2,'')::uuid and p.committee = $4
		and not exists (select from draw d join draw_selection s on s.district = d.district and s.draw_id = d.id
			where d.district = $1 and d.round_id = $3 and s.person_id = p.person_id)`, district, frame, round, committee).Scan(&n)
	return n, err
}

// Bar names who must not take the cases of a late batch, by committee.
func Bar(ctx context.Context, q pg.Querier, district, commitment, committee string, evaluators []string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into late_barred (district, commitment_id, committee, evaluator_id, at)
		select $1, $2, $3, e::uuid, $5 from unnest($4::text[]) e on conflict do nothing`, district, commitment, committee, evaluators, at)
	return err
}

// Barred lists who must not take a case: who is named for its batch and committee.
func Barred(ctx context.Context, q pg.Querier, district, caseID string) ([]string, error) {
	rows, err := q.Query(ctx, `select b.evaluator_id::text from survey_case c join draw d on d.district = c.district and d.id = c.draw_id
		join late_barred b on b.district = d.district and b.commitment_id = d.commitment_id and b.committee = c.committee
		where c.district = $1 and c.id = $2 order by 1`, district, caseID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// LateCase is a case of a late batch that nobody holds.
type LateCase struct{ ID, Committee string }

// LateCases lists the cases of a commitment's draw that nobody holds, by
// committee and id.
func LateCases(ctx context.Context, q pg.Querier, district, commitment string) ([]LateCase, error) {
	rows, err := q.Query(ctx, `select c.id::text, c.committee from draw d join survey_case c on c.district = d.district and c.draw_id = d.id
		where d.district = $1 and d.commitment_id = $2 and not exists (select from case_assignment a where a.district = c.district and a.case_id = c.id)
			and not exists (select from case_completion e where e.district = c.district and e.case_id = c.id)
		order by c.committee, c.id`, district, commitment)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[LateCase])
}

// LateEvaluator is an evaluator who may take cases of a late batch in a
// committee. Known tells that the evaluator had cases of the round there before.
type LateEvaluator struct {
	ID    string
	Known bool
}

// LateEvaluators lists the enabled evaluators whose area holds a committee and
// who are not barred from the batch there: those first who had no case of the
// round in the committee, by login.
func LateEvaluators(ctx context.Context, q pg.Querier, district, commitment, committee string) ([]LateEvaluator, error) {
	rows, err := q.Query(ctx, `select c.id::text, exists (select from late_batch l join survey_case s on s.district = l.district and s.round_id = l.round_id and s.committee = $3
				join case_assignment a on a.district = s.district and a.case_id = s.id and a.evaluator_id = c.id where l.district = $1 and l.commitment_id = $2) as known
		from account c where c.district = $1 and c.role = 'evaluator' and c.disabled_at is null and (starts_with(c.area_code, $3) or starts_with($3, c.area_code))
			and not exists (select from late_barred b where b.district = $1 and b.commitment_id = $2 and b.committee = $3 and b.evaluator_id = c.id)
		order by known, c.login`, district, commitment, committee)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[LateEvaluator])
}

// AssignTo hands cases to evaluators, each its first time.
func AssignTo(ctx context.Context, q pg.Querier, district string, cases, evaluators []string, by string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into case_assignment (district, case_id, seq, evaluator_id, by_id, at, reason)
		select $1, c::uuid, 1, e::uuid, nullif($4,'')::uuid, $5, 'draw' from unnest($2::text[], $3::text[]) as t(c, e)`, district, cases, evaluators, by, at)
	return err
}
