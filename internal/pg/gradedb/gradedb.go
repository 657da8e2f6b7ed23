// Package gradedb stores grade proposals, signatures and what follows from
// them, excused trials and the ladder of posts. All of it is append-only.
package gradedb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/scoring/grade"
)

func collect[T any](ctx context.Context, q pg.Querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}

// Batch is one making of proposals from a run.
type Batch struct {
	ID, RoundID, RunID string
	RunNumber          int
	At                 time.Time
}

// InsertBatch adds a batch with its proposals.
func InsertBatch(ctx context.Context, q pg.Querier, district string, b Batch, by string, list []grade.Proposal) error {
	if _, err := q.Exec(ctx, `insert into grade_batch (district, id, round_id, run_id, by_id, at) values ($1,$2,$3,$4,nullif($5,'')::uuid,$6)`,
		district, b.ID, b.RoundID, b.RunID, by, b.At); err != nil {
		return err
	}
	_, err := q.CopyFrom(ctx, pgx.Identifier{"grade_proposal"},
		[]string{"district", "batch_id", "unit", "state", "grade", "grades", "why", "value", "lo", "hi", "n", "reliability", "excused"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			p, grades := list[i], list[i].Grades
			if grades == nil {
				grades = []string{}
			}
			return []any{district, b.ID, p.Unit, string(p.State), p.Grade, grades, p.Why, p.Result.Value, p.Result.Lo, p.Result.Hi, p.Result.N, p.Result.Reliability, p.Result.Excused}, nil
		}))
	return err
}

// Latest returns the latest batch of a round.
func Latest(ctx context.Context, q pg.Querier, district, round string) (Batch, error) {
	rows, err := q.Query(ctx, `select b.id::text, b.round_id::text, b.run_id::text, n.number, b.at from grade_batch b
		join run n on n.district = b.district and n.id = b.run_id
		where b.district = $1 and b.round_id = $2 order by b.at desc, b.id desc limit 1`, district, round)
	if err != nil {
		return Batch{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Batch])
}

// Proposal is a proposal with its signature, if any.
type Proposal struct {
	Unit, UnitName, Street string
	State, Grade           string
	Grades                 []string
	Why                    string
	Value, Lo, Hi          float64
	N                      int
	Reliability            float64
	Excused                bool
	Signed                 *time.Time
	SignedGrade            string // "" also where the signer gave none
	SignedReason, Signer   string
}

const proposals = `select p.unit, a.name, s.name, p.state, p.grade, p.grades, p.why, p.value, p.lo, p.hi, p.n, p.reliability, p.excused,
		g.at, coalesce(g.grade,''), coalesce(g.reason,''), coalesce(c.display_name,'')
	from grade_proposal p join area a on a.district = p.district and a.code = p.unit
	join area s on s.district = a.district and s.code = a.parent_code
	left join grade_signature g on g.district = p.district and g.batch_id = p.batch_id and g.unit = p.unit
	left join account c on c.district = g.district and c.id = g.by_id
	where p.district = $1 and p.batch_id = $2 and starts_with(p.unit, $3)`

// Proposals lists the proposals of a batch within an area, by code.
func Proposals(ctx context.Context, q pg.Querier, district, batch, area string) ([]Proposal, error) {
	return collect[Proposal](ctx, q, proposals+` order by p.unit`, district, batch, area)
}

// ProposalOf returns the proposal of a unit.
func ProposalOf(ctx context.Context, q pg.Querier, district, batch, unit string) (Proposal, error) {
	rows, err := q.Query(ctx, proposals+` and p.unit = $3`, district, batch, unit)
	if err != nil {
		return Proposal{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Proposal])
}

// Sign adds a signature.
func Sign(ctx context.Context, q pg.Querier, district, batch, unit, g, reason, by string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into grade_signature (district, batch_id, unit, grade, reason, by_id, at) values ($1,$2,$3,$4,$5,$6,$7)`,
		district, batch, unit, g, reason, by, at)
	return err
}

// Outcome is a signed outcome of a unit with its round.
type Outcome struct {
	RoundID, Grade string
	Reliability    float64
	Excused        bool
}

// History lists the signed outcomes of a unit by round, the latest first; a
// round without a signature in its latest batch has an empty grade.
func History(ctx context.Context, q pg.Querier, district, unit string) ([]Outcome, error) {
	return collect[Outcome](ctx, q, `select l.round_id::text, coalesce(g.grade,''), p.reliability, p.excused from (
			select distinct on (b.round_id) b.id, b.round_id from grade_batch b where b.district = $1 order by b.round_id, b.at desc, b.id desc) l
		join round r on r.district = $1 and r.id = l.round_id
		join grade_proposal p on p.district = $1 and p.batch_id = l.id and p.unit = $2
		left join grade_signature g on g.district = $1 and g.batch_id = l.id and g.unit = $2
		order by r.closes_on desc, r.created_at desc`, district, unit)
}

// Consequence is something proposed for a worker.
type Consequence struct {
	ID, Unit, UnitName, WorkerNo, Worker string
	Kind                                 string
	FromPost, FromLevel, ToLevel         int
	At                                   time.Time
	Signed                               *time.Time
	Confirmed                            bool
	Reason, Signer                       string
}

const consequences = `select c.id::text, c.unit, a.name, c.worker_no, w.name, c.kind, c.from_post::int, c.from_level::int, c.to_level::int, c.at,
		s.at, coalesce(s.confirmed,false), coalesce(s.reason,''), coalesce(x.display_name,'')
	from grade_consequence c join area a on a.district = c.district and a.code = c.unit
	join worker w on w.district = c.district and w.worker_no = c.worker_no
	left join consequence_signature s on s.district = c.district and s.consequence_id = c.id
	left join account x on x.district = s.district and x.id = s.by_id
	where c.district = $1`

// Consequences lists those of a batch within an area.
func Consequences(ctx context.Context, q pg.Querier, district, batch, area string) ([]Consequence, error) {
	return collect[Consequence](ctx, q, consequences+` and c.batch_id = $2 and starts_with(c.unit, $3) order by c.unit, c.worker_no`, district, batch, area)
}

// GetConsequence returns one.
func GetConsequence(ctx context.Context, q pg.Querier, district, id string) (Consequence, error) {
	rows, err := q.Query(ctx, consequences+` and c.id = $2`, district, id)
	if err != nil {
		return Consequence{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Consequence])
}

// InsertConsequence adds a proposal for a worker.
func InsertConsequence(ctx context.Context, q pg.Querier, district, batch string, c Consequence) error {
	_, err := q.Exec(ctx, `insert into grade_consequence (district, id, batch_id, unit, worker_no, kind, from_post, from_level, to_level, at)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`, district, c.ID, batch, c.Unit, c.WorkerNo, c.Kind, c.FromPost, c.FromLevel, c.ToLevel, c.At)
	return err
}

// SignConsequence adds the signature.
func SignConsequence(ctx context.Context, q pg.Querier, district, id string, confirmed bool, reason, by string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into consequence_signature (district, consequence_id, confirmed, reason, by_id, at) values ($1,$2,$3,$4,$5,$6)`,
		district, id, confirmed, reason, by, at)
	return err
}
