// Package upwarddb stores the register of handed-down tasks and the survey in
// which workers rate departments. Answers are written and cannot be read: sums
// come from a function of the database that keeps the least cell.
package upwarddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Task is the newest version of a task that a department handed down.
type Task struct {
	ID                       string
	Version                  int
	Department, Title, Basis string
	HandedOn                 time.Time
	Level                    string // street or committee
	Funds, People            bool
	Minutes                  *int // a month and unit, as the street estimates
	EndedOn                  *time.Time
	Area, Reason, By         string
	At                       time.Time
}

const taskColumns = `t.id::text, t.version, t.department, t.title, t.basis, t.handed_on, t.level, t.funds, t.people, t.minutes, t.ended_on, t.area_code, t.reason,
	coalesce(a.display_name,''), t.at`

// Tasks lists the newest versions of the tasks of a department ("" is all),
// newest first.
func Tasks(ctx context.Context, q pg.Querier, district, department string) ([]Task, error) {
	return collect[Task](ctx, q, `select `+taskColumns+` from handed_task t left join account a on a.district = t.district and a.id = t.by_id
		where t.district = $1 and ($2 = '' or t.department = $2)
			and t.version = (select max(version) from handed_task n where n.district = t.district and n.id = t.id)
		order by t.ended_on is not null, t.handed_on desc, t.title, t.id`, district, department)
}

// Versions lists every version of a task, oldest first.
func Versions(ctx context.Context, q pg.Querier, district, id string) ([]Task, error) {
	return collect[Task](ctx, q, `select `+taskColumns+` from handed_task t left join account a on a.district = t.district and a.id = t.by_id
		where t.district = $1 and t.id = $2 order by t.version`, district, id)
}

// InsertTasks appends versions of tasks.
func InsertTasks(ctx context.Context, q pg.Querier, district, importID, by string, list []Task) error {
	b := &pgx.Batch{}
	for _, t := range list {
		b.Queue(`insert into handed_task (district, id, version, department, title, basis, handed_on, level, funds, people, minutes, ended_on, area_code, reason, import_id, by_id, at)
			values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,nullif($15,'')::uuid,nullif($16,'')::uuid,$17)`,
			district, t.ID, t.Version, t.Department, t.Title, t.Basis, t.HandedOn, t.Level, t.Funds, t.People, t.Minutes, t.EndedOn, t.Area, t.Reason, importID, by, t.At)
	}
	return q.SendBatch(ctx, b).Close()
}

// Survey is an upward survey.
type Survey struct {
	ID, Title         string
	OpensOn, ClosesOn time.Time
	Questionnaire     []byte
	Cell              int
	Closed            bool
	At                time.Time
}

// Surveys lists the surveys, newest first.
func Surveys(ctx context.Context, q pg.Querier, district string) ([]Survey, error) {
	return collect[Survey](ctx, q, `select s.id::text, s.title, s.opens_on, s.closes_on, s.questionnaire, s.cell,
			exists (select from upward_event e where e.district = s.district and e.survey_id = s.id and e.kind = 'closed'), s.at
		from upward_survey s where s.district = $1 order by s.at desc, s.id`, district)
}

// InsertSurvey opens a survey.
func InsertSurvey(ctx context.Context, q pg.Querier, district, by string, s Survey) error {
	_, err := q.Exec(ctx, `insert into upward_survey (district, id, title, opens_on, closes_on, questionnaire, cell, by_id, at) values ($1,$2,$3,$4,$5,$6,$7,nullif($8,'')::uuid,$9)`,
		district, s.ID, s.Title, s.OpensOn, s.ClosesOn, s.Questionnaire, s.Cell, by, s.At)
	return err
}

// Hold keeps answers and the closing of a survey from crossing in this
// transaction: answers share it, closing has it alone.
func Hold(ctx context.Context, q pg.Querier, survey string, alone bool) error {
	sql := `select pg_advisory_xact_lock_shared(hashtextextended('gongping upward ' || $1, 0))`
	if alone {
		sql = `select pg_advisory_xact_lock(hashtextextended('gongping upward ' || $1, 0))`
	}
	_, err := q.Exec(ctx, sql, survey)
	return err
}

// Close ends a survey; repeating it changes nothing.
func Close(ctx context.Context, q pg.Querier, district, survey, by string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into upward_event (district, survey_id, kind, by_id, at) values ($1,$2,'closed',nullif($3,'')::uuid,$4) on conflict do nothing`, district, survey, by, at)
	return err
}

// Spend takes a token; false when it was taken before.
func Spend(ctx context.Context, q pg.Querier, district, token string) (bool, error) {
	tag, err := q.Exec(ctx, `insert into upward_spent (district, token_hash) values ($1,$2) on conflict (district, token_hash) do nothing`, district, token)
	return tag.RowsAffected() == 1, err
}

// Spent tells which tokens were taken.
func Spent(ctx context.Context, q pg.Querier, district string, tokens []string) (map[string]bool, error) {
	rows, err := q.Query(ctx, `select token_hash from upward_spent where district = $1 and token_hash = any($2)`, district, tokens)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	var t string
	_, err = pgx.ForEachRow(rows, []any{&t}, func() error { out[t] = true; return nil })
	return out, err
}

// InsertAnswer writes an answer.
func InsertAnswer(ctx context.Context, q pg.Querier, district, id, survey, department string, answers []byte) error {
	_, err := q.Exec(ctx, `insert into upward_answer (district, id, survey_id, department, answers) values ($1,$2,$3,$4,$5)`, district, id, survey, department, answers)
	return err
}

// Sum is the sum of the scores of a question of a department; item "" is the
// number of answers.
type Sum struct {
	Department, Item string
	N                int
	Total, Squares   float64
}

// Tally returns what the least cell allows of a closed survey.
func Tally(ctx context.Context, q pg.Querier, district, survey string) ([]Sum, error) {
	return collect[Sum](ctx, q, `select department, item, n::int, total, squares from upward_tally($1,$2) order by 1, 2`, district, survey)
}

// Workers counts the accounts that may answer.
func Workers(ctx context.Context, q pg.Querier, district string) (n int, err error) {
	err = q.QueryRow(ctx, `select count(*) from account where district = $1 and role = 'worker' and disabled_at is null`, district).Scan(&n)
	return n, err
}

func collect[T any](ctx context.Context, q pg.Querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}
