// Package qualitydb stores the quality of the fieldwork: what the detectors
// read, their findings and what was decided, and back-checks.
package qualitydb

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/survey/quality"
)

// Response is a stored answer with its paradata, as the detectors need it.
type Response struct {
	ID, Evaluator, Committee, Building, Mode string
	Day                                      time.Time
	Answers                                  map[string]string
	Paradata                                 Paradata
	Excluded                                 bool
}

// Paradata are the keys of response.paradata (docs/spec/paradata.md).
type Paradata struct {
	Seconds   int                `json:"seconds"`
	Hour      *int               `json:"hour"`
	PerItem   map[string]float64 `json:"per_item"`
	DistanceM *float64           `json:"distance_m"`
	AccuracyM *float64           `json:"accuracy_m"`
	Consent   bool               `json:"consent"`
}

// Responses lists the answers of a round within an area by id.
func Responses(ctx context.Context, q pg.Querier, district, round, area string) ([]Response, error) {
	rows, err := q.Query(ctx, `select r.id::text, coalesce(r.evaluator_id::text,''), r.committee, r.building, r.mode, r.day, r.answers, coalesce(r.paradata,'{}'),
			exists (select from response_exclusion x where x.district = r.district and x.response_id = r.id)
		from response r
		where r.district = $1 and r.round_id = $2 and starts_with(r.committee, $3) order by r.id`, district, round, area)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Response, err error) {
		var answers, data []byte
		if err = row.Scan(&r.ID, &r.Evaluator, &r.Committee, &r.Building, &r.Mode, &r.Day, &answers, &data, &r.Excluded); err != nil {
			return r, err
		}
		if err = json.Unmarshal(answers, &r.Answers); err != nil {
			return r, err
		}
		return r, json.Unmarshal(data, &r.Paradata)
	})
}

// Comment is a sealed open answer.
type Comment struct {
	ResponseID, Item string
	Sealed           []byte
}

// Comments lists the sealed open answers of a round.
func Comments(ctx context.Context, q pg.Querier, district, round string) ([]Comment, error) {
	rows, err := q.Query(ctx, `select c.response_id::text, c.item, c.sealed from response r
		join response_comment c on c.district = r.district and c.response_id = r.id
		where r.district = $1 and r.round_id = $2 order by c.response_id, c.item`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Comment])
}

// Attempt is a contact attempt of an evaluator; Building is the frame's
// pseudonym.
type Attempt struct {
	Evaluator, Committee, Building, Mode string
	At                                   time.Time
	DistanceM, AccuracyM                 *float64 // with consent only
}

// Attempts lists the attempts of evaluators in a round.
func Attempts(ctx context.Context, q pg.Querier, district, round string) ([]Attempt, error) {
	rows, err := q.Query(ctx, `select t.evaluator_id::text, c.committee, coalesce(p.building,''), t.mode, t.at, t.distance_m, t.accuracy_m
		from survey_case c
		join round r on r.district = c.district and r.id = c.round_id
		join contact_attempt t on t.district = c.district and t.case_id = c.id and t.evaluator_id is not null
		left join frame_person p on p.district = c.district and p.frame_id = r.frame_id and p.person_id = c.person_id
		where c.district = $1 and c.round_id = $2 and t.mode in ('door','phone')`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Attempt])
}

// Earlier gives the level of each committee in the latest round that closed
// before this one opened: mean and standard error over respondents of the mean
// of their grades on the given items, 0 to 100.
func Earlier(ctx context.Context, q pg.Querier, district, round string, items []string) ([]quality.Earlier, error) {
	rows, err := q.Query(ctx, `with last as (
			select r.id from round r join round me on me.district = r.district and me.id = $2
			where r.district = $1 and r.closes_on < me.opens_on and r.area_code = me.area_code
			  and exists (select from round_event e where e.district = r.district and e.round_id = r.id and e.state = 'closed')
			order by r.closes_on desc, r.created_at desc limit 1
		), level as (
			select r.committee, (select avg(25 * (v.value::int - 1)) from jsonb_each_text(r.answers) v
				where v.key = any($3) and v.value in ('1','2','3','4','5')) as m
			from response r, last where r.district = $1 and r.round_id = last.id
		)
		select committee, avg(m)::float8, coalesce(stddev_samp(m) / sqrt(count(m)), 0)::float8 from level where m is not null
		group by committee having count(m) >= 10 order by committee`, district, round, items)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[quality.Earlier])
}

// TraitCount counts cases by the traits that are known of everybody drawn.
type TraitCount struct {
	Sex       string
	BirthYear int
	Tenure    string
	Committee string
	Drawn     int
	Answered  int
}

// Traits counts the cases of a round within an area and how many are complete,
// as far as they are seen.
func Traits(ctx context.Context, q pg.Querier, district, round, area string, seen fielddb.Seen) ([]TraitCount, error) {
	rows, err := q.Query(ctx, `select p.sex, p.birth_year::int, p.tenure, c.committee, count(*)::int, count(d.case_id)::int
		from survey_case c join round r on r.district = c.district and r.id = c.round_id
		join frame_person p on p.district = c.district and p.frame_id = r.frame_id and p.person_id = c.person_id
		left join `+fielddb.SeenSQL+` v on v.committee = c.committee
		left join case_completion d on d.district = c.district and d.case_id = c.id and ($4 or d.day < v.day)
		where c.district = $1 and c.round_id = $2 and starts_with(c.committee, $3) and `+fielddb.CaseSQL+` group by 1,2,3,4`, append([]any{district, round, area}, seen.Args()...)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[TraitCount])
}

// FrameTraits counts the residents of a round's frame within an area, as far as
// strata were planned there; Answered is zero.
func FrameTraits(ctx context.Context, q pg.Querier, district, round, area string) ([]TraitCount, error) {
	rows, err := q.Query(ctx, `select p.sex, p.birth_year::int, p.tenure, p.committee, count(*)::int, 0
		from round r join frame_person p on p.district = r.district and p.frame_id = r.frame_id
		where r.district = $1 and r.id = $2 and starts_with(p.committee, $3) and p.status = 'resident'
		  and p.committee in (select s.committee from round_stratum s where s.district = $1 and s.round_id = $2 and s.planned > 0)
		group by 1,2,3,4`, district, round, area)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[TraitCount])
}

// Signals lists the answers of a round whose residents said that they were
// pressed or told what to answer.
func Signals(ctx context.Context, q pg.Querier, district, round string) (map[string]bool, error) {
	rows, err := q.Query(ctx, `select distinct response_id::text from response_signal where round_id = $2 and district = $1`, district, round)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	var id string
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error { out[id] = true; return nil })
	return out, err
}

// Withdrawals lists the answers of a round that count no more because they were
// withdrawn with their receipts; one that had been set aside before is not among
// them.
func Withdrawals(ctx context.Context, q pg.Querier, district, round string) (map[string]bool, error) {
	rows, err := q.Query(ctx, `select w.response_id::text from response_withdrawal w
		join response_exclusion x on x.district = w.district and x.response_id = w.response_id and x.ground = 'withdrawn'
		where w.round_id = $2 and w.district = $1`, district, round)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	var id string
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error { out[id] = true; return nil })
	return out, err
}
