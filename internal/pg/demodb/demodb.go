// Package demodb writes the simulated fieldwork of the demonstration in bulk.
package demodb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Marks of the demonstration, kept as import batches of kind "demonstration".
const (
	Started = "started"
	Done    = "done"
)

// Mark notes how far the demonstration is.
func Mark(ctx context.Context, q pg.Querier, district, id, note string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into import_batch (district, id, kind, file_name, file_digest, n_rows, created_at, note)
		values ($1, $2, 'demonstration', '', '', 0, $3, $4)`, district, id, at, note)
	return err
}

// State tells whether a district holds nothing ("empty"), a demonstration that
// is complete (Done) or was cut off (Started), or something else ("foreign").
func State(ctx context.Context, q pg.Querier, district string) (string, error) {
	var state string
	err := q.QueryRow(ctx, `select case
		when exists (select from import_batch where district = $1 and kind = 'demonstration' and note = 'done') then 'done'
		when exists (select from import_batch where district = $1 and kind = 'demonstration') then 'started'
		when exists (select from account where district = $1) or exists (select from area where district = $1) then 'foreign'
		else 'empty' end`, district).Scan(&state)
	return state, err
}

// Case is a drawn person as the simulation needs them.
type Case struct {
	ID, PersonID, Evaluator          string
	Committee, Stratum, Cluster      string
	DesignWeight                     float64
	Sex, Tenure, Building, Household string
	BirthYear                        int
	Reserve                          bool
}

// Cases lists the cases of a round with their evaluators' logins, by id.
func Cases(ctx context.Context, q pg.Querier, district, round string) ([]Case, error) {
	rows, err := q.Query(ctx, `select c.id::text, c.person_id, coalesce(e.login,''), c.committee, c.stratum, s.cluster, c.design_weight,
			p.sex, p.tenure, p.building, p.household, p.birth_year, c.reserve
		from survey_case c join round r on r.district = c.district and r.id = c.round_id
		join draw_selection s on s.district = c.district and s.draw_id = c.draw_id and s.person_id = c.person_id
		join frame_person p on p.district = c.district and p.frame_id = r.frame_id and p.person_id = c.person_id
		left join case_assignment a on a.district = c.district and a.case_id = c.id and a.seq = 1
		left join account e on e.district = a.district and e.id = a.evaluator_id
		where c.district = $1 and c.round_id = $2 order by c.id`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Case])
}

// Attempt is a simulated contact attempt.
type Attempt struct {
	ID, CaseID, Evaluator, Mode, Disposition string
	At                                       time.Time
}

// CopyAttempts stores attempts.
func CopyAttempts(ctx context.Context, q pg.Querier, district string, list []Attempt) error {
	_, err := q.CopyFrom(ctx, pgx.Identifier{"contact_attempt"},
		[]string{"district", "id", "case_id", "evaluator_id", "mode", "disposition", "at", "received_at"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			a := list[i]
			var who any
			if a.Evaluator != "" {
				who = a.Evaluator
			}
			return []any{district, a.ID, a.CaseID, who, a.Mode, a.Disposition, a.At, a.At}, nil
		}))
	if err != nil {
		return err
	}
	return pg.Analyze(ctx, q, "contact_attempt")
}

// SealedSecret returns the sealed secret of a frame.
func SealedSecret(ctx context.Context, q pg.Querier, district, frame string) ([]byte, error) {
	var b []byte
	err := q.QueryRow(ctx, `select sealed_secret from frame where district = $1 and id = $2`, district, frame).Scan(&b)
	return b, err
}

// Signals lets the holders of the first answers of a committee tell the
// auditors that they were coached, and one that they were pressed.
func Signals(ctx context.Context, q pg.Querier, district, round, committee string, coached int) error {
	_, err := q.Exec(ctx, `insert into response_signal (district, response_id, round_id, committee, kind, day)
		select district, id, round_id, committee, k.kind, day from (
			select *, row_number() over (order by id) n from response where district = $1 and round_id = $2 and committee = $3) r
		join (values ('coached', $4::int), ('pressed', $4::int / 2)) k(kind, most) on r.n <= k.most`, district, round, committee, coached)
	return err
}
