package worddb

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/scoring"
	"gongping/scoring/qualitative"
)

// Open is an answer's comment that was decided and not yet looked at for
// attribution.
type Open struct {
	Comment, Response, Round string
	Codes                    []qualitative.Code
}

// DecidedAnswers lists the answers behind decided texts that have no
// attribution; lead "" means all of a round.
func DecidedAnswers(ctx context.Context, q pg.Querier, district, round, lead string) ([]Open, error) {
	return collect(ctx, q, func(r pgx.CollectableRow) (o Open, err error) {
		var raw []byte
		if err = r.Scan(&o.Comment, &o.Response, &o.Round, &raw); err != nil {
			return o, err
		}
		return o, json.Unmarshal(raw, &o.Codes)
	}, `select c.id::text, c.response_id::text, c.round_id::text, d.codes from comment c join comment_decision d on d.district = c.district and d.lead_id = c.lead_id
		where c.district = $1 and c.round_id = $2 and ($3 = '' or c.lead_id = nullif($3,'')::uuid)
			and not exists (select from answer_attribution a where a.district = c.district and a.response_id = c.response_id)
		order by c.id`, district, round, lead)
}

// Cause is a part of an attribution.
type Cause struct {
	Topic      string             `json:"topic"`
	Matter     qualitative.Matter `json:"matter"`
	Department string             `json:"department,omitempty"`
}

// Attribution is an attribution to be stored.
type Attribution struct {
	ID, Round, Response, Comment, Sign string
	Items                              []string
	Causes                             []Cause
}

// InsertAttributions appends attributions; one that is there already stays.
func InsertAttributions(ctx context.Context, q pg.Querier, district string, list []Attribution, now time.Time) error {
	b := &pgx.Batch{}
	for _, a := range list {
		causes, err := json.Marshal(a.Causes)
		if err != nil {
			return err
		}
		b.Queue(`insert into answer_attribution (district, id, round_id, response_id, comment_id, sign, items, causes, at)
			values ($1,$2,$3,$4,$5,$6,$7,$8,$9) on conflict do nothing`, district, a.ID, a.Round, a.Response, a.Comment, a.Sign, a.Items, causes, now)
	}
	return q.SendBatch(ctx, b).Close()
}

// Attributions lists the attributions of a round as a run takes them, by answer and sign.
func Attributions(ctx context.Context, q pg.Querier, district, round string) ([]scoring.Attribution, error) {
	return collect(ctx, q, func(r pgx.CollectableRow) (a scoring.Attribution, err error) {
		var raw []byte
		if err = r.Scan(&a.AnswerID, &a.Sign, &a.Items, &raw); err != nil {
			return a, err
		}
		var causes []Cause
		if err = json.Unmarshal(raw, &causes); err != nil {
			return a, err
		}
		seen := map[string]bool{}
		for _, c := range causes {
			m := string(c.Matter)
			if c.Department != "" {
				m += "/" + c.Department
			}
			if !seen[m] {
				seen[m] = true
				a.Matters = append(a.Matters, m)
			}
		}
		return a, nil
	}, `select response_id::text, sign, items, causes from attribution_in_force where district = $1 and round_id = $2 order by response_id, sign`, district, round)
}

// AreaNames names areas.
func AreaNames(ctx context.Context, q pg.Querier, district string) (map[string]string, error) {
	rows, err := q.Query(ctx, `select code, name from area where district = $1 and level <= 3`, district)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	var code, name string
	_, err = pgx.ForEachRow(rows, []any{&code, &name}, func() error {
		out[code] = name
		return nil
	})
	return out, err
}
