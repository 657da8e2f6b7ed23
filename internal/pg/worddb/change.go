package worddb

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/scoring/qualitative"
)

// Attributed is an attribution with its masked words and what was asked about
// it last. It names neither answer nor committee.
type Attributed struct {
	ID, Round, RoundTitle, Lead, Body, Sign string
	Items                                   []string // in force
	Causes                                  []Cause  // in force; none where it was withdrawn
	Withdrawn                               bool
	Codes                                   []qualitative.Code // as the coders decided the text
	Last                                    *Change            // the latest request, nil for none
	Area                                    string             // for the access table only
}

// Change is a request to withdraw or correct an attribution, with its ruling.
type Change struct {
	ID, Attribution, Round string
	Kind                   string // withdraw or correct
	Items                  []string
	Causes                 []Cause
	Reason, By             string
	At                     time.Time
	Ruled, Agreed          bool
	Ruling, RuledBy        string
	RuledAt                *time.Time
}

const changeColumns = `x.id::text, x.attribution_id::text, x.round_id::text, x.kind, x.items, x.causes, x.reason, x.by_id::text, x.at,
	g.change_id is not null, coalesce(g.agreed, false), coalesce(g.reason, ''), coalesce(g.by_id::text, ''), g.at`

const changeTables = ` from attribution_change x left join attribution_ruling g on g.district = x.district and g.change_id = x.id`

func scanChange(r pgx.CollectableRow) (c Change, err error) {
	var causes []byte
	if err = r.Scan(&c.ID, &c.Attribution, &c.Round, &c.Kind, &c.Items, &causes, &c.Reason, &c.By, &c.At, &c.Ruled, &c.Agreed, &c.Ruling, &c.RuledBy, &c.RuledAt); err != nil {
		return c, err
	}
	return c, json.Unmarshal(causes, &c.Causes)
}

// Changes lists what was asked about an attribution, oldest first.
func Changes(ctx context.Context, q pg.Querier, district, attribution string) ([]Change, error) {
	return collect(ctx, q, scanChange, `select `+changeColumns+changeTables+` where x.district = $1 and x.attribution_id = $2 order by x.at, x.id`, district, attribution)
}

// GetChange returns a request.
func GetChange(ctx context.Context, q pg.Querier, district, id string) (Change, error) {
	rows, err := q.Query(ctx, `select `+changeColumns+changeTables+` where x.district = $1 and x.id = $2`, district, id)
	if err != nil {
		return Change{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanChange)
}

const attributedSQL = `select a.id::text, a.round_id::text, r.title, c.lead_id::text, c.body, a.sign, coalesce(f.items, a.items), f.causes, d.codes, c.area_code
	from answer_attribution a join comment c on c.district = a.district and c.id = a.comment_id
		join round r on r.district = a.district and r.id = a.round_id
		left join attribution_in_force f on f.district = a.district and f.id = a.id
		join comment_decision d on d.district = c.district and d.lead_id = c.lead_id
	where a.district = $1`

func scanAttributed(r pgx.CollectableRow) (a Attributed, err error) {
	var causes, codes []byte
	if err = r.Scan(&a.ID, &a.Round, &a.RoundTitle, &a.Lead, &a.Body, &a.Sign, &a.Items, &causes, &codes, &a.Area); err != nil {
		return a, err
	}
	if a.Withdrawn = causes == nil; !a.Withdrawn {
		if err = json.Unmarshal(causes, &a.Causes); err != nil {
			return a, err
		}
	}
	return a, json.Unmarshal(codes, &a.Codes)
}

// AttributedTexts lists the attributions of a round ("" is all) within an area
// by id, which is random: open requests first.
func AttributedTexts(ctx context.Context, q pg.Querier, district, round, area string, limit, offset int) ([]Attributed, error) {
	return collect(ctx, q, scanAttributed, attributedSQL+` and ($2 = '' or a.round_id = nullif($2,'')::uuid) and starts_with(c.area_code, $3)
		order by not exists (select from attribution_change x where x.district = a.district and x.attribution_id = a.id
			and not exists (select from attribution_ruling g where g.district = x.district and g.change_id = x.id)), r.closes_on desc, a.id
		limit $4 offset $5`, district, round, area, limit, offset)
}

// CountAttributed counts them, and how many requests are open.
func CountAttributed(ctx context.Context, q pg.Querier, district, round, area string) (n, open int, err error) {
	err = q.QueryRow(ctx, `select count(*), count(*) filter (where exists (select from attribution_change x where x.district = a.district and x.attribution_id = a.id
			and not exists (select from attribution_ruling g where g.district = x.district and g.change_id = x.id)))
		from answer_attribution a join comment c on c.district = a.district and c.id = a.comment_id
		where a.district = $1 and ($2 = '' or a.round_id = nullif($2,'')::uuid) and starts_with(c.area_code, $3)`, district, round, area).Scan(&n, &open)
	return n, open, err
}

// GetAttributed returns an attribution.
func GetAttributed(ctx context.Context, q pg.Querier, district, id string) (Attributed, error) {
	rows, err := q.Query(ctx, attributedSQL+` and a.id = $2`, district, id)
	if err != nil {
		return Attributed{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanAttributed)
}

// InsertChange appends a request.
func InsertChange(ctx context.Context, q pg.Querier, district string, c Change) error {
	causes, items := []byte("[]"), c.Items
	if len(c.Causes) > 0 {
		var err error
		if causes, err = json.Marshal(c.Causes); err != nil {
			return err
		}
	}
	if items == nil {
		items = []string{}
	}
	_, err := q.Exec(ctx, `insert into attribution_change (district, id, round_id, attribution_id, kind, items, causes, reason, by_id, at) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
		district, c.ID, c.Round, c.Attribution, c.Kind, items, causes, c.Reason, c.By, c.At)
	return err
}

// InsertRuling appends the ruling on a request.
func InsertRuling(ctx context.Context, q pg.Querier, district, change string, agreed bool, reason, by string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into attribution_ruling (district, change_id, agreed, reason, by_id, at) values ($1,$2,$3,$4,$5,$6)`, district, change, agreed, reason, by, at)
	return err
}

// StaleRound is a round with a ruling that no run knows of.
type StaleRound struct{ Round, Title string }

// StaleRounds lists the rounds that were scored and have an agreed change since
// their newest run was requested.
func StaleRounds(ctx context.Context, q pg.Querier, district string) ([]StaleRound, error) {
	return collect(ctx, q, pgx.RowToStructByPos[StaleRound], `select r.id::text, r.title from round r
		join lateral (select max(n.requested_at) as at from run n where n.district = r.district and n.round_id = r.id) n on n.at is not null
		where r.district = $1 and exists (select from attribution_change x join attribution_ruling g on g.district = x.district and g.change_id = x.id and g.agreed
			where x.district = r.district and x.round_id = r.id and g.at > n.at) order by r.closes_on desc, r.id`, district)
}
