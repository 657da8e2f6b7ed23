// Package worddb stores masked comments, codebooks, what coders judged, and the
// attributions that follow.
package worddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/scoring/qualitative"
)

// Scope is what comments belong to: a round or an imported file.
type Scope struct{ Round, Import string }

// where limits a statement to a scope; its ids are the parameters $2 and $3.
const where = ` c.district = $1 and ($2 = '' or c.round_id = nullif($2,'')::uuid) and ($3 = '' or c.import_id = nullif($3,'')::uuid) and ($2 <> '' or $3 <> '') `

func collect[T any](ctx context.Context, q pg.Querier, scan func(pgx.CollectableRow) (T, error), sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

// Codebook is a stored version.
type Codebook struct {
	ID      string
	Version int
	Body    []byte
	At      time.Time
}

// CurrentCodebook returns the version in force: the latest.
func CurrentCodebook(ctx context.Context, q pg.Querier, district string) (Codebook, error) {
	rows, err := q.Query(ctx, `select id::text, version, body, created_at from codebook where district = $1 order by created_at desc, version desc limit 1`, district)
	if err != nil {
		return Codebook{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Codebook])
}

// CodebookVersions lists all versions, newest first.
func CodebookVersions(ctx context.Context, q pg.Querier, district string) ([]Codebook, error) {
	return collect(ctx, q, pgx.RowToStructByPos[Codebook], `select id::text, version, body, created_at from codebook where district = $1 order by created_at desc, version desc`, district)
}

// InsertCodebook adds a version.
func InsertCodebook(ctx context.Context, q pg.Querier, district, by string, b Codebook, digest []byte) error {
	_, err := q.Exec(ctx, `insert into codebook (district, id, version, body, digest, created_by, created_at) values ($1,$2,$3,$4,$5,nullif($6,'')::uuid,$7)`,
		district, b.ID, b.Version, b.Body, digest, by, b.At)
	return err
}

// Sealed is an open answer that has not been taken in.
type Sealed struct {
	Response, Item       string
	Sealed               []byte
	Committee, Household string
	Month                time.Time
}

// Pending lists the open answers of a round that have not been taken in.
func Pending(ctx context.Context, q pg.Querier, district, round string) ([]Sealed, error) {
	return collect(ctx, q, pgx.RowToStructByPos[Sealed], `select p.response_id::text, p.item, p.sealed, r.committee, r.household, date_trunc('month', r.day)::date
		from response r join response_comment p on p.district = r.district and p.response_id = r.id
		where r.district = $1 and r.round_id = $2 and not exists (select from comment c where c.district = p.district and c.response_id = p.response_id and c.item = p.item)
		order by p.response_id, p.item`, district, round)
}

// Resident is a person of a frame with the sealed record.
type Resident struct {
	Person string // frame id
	Sealed []byte
}

// Residents lists the people of a committee in the frame of a round, with the
// frame's id; nobody where the round has no frame.
func Residents(ctx context.Context, q pg.Querier, district, round, committee string) (frame string, list []Resident, err error) {
	if err = q.QueryRow(ctx, `select coalesce(frame_id::text,'') from round where district = $1 and id = $2`, district, round).Scan(&frame); err != nil || frame == "" {
		return frame, nil, err
	}
	list, err = collect(ctx, q, pgx.RowToStructByPos[Resident], `select p.person_id, i.sealed from frame_person p
		join identity.person i on i.district = p.district and i.frame_id = p.frame_id and i.person_id = p.person_id
		where p.district = $1 and p.frame_id = $2 and p.committee = $3 order by p.person_id`, district, frame, committee)
	return frame, list, err
}

// Comment is a comment to be stored.
type Comment struct {
	ID, Lead, Round, Import, Response, Item, Area, Author string
	Month                                                 time.Time
	Likes                                                 int
	Body, Folded                                          string
	Terms                                                 []string
	Key                                                   []byte
	Masked                                                map[qualitative.Kind]int
	Sealed                                                []byte
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// Insert appends comments in the order given.
func Insert(ctx context.Context, q pg.Querier, district string, list []Comment, now time.Time) error {
	_, err := q.CopyFrom(ctx, pgx.Identifier{"comment"}, []string{"district", "id", "lead_id", "round_id", "import_id", "response_id", "item", "area_code", "month",
		"author", "likes", "body", "folded", "terms", "text_key", "masked", "sealed", "taken_at"}, pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
		c := &list[i]
		return []any{district, c.ID, c.Lead, null(c.Round), null(c.Import), null(c.Response), c.Item, c.Area, c.Month, c.Author, c.Likes, c.Body, c.Folded, c.Terms, c.Key, c.Masked, c.Sealed, now}, nil
	}))
	return err
}

// Leads returns the first comment of every text of a scope, by key.
func Leads(ctx context.Context, q pg.Querier, district string, s Scope) (map[string]string, error) {
	rows, err := q.Query(ctx, `select c.text_key, c.id::text from comment c where `+where+` and c.id = c.lead_id`, district, s.Round, s.Import)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	var key []byte
	var id string
	_, err = pgx.ForEachRow(rows, []any{&key, &id}, func() error {
		out[string(key)] = id
		return nil
	})
	return out, err
}

// ScopeRow is a scope with what was done on its comments.
type ScopeRow struct {
	Round, Import, Title string
	At                   time.Time
	Comments, Texts      int
	Once, Split, Decided int // texts coded by one; by two who differ; decided
	Attributed           int // answers
}

// Scopes lists rounds and files that have comments, newest first.
func Scopes(ctx context.Context, q pg.Querier, district, area string) ([]ScopeRow, error) {
	return collect(ctx, q, pgx.RowToStructByPos[ScopeRow], `with n as (
			select lead_id, count(*) as codings from comment_coding where district = $1 group by lead_id
		), s as (
			select c.round_id, c.import_id, count(*) as comments, count(*) filter (where c.id = c.lead_id) as texts,
				count(*) filter (where c.id = c.lead_id and n.codings = 1) as once,
				count(*) filter (where c.id = c.lead_id and n.codings = 2 and d.lead_id is null) as split,
				count(*) filter (where c.id = c.lead_id and d.lead_id is not null) as decided
			from comment c left join n on n.lead_id = c.id left join comment_decision d on d.district = c.district and d.lead_id = c.id
			where c.district = $1 and starts_with(c.area_code, $2) group by c.round_id, c.import_id)
		select coalesce(s.round_id::text,''), coalesce(s.import_id::text,''), coalesce(r.title, b.file_name, ''), coalesce(r.closes_on::timestamptz, b.created_at),
			s.comments, s.texts, s.once, s.split, s.decided,
			(select count(*) from answer_attribution a where a.district = $1 and a.round_id = s.round_id)
		from s left join round r on r.district = $1 and r.id = s.round_id left join import_batch b on b.district = $1 and b.id = s.import_id
		order by 4 desc, 1, 2`, district, area)
}

// MaskedCounts sums what was masked in a scope by kind.
func MaskedCounts(ctx context.Context, q pg.Querier, district string, s Scope) (map[string]int, error) {
	rows, err := q.Query(ctx, `select k.key, sum(k.value::int)::int from comment c, jsonb_each_text(c.masked) k where `+where+` group by k.key`, district, s.Round, s.Import)
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	var kind string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&kind, &n}, func() error {
		out[kind] = n
		return nil
	})
	return out, err
}

// PendingRounds counts the open answers that wait to be taken in, by round.
func PendingRounds(ctx context.Context, q pg.Querier, district, area string) (map[string]int, error) {
	rows, err := q.Query(ctx, `select r.round_id::text, count(*)::int from response_comment p join response r on r.district = p.district and r.id = p.response_id
		where p.district = $1 and starts_with(r.committee, $2) and not exists (select from comment c where c.district = p.district and c.response_id = p.response_id and c.item = p.item)
		group by r.round_id`, district, area)
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	var id string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error {
		out[id] = n
		return nil
	})
	return out, err
}
