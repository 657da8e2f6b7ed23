// Package scoredb reads what a run is made from and stores runs with their
// frozen inputs and results.
package scoredb

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/scoring"
	"gongping/survey/fieldwork"
)

func collect[T any](ctx context.Context, q pg.Querier, sql string, scan func(pgx.CollectableRow) (T, error), args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

// Units lists the committees of a round by code: those that were planned, or,
// in an imported survey, those that have answers.
func Units(ctx context.Context, q pg.Querier, district, round string) ([]scoring.Unit, error) {
	return collect(ctx, q, `select a.code, a.name from area a where a.district = $1 and a.code in (
			select committee from round_stratum where district = $1 and round_id = $2
			union select committee from response where district = $1 and round_id = $2)
		order by a.code`, func(r pgx.CollectableRow) (u scoring.Unit, err error) {
		err = r.Scan(&u.Code, &u.Name)
		return u, err
	}, district, round)
}

// Strata lists the strata of a round with the reserves released in each.
func Strata(ctx context.Context, q pg.Querier, district, round string) ([]scoring.Stratum, error) {
	return collect(ctx, q, `select s.stratum, s.committee, s.method, s.population, s.planned,
			(select count(*) from survey_case c where c.district = s.district and c.round_id = s.round_id and c.stratum = s.stratum and c.reserve)
		from round_stratum s where s.district = $1 and s.round_id = $2 order by s.stratum collate "C"`,
		func(r pgx.CollectableRow) (s scoring.Stratum, err error) {
			err = r.Scan(&s.Stratum, &s.Committee, &s.Method, &s.Population, &s.Sample, &s.Released)
			return s, err
		}, district, round)
}

// Person is a cell of the frame by what margins are made of.
type Person struct {
	Committee, Sex string
	BirthYear      int
	Persons        int64
}

// Population counts the adults of a frame within an area by sex and birth year.
func Population(ctx context.Context, q pg.Querier, district, frame, area string, year int) ([]Person, error) {
	return collect(ctx, q, `select committee, sex, birth_year, count(*) from frame_person
		where district = $1 and frame_id = $2 and starts_with(committee, $3) and status = 'resident' and (birth_year = 0 or $4 - birth_year >= 18)
		group by committee, sex, birth_year order by committee, sex, birth_year`, func(r pgx.CollectableRow) (p Person, err error) {
		err = r.Scan(&p.Committee, &p.Sex, &p.BirthYear, &p.Persons)
		return p, err
	}, district, frame, area, year)
}

// Outcomes counts the cases of a round by committee and final disposition, as
// survey/fieldwork decides it from all attempts. Cases that a reserve stands in
// for count like all others: what happened to them is part of the response rate.
func Outcomes(ctx context.Context, q pg.Querier, district, round string) ([]scoring.Outcome, error) {
	rows, err := q.Query(ctx, `select committee, complete, codes, count(*) from (
			select c.committee, d.case_id is not null as complete,
				array(select t.disposition from contact_attempt t where t.district = c.district and t.case_id = c.id order by t.at, t.id) as codes
			from survey_case c left join case_completion d on d.district = c.district and d.case_id = c.id
			where c.district = $1 and c.round_id = $2) x
		group by committee, complete, codes`, district, round)
	if err != nil {
		return nil, err
	}
	type key struct {
		committee string
		code      fieldwork.Code
	}
	count := map[key]int{}
	var committee string
	var complete bool
	var codes []fieldwork.Code
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&committee, &complete, &codes, &n}, func() error {
		count[key{committee, fieldwork.Final(codes, complete)}] += n
		return nil
	}); err != nil {
		return nil, err
	}
	out := make([]scoring.Outcome, 0, len(count))
	for k, n := range count {
		out = append(out, scoring.Outcome{Committee: k.committee, Disposition: string(k.code), Cases: n})
	}
	slices.SortFunc(out, func(a, b scoring.Outcome) int {
		return cmp.Or(cmp.Compare(a.Committee, b.Committee), cmp.Compare(a.Disposition, b.Disposition))
	})
	return out, nil
}

// Answers streams the responses of a round by id. values puts the stored
// answers into the order of the questionnaire's items; pseudonym hides the
// evaluator.
func Answers(ctx context.Context, q pg.Querier, district, round string, values func(map[string]string) []string, pseudonym func(string) string) ([]scoring.Answer, error) {
	return collect(ctx, q, `select id::text, committee, stratum, cluster, design_weight, sex, age_band, tenure, building, household, mode,
			coalesce(evaluator_id::text,''), to_char(day,'YYYY-MM-DD'), answers
		from response where district = $1 and round_id = $2 order by id`, func(r pgx.CollectableRow) (a scoring.Answer, err error) {
		var raw []byte
		if err = r.Scan(&a.ID, &a.Committee, &a.Stratum, &a.Cluster, &a.DesignWeight, &a.Sex, &a.AgeBand, &a.Tenure, &a.Building, &a.Household,
			&a.Mode, &a.Evaluator, &a.Day, &raw); err != nil {
			return a, err
		}
		given := map[string]string{}
		if err = json.Unmarshal(raw, &given); err != nil {
			return a, err
		}
		a.Values, a.Evaluator = values(given), pseudonym(a.Evaluator)
		return a, nil
	}, district, round)
}

// Exclusions lists the responses set aside, by id.
func Exclusions(ctx context.Context, q pg.Querier, district, round string) ([]scoring.Exclusion, error) {
	return collect(ctx, q, `select response_id::text, ground, reason from response_exclusion where district = $1 and round_id = $2 order by response_id`,
		func(r pgx.CollectableRow) (x scoring.Exclusion, err error) {
			err = r.Scan(&x.AnswerID, &x.Ground, &x.Reason)
			return x, err
		}, district, round)
}

// Indicators lists the objective figures of a round; the latest import of a
// figure counts.
func Indicators(ctx context.Context, q pg.Querier, district, round string) ([]scoring.Indicator, error) {
	return collect(ctx, q, `select distinct on (v.committee, v.indicator) v.committee, v.indicator, v.numerator, v.denominator
		from indicator_value v join import_batch b on b.district = v.district and b.id = v.import_id
		where v.district = $1 and v.round_id = $2 order by v.committee, v.indicator, b.created_at desc, b.id`,
		func(r pgx.CollectableRow) (i scoring.Indicator, err error) {
			err = r.Scan(&i.Committee, &i.Indicator, &i.Numerator, &i.Denominator)
			return i, err
		}, district, round)
}

// Ratings lists the panel ratings of a round; a reviewer's latest rating of a
// criterion counts.
func Ratings(ctx context.Context, q pg.Querier, district, round string, pseudonym func(string) string) ([]scoring.Rating, error) {
	return collect(ctx, q, `select distinct on (committee, reviewer, criterion) committee, reviewer, criterion, score from panel_rating
		where district = $1 and round_id = $2 order by committee, reviewer, criterion, at desc, id`,
		func(r pgx.CollectableRow) (x scoring.Rating, err error) {
			err = r.Scan(&x.Committee, &x.Reviewer, &x.Criterion, &x.Score)
			x.Reviewer = pseudonym(x.Reviewer)
			return x, err
		}, district, round)
}

// PreviousOf reads the official scores of the latest published run of the
// district's latest round that closed before this one opened.
func PreviousOf(ctx context.Context, q pg.Querier, district, round string) ([]scoring.Previous, error) {
	return collect(ctx, q, `with last as (
			select run.id from run
			join run_event e on e.district = run.district and e.run_id = run.id and e.state = 'published'
			join round r on r.district = run.district and r.id = run.round_id
			join round me on me.district = run.district and me.id = $2
			where run.district = $1 and r.closes_on < me.opens_on and r.area_code = me.area_code and r.kind = 'drawn'
			order by r.closes_on desc, run.number desc limit 1)
		select u.unit, u.official, u.reliability from run_unit u, last
		where u.district = $1 and u.run_id = last.id and u.level = 3 and u.official is not null order by u.unit`,
		func(r pgx.CollectableRow) (p scoring.Previous, err error) {
			err = r.Scan(&p.Committee, &p.Official, &p.Reliability)
			return p, err
		}, district, round)
}
