package worddb

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/scoring/qualitative"
)

// Text is a text to be coded.
type Text struct {
	ID, Body, Area, Round, Import string
	Copies, Codings               int
	Decided                       bool
}

const textColumns = `c.id::text, c.body, c.area_code, coalesce(c.round_id::text,''), coalesce(c.import_id::text,''),
	(select count(*)::int from comment k where k.district = c.district and k.round_id is not distinct from c.round_id and k.import_id is not distinct from c.import_id and k.lead_id = c.id),
	(select count(*)::int from comment_coding g where g.district = c.district and g.lead_id = c.id),
	exists (select from comment_decision d where d.district = c.district and d.lead_id = c.id)`

// judged lists the texts of answers that an account reviews, or has reviewed, on
// the panel of an appeal ($5): it does not code them besides.
const judged = `select k.lead_id from appeal_event e join appeal_item i on i.district = e.district and i.appeal_id = e.appeal_id
	join comment k on k.district = i.district and k.response_id = i.response_id where e.district = $1 and e.kind = 'assigned' and e.data->'members' ? $5::text`

// Queue lists texts of a scope that a coder may code: not decided, not coded by
// the coder, and none whose answer the coder reviews for an appeal. Those that
// wait for a third or a second come first.
func Queue(ctx context.Context, q pg.Querier, district string, s Scope, area, coder string, limit int) ([]Text, error) {
	return collect(ctx, q, pgx.RowToStructByPos[Text], `select `+textColumns+` from comment c
		where `+where+` and c.id = c.lead_id and starts_with(c.area_code, $4)
			and not exists (select from comment_decision d where d.district = c.district and d.lead_id = c.id)
			and not exists (select from comment_coding g where g.district = c.district and g.lead_id = c.id and g.coder_id = $5::uuid)
			and c.id <> all(array(`+judged+`))
		order by 7 desc, c.id limit $6`, district, s.Round, s.Import, area, coder, limit)
}

// GetText returns a text by the id of its lead.
func GetText(ctx context.Context, q pg.Querier, district, id string) (Text, error) {
	rows, err := q.Query(ctx, `select `+textColumns+` from comment c where c.district = $1 and c.id = $2 and c.lead_id = c.id`, district, id)
	if err != nil {
		return Text{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Text])
}

// Judges tells whether an account reviews the answer behind a text for an appeal.
func Judges(ctx context.Context, q pg.Querier, district, lead, account string) (yes bool, err error) {
	err = q.QueryRow(ctx, `select $2::uuid in (`+strings.ReplaceAll(judged, "$5", "$3")+`)`, district, lead, account).Scan(&yes)
	return yes, err
}

// LockText keeps two codings of one text apart until the transaction ends.
func LockText(ctx context.Context, q pg.Querier, district, id string) error {
	_, err := q.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('comment/' || $1 || '/' || $2, 0))`, district, id)
	return err
}

// Coding is one coder's judgement.
type Coding struct {
	ID, Lead, Coder, Codebook string
	Slot, Version             int
	Codes                     []qualitative.Code
	Proposed                  bool
	At                        time.Time
}

func scanCoding(r pgx.CollectableRow) (c Coding, err error) {
	var raw []byte
	if err = r.Scan(&c.ID, &c.Lead, &c.Coder, &c.Codebook, &c.Slot, &c.Version, &raw, &c.Proposed, &c.At); err != nil {
		return c, err
	}
	return c, json.Unmarshal(raw, &c.Codes)
}

const codingColumns = `g.id::text, g.lead_id::text, g.coder_id::text, g.codebook_id::text, g.slot::int, g.codebook_version, g.codes, g.proposed, g.at`

// Codings lists the judgements of a text, in order.
func Codings(ctx context.Context, q pg.Querier, district, lead string) ([]Coding, error) {
	return collect(ctx, q, scanCoding, `select `+codingColumns+` from comment_coding g where g.district = $1 and g.lead_id = $2 order by g.slot`, district, lead)
}

// ScopeCodings lists the first two judgements of every text of a scope.
func ScopeCodings(ctx context.Context, q pg.Querier, district string, s Scope) ([]Coding, error) {
	return collect(ctx, q, scanCoding, `select `+codingColumns+` from comment c join comment_coding g on g.district = c.district and g.lead_id = c.id and g.slot <= 2
		where `+where+` and c.id = c.lead_id order by g.lead_id, g.slot`, district, s.Round, s.Import)
}

// InsertCoding appends a judgement.
func InsertCoding(ctx context.Context, q pg.Querier, district string, c Coding) error {
	codes, err := json.Marshal(orEmpty(c.Codes))
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `insert into comment_coding (district, id, lead_id, slot, coder_id, codebook_id, codebook_version, codes, proposed, at)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`, district, c.ID, c.Lead, c.Slot, c.Coder, c.Codebook, c.Version, codes, c.Proposed, c.At)
	return err
}

func orEmpty(c []qualitative.Code) []qualitative.Code {
	if c == nil {
		return []qualitative.Code{}
	}
	return c
}

// InsertDecision appends what coders decided.
func InsertDecision(ctx context.Context, q pg.Querier, district string, c Coding, d qualitative.Decision) error {
	codes, err := json.Marshal(orEmpty(d.Codes))
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `insert into comment_decision (district, lead_id, state, codebook_id, codebook_version, codes, at) values ($1,$2,$3,$4,$5,$6,$7)`,
		district, c.Lead, string(d.State), c.Codebook, c.Version, codes, c.At)
	return err
}

// Coded is a decided text with its codes.
type Coded struct {
	Body  string
	Codes []qualitative.Code
}

// Examples lists the latest decided texts of the district, to learn from.
func Examples(ctx context.Context, q pg.Querier, district string, limit int) ([]Coded, error) {
	return collect(ctx, q, func(r pgx.CollectableRow) (c Coded, err error) {
		var raw []byte
		if err = r.Scan(&c.Body, &raw); err != nil {
			return c, err
		}
		return c, json.Unmarshal(raw, &c.Codes)
	}, `select c.body, d.codes from comment_decision d join comment c on c.district = d.district and c.id = d.lead_id
		where d.district = $1 order by d.at desc, d.lead_id limit $2`, district, limit)
}

// CountDecisions counts the decided texts of the district.
func CountDecisions(ctx context.Context, q pg.Querier, district string) (n int, err error) {
	err = q.QueryRow(ctx, `select count(*) from comment_decision where district = $1`, district).Scan(&n)
	return n, err
}

// Spoken is a comment with its author, size and, where decided, its codes.
type Spoken struct {
	ID, Lead, Body, Area, Author string
	Likes                        int
	Decided                      bool
	Codes                        []qualitative.Code
}

// Comments lists the comments of a scope within an area, by id.
func Comments(ctx context.Context, q pg.Querier, district string, s Scope, area string) ([]Spoken, error) {
	return collect(ctx, q, func(r pgx.CollectableRow) (c Spoken, err error) {
		var raw []byte
		if err = r.Scan(&c.ID, &c.Lead, &c.Body, &c.Area, &c.Author, &c.Likes, &raw); err != nil || raw == nil {
			return c, err
		}
		c.Decided = true
		return c, json.Unmarshal(raw, &c.Codes)
	}, `select c.id::text, c.lead_id::text, c.body, c.area_code, c.author, c.likes, d.codes
		from comment c left join comment_decision d on d.district = c.district and d.lead_id = c.lead_id
		where `+where+` and starts_with(c.area_code, $4) order by c.id`, district, s.Round, s.Import, area)
}

// Found is a comment that a search found.
type Found struct {
	ID, Lead, Body, Area, Title string
	Month                       time.Time
	Likes                       int
	Codes                       []byte // JSON, nil where not decided
}

// Search finds comments with all terms and phrases, newest month first, and
// counts them.
func Search(ctx context.Context, q pg.Querier, district string, s Scope, area string, terms, phrases []string, limit, offset int) ([]Found, int, error) {
	const cond = ` c.district = $1 and ($2 = '' or c.round_id = nullif($2,'')::uuid) and ($3 = '' or c.import_id = nullif($3,'')::uuid)
		and starts_with(c.area_code, $4) and c.terms @> $5 and not exists (select from unnest($6::text[]) p where strpos(c.folded, p) = 0)`
	var n int
	if err := q.QueryRow(ctx, `select count(*) from comment c where `+cond, district, s.Round, s.Import, area, terms, phrases).Scan(&n); err != nil || n == 0 {
		return nil, 0, err
	}
	list, err := collect(ctx, q, pgx.RowToStructByPos[Found], `select c.id::text, c.lead_id::text, c.body, c.area_code, coalesce(r.title, b.file_name, ''), c.month, c.likes, d.codes
		from comment c left join comment_decision d on d.district = c.district and d.lead_id = c.lead_id
			left join round r on r.district = c.district and r.id = c.round_id left join import_batch b on b.district = c.district and b.id = c.import_id
		where `+cond+` order by c.month desc, c.id limit $7 offset $8`, district, s.Round, s.Import, area, terms, phrases, limit, offset)
	return list, n, err
}

// AreaCounts counts the comments by area and its parents, of all scopes or one.
func AreaCounts(ctx context.Context, q pg.Querier, district string, s Scope) (map[string]int, error) {
	rows, err := q.Query(ctx, `select left(c.area_code, l.n), count(*)::int from comment c, (values (6),(9),(12)) l(n)
		where c.district = $1 and ($2 = '' or c.round_id = nullif($2,'')::uuid) and ($3 = '' or c.import_id = nullif($3,'')::uuid) and length(c.area_code) >= l.n
		group by 1`, district, s.Round, s.Import)
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	var code string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&code, &n}, func() error {
		out[code] = n
		return nil
	})
	return out, err
}
