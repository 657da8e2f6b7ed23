package appealdb

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/scoring/appeal"
)

// Conflict is an account that must not decide an appeal, and why.
type Conflict struct{ Account, Why string }

// FindConflicts lists who must not decide about a unit's result in a run: the
// appellant and accounts of the unit ("appellant", "unit"); who interviewed
// there, was to, or asked again ("evaluator"); who rated the unit ("reviewer")
// or is known not to go together with it ("declared"); who decided about a
// finding that concerns an answer under review ("quality"); who coded the words
// of one, on either side, or ruled on what they mean ("coder"); who asked for or
// published the run ("run"); and, at the second instance, who decided at the
// first ("first_panel").
func FindConflicts(ctx context.Context, q pg.Querier, district string, a Appeal) ([]Conflict, error) {
	return collect(ctx, q, `select account, why from (
			select $5::text as account, 'appellant' as why
			union select c.id::text, 'unit' from account c where c.district = $1 and (starts_with(c.area_code, $4)
				or c.worker_no in (select w.worker_no from worker w where w.district = $1 and w.area_code = $4))
			union select s.evaluator_id::text, 'evaluator' from case_assignment s join survey_case c on c.district = s.district and c.id = s.case_id
				where s.district = $1 and c.round_id = $2 and c.committee = $4
			union select r.evaluator_id::text, 'evaluator' from response r where r.district = $1 and r.round_id = $2 and r.committee = $4
			union select y.evaluator_id::text, 'evaluator' from contact_attempt y join survey_case c on c.district = y.district and c.id = y.case_id
				where y.district = $1 and c.round_id = $2 and c.committee = $4
			union select s.evaluator_id::text, 'evaluator' from backcheck b join survey_case c on c.district = b.district and c.id = b.case_id
				join backcheck_assignment s on s.district = b.district and s.backcheck_id = b.id
				where b.district = $1 and b.round_id = $2 and c.committee = $4
			union select k.coder_id::text, 'coder' from appeal_item i join comment c on c.district = i.district and c.response_id = i.response_id
				join comment_coding k on k.district = c.district and k.lead_id = c.lead_id where i.district = $1 and i.appeal_id = nullif($7,'')::uuid
			union select w.by_id::text, 'coder' from appeal_item i join answer_attribution t on t.district = i.district and t.response_id = i.response_id
				join attribution_change x on x.district = t.district and x.attribution_id = t.id
				join lateral (select x.by_id union select g.by_id from attribution_ruling g where g.district = x.district and g.change_id = x.id) w on true
				where i.district = $1 and i.appeal_id = nullif($7,'')::uuid
			union select d.by_id::text, 'quality' from appeal_item i join quality_finding_response f on f.district = i.district and f.response_id = i.response_id
				join quality_decision d on d.district = f.district and d.finding_id = f.finding_id where i.district = $1 and i.appeal_id = nullif($7,'')::uuid
			union select l.reviewer::text, 'declared' from (select distinct on (p.reviewer, p.area) p.reviewer, p.kind from panel_conflict p
				where p.district = $1 and p.round_id = $2 and starts_with($4, p.area) order by p.reviewer, p.area, p.at desc, p.id desc) l where l.kind = 'declared'
			union select e.account_id::text, 'evaluator' from round_evaluator e where e.district = $1 and e.round_id = $2 and starts_with($4, e.area_code)
			union select c.id::text, 'reviewer' from account c where c.district = $1 and exists (select 1 from panel_rating p
				where p.district = $1 and p.round_id = $2 and p.committee = $4 and p.reviewer in (c.id::text, c.login, c.display_name))
			union select m.id, 'first_panel' from appeal_event f, jsonb_array_elements_text(f.data->'members') m(id)
				where f.district = $1 and f.appeal_id = nullif($6,'')::uuid and f.kind = 'assigned'
			union select n.requested_by::text, 'run' from run n where n.district = $1 and n.id = $3
			union select v.by_id::text, 'run' from run_event v where v.district = $1 and v.run_id = $3 and v.state = 'published') x
		where account is not null order by account, why`,
		pgx.RowToStructByPos[Conflict], district, a.RoundID, a.RunID, a.Unit, a.AppellantID, a.FirstID, a.ID)
}

// SaveConflicts keeps conflicts with an appeal; those kept already stay.
func SaveConflicts(ctx context.Context, q pg.Querier, district, id string, list []Conflict) error {
	for _, c := range list {
		if _, err := q.Exec(ctx, `insert into appeal_conflict (district, appeal_id, account_id, why) values ($1,$2,$3,$4) on conflict do nothing`,
			district, id, c.Account, c.Why); err != nil {
			return err
		}
	}
	return nil
}

// Conflicts lists the conflicts kept with an appeal.
func Conflicts(ctx context.Context, q pg.Querier, district, id string) ([]Conflict, error) {
	return collect(ctx, q, `select account_id::text, why from appeal_conflict where district = $1 and appeal_id = $2 order by 1, 2`,
		pgx.RowToStructByPos[Conflict], district, id)
}

// Members lists the enabled panel accounts whose area covers a unit, with how
// many appeals each has been assigned to.
func Members(ctx context.Context, q pg.Querier, district, unit string) ([]appeal.Member, error) {
	return collect(ctx, q, `select c.id::text, (select count(distinct e.appeal_id)::int from appeal_event e
			where e.district = c.district and e.kind = 'assigned' and e.data->'members' ? c.id::text)
		from account c where c.district = $1 and c.role = 'panel' and c.disabled_at is null and starts_with($2, c.area_code) order by c.id`,
		pgx.RowToStructByPos[appeal.Member], district, unit)
}

// Item is an answer under review with what the panel may know of it.
type Item struct {
	appeal.Item
	Facts Facts
}

// Facts are what a panel reads about an answer: how it came about, never what
// it says, who gave it, when or where.
type Facts struct {
	Mode      string `json:"mode"`                // door, phone, link, paper
	Uniform   bool   `json:"uniform"`             // the same grade to every question
	DontKnow  int    `json:"dont_know"`           // questions answered "don't know"
	Declined  int    `json:"declined,omitempty"`  // questions answered "prefer not to say"
	Skipped   int    `json:"skipped"`             // questions left out
	Seconds   int    `json:"seconds,omitempty"`   // time taken in tens of seconds; 0 = not known
	BatchSize int    `json:"batch,omitempty"`     // interviews by the same person that day, in fives; 0 = alone or by link
	BatchSame int    `json:"batchsame,omitempty"` // of these, in percent, with nearly the same answers
}

// SaveItems keeps what is under review.
func SaveItems(ctx context.Context, q pg.Querier, district, id string, items []Item) error {
	for _, it := range items {
		facts, err := json.Marshal(it.Facts)
		if err != nil {
			return err
		}
		if _, err := q.Exec(ctx, `insert into appeal_item (district, appeal_id, label, response_id, side, ticket, facts) values ($1,$2,$3,$4,$5,$6,$7)`,
			district, id, it.Label, it.ID, string(it.Side), it.Ticket, facts); err != nil {
			return err
		}
	}
	return nil
}

// Items lists what is under review, by label.
func Items(ctx context.Context, q pg.Querier, district, id string) ([]Item, error) {
	return collect(ctx, q, `select label, response_id::text, side, ticket, facts from appeal_item where district = $1 and appeal_id = $2 order by label`,
		func(r pgx.CollectableRow) (it Item, err error) {
			var side string
			var facts []byte
			if err = r.Scan(&it.Label, &it.ID, &side, &it.Ticket, &facts); err == nil {
				err = json.Unmarshal(facts, &it.Facts)
			}
			it.Side = appeal.Side(side)
			return it, err
		}, district, id)
}

// UnitAnswer is an answer of a unit in a run with the raw facts about it.
type UnitAnswer struct {
	appeal.Answer
	Mode      string
	Evaluator string
	Day       string
	Given     map[string]string
	Seconds   int
	Household string // pseudonyms
	Building  string
}

// UnitAnswers lists the answers that count for a unit in a run and are not set
// aside, by id.
func UnitAnswers(ctx context.Context, q pg.Querier, district, run, unit string) ([]UnitAnswer, error) {
	return collect(ctx, q, `select x.response_id::text, x.score, x.reason = 'collective_low', r.mode, coalesce(r.evaluator_id::text,''), to_char(r.day,'YYYY-MM-DD'), r.answers,
			coalesce(case when jsonb_typeof(r.paradata->'seconds') = 'number' then (r.paradata->>'seconds')::float8 end, 0)::int, r.household, r.building
		from run_answer x join response r on r.district = x.district and r.id = x.response_id
		where x.district = $1 and x.run_id = $2 and x.unit = $3
		  and not exists (select 1 from response_exclusion e where e.district = x.district and e.response_id = x.response_id)
		order by x.response_id`, func(r pgx.CollectableRow) (a UnitAnswer, err error) {
		var given []byte
		if err = r.Scan(&a.ID, &a.Score, &a.Collective, &a.Mode, &a.Evaluator, &a.Day, &given, &a.Seconds, &a.Household, &a.Building); err == nil {
			err = json.Unmarshal(given, &a.Given)
		}
		return a, err
	}, district, run, unit)
}

// NamesAround lists names that must not reach the panel: of every committee and
// street of the district (a neighbour gives the place away too) with the codes
// around the unit, of the unit's workers and of the accounts there.
func NamesAround(ctx context.Context, q pg.Querier, district, unit, appellant string) ([]string, error) {
	return collect(ctx, q, `select name from area where district = $1 and (level <= 3 or starts_with(code, $2))
		union select code from area where district = $1 and (starts_with($2, code) or starts_with(code, $2))
		union select name from worker where district = $1 and area_code = $2
		union select display_name from account where district = $1 and (area_code = $2 or id::text = $3)`,
		pgx.RowTo[string], district, unit, appellant)
}
