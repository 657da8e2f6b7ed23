// Package departmentdb stores functional departments and what they answer.
package departmentdb

import (
	"context"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Department is a functional department of the district.
type Department struct {
	Code, Name, NameEN string
	Active             bool
}

// codeForm is what the table holds for a code as well.
var codeForm = regexp.MustCompile(`^[a-z][a-z0-9_]{1,30}$`)

// ValidCode tells whether something can be the code of a department.
func ValidCode(code string) bool { return codeForm.MatchString(code) }

// In is the department's name in a language, the Chinese one where there is no other.
func (d Department) In(lang string) string {
	if lang == "en" && d.NameEN != "" {
		return d.NameEN
	}
	return d.Name
}

// Save adds departments or renames them; a code keeps its meaning for ever.
func Save(ctx context.Context, q pg.Querier, district string, list []Department, now time.Time) error {
	b := &pgx.Batch{}
	for _, d := range list {
		b.Queue(`insert into department (district, code, name, name_en, active, created_at) values ($1,$2,$3,$4,$5,$6)
			on conflict (district, code) do update set name = excluded.name, name_en = excluded.name_en, active = excluded.active`,
			district, d.Code, d.Name, d.NameEN, d.Active, now)
	}
	return q.SendBatch(ctx, b).Close()
}

// List lists the departments by code.
func List(ctx context.Context, q pg.Querier, district string) ([]Department, error) {
	rows, err := q.Query(ctx, `select code, name, name_en, active from department where district = $1 order by code collate "C"`, district)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Department])
}

// Get returns a department.
func Get(ctx context.Context, q pg.Querier, district, code string) (Department, error) {
	rows, err := q.Query(ctx, `select code, name, name_en, active from department where district = $1 and code = $2`, district, code)
	if err != nil {
		return Department{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Department])
}

// Reply is what a department said.
type Reply struct {
	ID, RoundID, RoundTitle, Topic, Body string
	At                                   time.Time
}

// InsertReply appends a reply.
func InsertReply(ctx context.Context, q pg.Querier, district, department, by string, r Reply) error {
	_, err := q.Exec(ctx, `insert into department_reply (district, id, department, round_id, topic, body, by_id, at)
		values ($1,$2,$3,nullif($4,'')::uuid,$5,$6,nullif($7,'')::uuid,$8)`, district, r.ID, department, r.RoundID, r.Topic, r.Body, by, r.At)
	return err
}

// Replies lists the replies of a department, newest first.
func Replies(ctx context.Context, q pg.Querier, district, department string) ([]Reply, error) {
	rows, err := q.Query(ctx, `select p.id::text, coalesce(p.round_id::text,''), coalesce(r.title,''), p.topic, p.body, p.at
		from department_reply p left join round r on r.district = p.district and r.id = p.round_id
		where p.district = $1 and p.department = $2 order by p.at desc, p.id`, district, department)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Reply])
}
