package paneldb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/scoring"
	"gongping/scoring/panel"
)

// Reviewer is an account that rates committees.
type Reviewer struct{ ID, Name, Login, Area, WorkerNo string }

// Reviewers lists the accounts that can rate in an area, by login.
func Reviewers(ctx context.Context, q pg.Querier, district, area string) ([]Reviewer, error) {
	rows, err := q.Query(ctx, `select id::text, display_name, login, area_code, coalesce(worker_no,'') from account
		where district = $1 and role = 'panel' and disabled_at is null and (starts_with(area_code, $2) or starts_with($2, area_code)) order by login`, district, area)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Reviewer])
}

// Conflict is a reviewer and an area that do not go together, and why.
type Conflict struct {
	Reviewer, Area, Kind, Reason, By string
	At                               time.Time
}

// Declared lists the latest word on every reviewer and area: declared or lifted.
func Declared(ctx context.Context, q pg.Querier, district, round string) ([]Conflict, error) {
	rows, err := q.Query(ctx, `select distinct on (c.reviewer, c.area) c.reviewer::text, c.area, c.kind, c.reason, coalesce(a.display_name,''), c.at
		from panel_conflict c left join account a on a.district = c.district and a.id = c.by_id
		where c.district = $1 and c.round_id = $2 order by c.reviewer, c.area, c.at desc, c.id desc`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Conflict])
}

// AddConflict appends a declaration or its lifting. Its time lies after what was
// said before of the same reviewer and area, so that the latest word is one.
func AddConflict(ctx context.Context, q pg.Querier, district, round, id, by string, c Conflict) error {
	_, err := q.Exec(ctx, `insert into panel_conflict (district, id, round_id, reviewer, area, kind, reason, by_id, at)
		select $1,$2,$3,$4,$5,$6,$7,nullif($8,'')::uuid, greatest($9::timestamptz, max(at) + interval '1 microsecond')
		from panel_conflict where district = $1 and round_id = $3 and reviewer = $4 and area = $5`,
		district, id, round, c.Reviewer, c.Area, c.Kind, c.Reason, by, c.At)
	return err
}

// Standing lists the conflicts that follow from what is on record: the
// reviewer's own workplace, and areas in which the same person (by account or
// staff number) collects answers in this round.
func Standing(ctx context.Context, q pg.Querier, district, round string) ([]Conflict, error) {
	rows, err := q.Query(ctx, `
		select r.id::text, w.area_code, 'own_area', '', '', r.created_at from account r
			join worker w on w.district = r.district and w.worker_no = r.worker_no
			where r.district = $1 and r.role = 'panel' and length(w.area_code) > 6
		union
		select r.id::text, r.area_code, 'own_area', '', '', r.created_at from account r
			where r.district = $1 and r.role = 'panel' and length(r.area_code) > 9
		union
		select r.id::text, e.area_code, 'evaluator', '', '', r.created_at from account r
			join account a on a.district = r.district and (a.id = r.id or (a.worker_no = r.worker_no and a.role = 'evaluator'))
			join round_evaluator e on e.district = a.district and e.account_id = a.id and e.round_id = $2
			where r.district = $1 and r.role = 'panel'
		order by 1, 2, 3`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Conflict])
}

// Plan is a plan of who rates whom.
type Plan struct {
	Number, Per int
	Seed        string
	Comparable  bool
	Reason, By  string
	At          time.Time
}

// Plans lists the plans of a round, newest first.
func Plans(ctx context.Context, q pg.Querier, district, round string) ([]Plan, error) {
	rows, err := q.Query(ctx, `select p.number, p.per, p.seed, p.comparable, p.reason, coalesce(a.display_name,''), p.at
		from panel_plan p left join account a on a.district = p.district and a.id = p.by_id
		where p.district = $1 and p.round_id = $2 order by p.number desc`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Plan])
}

// Assignments lists who rates whom in a plan.
func Assignments(ctx context.Context, q pg.Querier, district, round string, number int) ([]panel.Pair, error) {
	rows, err := q.Query(ctx, `select committee, reviewer::text from panel_assignment where district = $1 and round_id = $2 and number = $3
		order by committee, reviewer`, district, round, number)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[panel.Pair])
}

// AddPlan stores a plan with its assignments.
func AddPlan(ctx context.Context, q pg.Querier, district, round, by string, p Plan, pairs []panel.Pair) error {
	if _, err := q.Exec(ctx, `insert into panel_plan (district, round_id, number, per, seed, comparable, reason, by_id, at) values ($1,$2,$3,$4,$5,$6,$7,nullif($8,'')::uuid,$9)`,
		district, round, p.Number, p.Per, p.Seed, p.Comparable, p.Reason, by, p.At); err != nil {
		return err
	}
	b := &pgx.Batch{}
	for _, x := range pairs {
		b.Queue(`insert into panel_assignment (district, round_id, number, committee, reviewer) values ($1,$2,$3,$4,$5)`, district, round, p.Number, x.Committee, x.Reviewer)
	}
	return q.SendBatch(ctx, b).Close()
}

// All lists the latest rating of every reviewer, committee and criterion;
// Reviewer is an account id, or the name given in an import.
func All(ctx context.Context, q pg.Querier, district, round string) ([]scoring.Rating, error) {
	rows, err := q.Query(ctx, `select distinct on (committee, reviewer, criterion) committee, reviewer, criterion, score from panel_rating
		where district = $1 and round_id = $2 order by committee, reviewer, criterion, at desc, id desc`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[scoring.Rating])
}

// Evidence is an attached file; Name is sealed.
type Evidence struct {
	ID, Committee, Criterion string
	Name                     []byte
	MediaType                string
	Size                     int
	Digest                   []byte
	By                       string
	At                       time.Time
}

// AddEvidence stores a sealed file.
func AddEvidence(ctx context.Context, q pg.Querier, district, round string, e Evidence, content []byte) error {
	_, err := q.Exec(ctx, `insert into panel_evidence (district, id, round_id, committee, criterion, name, media_type, content, digest, size, by_id, at)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)`, district, e.ID, round, e.Committee, e.Criterion, e.Name, e.MediaType, content, e.Digest, e.Size, e.By, e.At)
	return err
}

const evidenceColumns = `e.id::text, e.committee, e.criterion, e.name, e.media_type, e.size, e.digest, coalesce(a.display_name,''), e.at`

// EvidenceOf lists the files of a round, of one committee or all (""), oldest first.
func EvidenceOf(ctx context.Context, q pg.Querier, district, round, committee string) ([]Evidence, error) {
	rows, err := q.Query(ctx, `select `+evidenceColumns+` from panel_evidence e left join account a on a.district = e.district and a.id = e.by_id
		where e.district = $1 and e.round_id = $2 and ($3 = '' or e.committee = $3) order by e.at, e.id`, district, round, committee)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Evidence])
}

// EvidenceContent returns a file with its sealed content.
func EvidenceContent(ctx context.Context, q pg.Querier, district, round, id string) (e Evidence, content []byte, err error) {
	err = q.QueryRow(ctx, `select `+evidenceColumns+`, e.content from panel_evidence e left join account a on a.district = e.district and a.id = e.by_id
		where e.district = $1 and e.round_id = $2 and e.id = $3`, district, round, id).
		Scan(&e.ID, &e.Committee, &e.Criterion, &e.Name, &e.MediaType, &e.Size, &e.Digest, &e.By, &e.At, &content)
	return e, content, err
}
