// Package rounddb stores questionnaires, rule books and rounds with their
// states, evaluators and strata.
package rounddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey"
)

// Versioned is a questionnaire or a rule book: an immutable version of JSON.
type Versioned struct {
	ID        string
	Version   int
	Title     string
	Body      []byte
	Digest    []byte
	CreatedAt time.Time
}

// Table is one of the two tables of versioned documents.
type Table struct{ name, body string }

// The tables of versioned documents.
var (
	Questionnaires = Table{"questionnaire", "definition"}
	RuleBooks      = Table{"rule_book", "body"}
)

// Insert adds a version.
func (t Table) Insert(ctx context.Context, q pg.Querier, district string, v Versioned, by string) error {
	_, err := q.Exec(ctx, `insert into `+t.name+` (district, id, version, title, `+t.body+`, digest, created_by, created_at)
		values ($1,$2,$3,$4,$5,$6,nullif($7,'')::uuid,$8)`, district, v.ID, v.Version, v.Title, v.Body, v.Digest, by, v.CreatedAt)
	return err
}

// Get returns a version; version 0 means the latest.
func (t Table) Get(ctx context.Context, q pg.Querier, district, id string, version int) (Versioned, error) {
	rows, err := q.Query(ctx, `select id::text, version, title, `+t.body+`, digest, created_at from `+t.name+`
		where district = $1 and id = $2 and ($3 = 0 or version = $3) order by version desc limit 1`, district, id, version)
	if err != nil {
		return Versioned{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Versioned])
}

// List returns the latest version of every document, newest first.
func (t Table) List(ctx context.Context, q pg.Querier, district string) ([]Versioned, error) {
	rows, err := q.Query(ctx, `select id, version, title, body, digest, created_at from (
			select distinct on (id) id::text, version, title, `+t.body+` as body, digest, created_at from `+t.name+`
			where district = $1 order by id, version desc) latest order by created_at desc, id`, district)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Versioned])
}

// Versions returns all versions of a document, latest first.
func (t Table) Versions(ctx context.Context, q pg.Querier, district, id string) ([]Versioned, error) {
	rows, err := q.Query(ctx, `select id::text, version, title, `+t.body+`, digest, created_at from `+t.name+`
		where district = $1 and id = $2 order by version desc`, district, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Versioned])
}

const roundColumns = `r.id::text, r.series::text, r.version, coalesce(r.supersedes::text,''), r.kind, r.title, r.area_code,
	coalesce(r.frame_id::text,''), r.questionnaire_id::text, r.questionnaire_version, r.rule_book_id::text, r.rule_book_version,
	r.plan, r.opens_on, r.closes_on,
	coalesce((select e.state from round_event e where e.district = r.district and e.round_id = r.id order by e.seq desc limit 1), 'draft'),
	r.created_at`

func scanRound(row pgx.CollectableRow) (survey.Round, error) {
	var r survey.Round
	err := row.Scan(&r.ID, &r.Series, &r.Version, &r.Supersedes, &r.Kind, &r.Title, &r.AreaCode, &r.FrameID, &r.QuestionnaireID,
		&r.QuestionnaireVersion, &r.RuleBookID, &r.RuleBookVersion, &r.Plan, &r.OpensOn, &r.ClosesOn, &r.State, &r.CreatedAt)
	return r, err
}

// Insert adds a round.
func Insert(ctx context.Context, q pg.Querier, district string, r survey.Round, by string) error {
	_, err := q.Exec(ctx, `insert into round (district, id, series, version, supersedes, kind, title, area_code, frame_id,
			questionnaire_id, questionnaire_version, rule_book_id, rule_book_version, plan, opens_on, closes_on, created_by, created_at)
		values ($1,$2,$3,$4,nullif($5,'')::uuid,$6,$7,$8,nullif($9,'')::uuid,$10,$11,$12,$13,$14,$15,$16,nullif($17,'')::uuid,$18)`,
		district, r.ID, r.Series, r.Version, r.Supersedes, r.Kind, r.Title, r.AreaCode, r.FrameID, r.QuestionnaireID,
		r.QuestionnaireVersion, r.RuleBookID, r.RuleBookVersion, r.Plan, r.OpensOn, r.ClosesOn, by, r.CreatedAt)
	return err
}

// Update changes a draft; the database refuses it once the round is frozen.
func Update(ctx context.Context, q pg.Querier, district string, r survey.Round) error {
	_, err := q.Exec(ctx, `update round set title = $3, area_code = $4, frame_id = nullif($5,'')::uuid, questionnaire_id = $6,
			questionnaire_version = $7, rule_book_id = $8, rule_book_version = $9, plan = $10, opens_on = $11, closes_on = $12
		where district = $1 and id = $2`, district, r.ID, r.Title, r.AreaCode, r.FrameID, r.QuestionnaireID,
		r.QuestionnaireVersion, r.RuleBookID, r.RuleBookVersion, r.Plan, r.OpensOn, r.ClosesOn)
	return err
}

// Get returns a round with its state.
func Get(ctx context.Context, q pg.Querier, district, id string) (survey.Round, error) {
	rows, err := q.Query(ctx, `select `+roundColumns+` from round r where r.district = $1 and r.id = $2`, district, id)
	if err != nil {
		return survey.Round{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanRound)
}

// Lock returns a round and holds it against other steps until the transaction ends.
func Lock(ctx context.Context, q pg.Querier, district, id string) (survey.Round, error) {
	if _, err := q.Exec(ctx, `select 1 from round where district = $1 and id = $2 for update`, district, id); err != nil {
		return survey.Round{}, err
	}
	return Get(ctx, q, district, id)
}

// List returns the rounds that touch an area (those of it, within it and above
// it), newest first, and how many there are; a limit of 0 means all.
func List(ctx context.Context, q pg.Querier, district, area string, limit, offset int) ([]survey.Round, int, error) {
	const where = ` from round r where r.district = $1 and (starts_with(r.area_code, $2) or starts_with($2, r.area_code))`
	total := 0
	if err := q.QueryRow(ctx, `select count(*)`+where, district, area).Scan(&total); err != nil {
		return nil, 0, err
	}
	rows, err := q.Query(ctx, `select `+roundColumns+where+` order by r.created_at desc, r.id limit nullif($3, 0) offset $4`, district, area, limit, offset)
	if err != nil {
		return nil, 0, err
	}
	list, err := pgx.CollectRows(rows, scanRound)
	return list, total, err
}

// Series returns the versions of a round, first to last.
func Series(ctx context.Context, q pg.Querier, district, series string) ([]survey.Round, error) {
	rows, err := q.Query(ctx, `select `+roundColumns+` from round r where r.district = $1 and r.series = $2 order by r.version`, district, series)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanRound)
}

// Event is a step of a round.
type Event struct {
	Seq    int
	State  survey.State
	Digest []byte
	By     string // display name of who took it, "" for the service
	At     time.Time
	Reason string
}

// AddEvent appends the next step of a round.
func AddEvent(ctx context.Context, q pg.Querier, district, round string, state survey.State, digest []byte, by string, at time.Time, reason string) error {
	_, err := q.Exec(ctx, `insert into round_event (district, round_id, seq, state, digest, by_id, at, reason)
		select $1, $2, coalesce(max(seq),0)+1, $3, $4, nullif($5,'')::uuid, $6, $7 from round_event where district = $1 and round_id = $2`,
		district, round, string(state), digest, by, at, reason)
	return err
}

// Events returns the steps of a round in order.
func Events(ctx context.Context, q pg.Querier, district, round string) ([]Event, error) {
	rows, err := q.Query(ctx, `select e.seq, e.state, e.digest, coalesce(a.display_name,''), e.at, e.reason from round_event e
		left join account a on a.district = e.district and a.id = e.by_id
		where e.district = $1 and e.round_id = $2 order by e.seq`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

// Evaluator is a person who collects in a part of the round.
type Evaluator struct{ AccountID, Name, Area string }

// SetEvaluators replaces the evaluators of a draft.
func SetEvaluators(ctx context.Context, q pg.Querier, district, round string, list []Evaluator) error {
	b := &pgx.Batch{}
	b.Queue(`delete from round_evaluator where district = $1 and round_id = $2`, district, round)
	for _, e := range list {
		b.Queue(`insert into round_evaluator (district, round_id, account_id, area_code) values ($1,$2,$3,$4)`, district, round, e.AccountID, e.Area)
	}
	return q.SendBatch(ctx, b).Close()
}

// Evaluators lists the evaluators of a round by area.
func Evaluators(ctx context.Context, q pg.Querier, district, round string) ([]Evaluator, error) {
	rows, err := q.Query(ctx, `select e.account_id::text, a.display_name, e.area_code from round_evaluator e
		join account a on a.district = e.district and a.id = e.account_id
		where e.district = $1 and e.round_id = $2 order by e.area_code, a.login`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Evaluator])
}

// Stratum is a planned stratum of a frozen round.
type Stratum struct {
	Stratum, Committee, Method string
	Population, Total          int64
	Planned, Reserve, Clusters int
}

// Persons is how many residents the stratum draws: under two-stage methods
// Planned counts the households of each drawn cluster.
func (s Stratum) Persons() int { return s.Planned * max(s.Clusters, 1) }

// Reserves is how many reserves stand behind them.
func (s Stratum) Reserves() int { return s.Reserve * max(s.Clusters, 1) }

// InsertStrata stores the strata of a round at its freeze.
func InsertStrata(ctx context.Context, q pg.Querier, district, round string, list []Stratum) error {
	_, err := q.CopyFrom(ctx, pgx.Identifier{"round_stratum"},
		[]string{"district", "round_id", "stratum", "committee", "method", "population", "total", "planned", "reserve", "clusters"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			s := list[i]
			return []any{district, round, s.Stratum, s.Committee, s.Method, s.Population, s.Total, s.Planned, s.Reserve, s.Clusters}, nil
		}))
	return err
}

// Strata returns the strata of a round by name.
func Strata(ctx context.Context, q pg.Querier, district, round string) ([]Stratum, error) {
	rows, err := q.Query(ctx, `select stratum, committee, method, population, total, planned, reserve, clusters from round_stratum
		where district = $1 and round_id = $2 order by stratum collate "C"`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Stratum])
}
