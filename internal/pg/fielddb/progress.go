package fielddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey/fieldwork"
)

// Pattern counts the cases of a committee and an evaluator that have gone the
// same way.
type Pattern struct {
	Committee, Evaluator string
	Complete, Reserve    bool
	Replaced             bool
	Codes                []fieldwork.Code // in the order of time
	N                    int
}

// Patterns counts the cases of a round within an area by what happened to them,
// as far as it is seen.
func Patterns(ctx context.Context, q pg.Querier, district, round, area string, seen Seen) ([]Pattern, error) {
	rows, err := q.Query(ctx, `with tried as (
			select t.case_id, array_agg(t.disposition order by t.at, t.id) as codes from survey_case c
			left join `+SeenSQL+` v on v.committee = c.committee
			join contact_attempt t on t.district = c.district and t.case_id = c.id and ($4 or t.received_at < v.at)
			where c.district = $1 and c.round_id = $2 and starts_with(c.committee, $3) group by t.case_id
		), holder as (
			select distinct on (s.case_id) s.case_id, s.evaluator_id from survey_case c
			join case_assignment s on s.district = c.district and s.case_id = c.id
			where c.district = $1 and c.round_id = $2 and starts_with(c.committee, $3) order by s.case_id, s.seq desc
		)
		select c.committee, coalesce(h.evaluator_id::text,''), d.case_id is not null, c.reserve, x.id is not null, coalesce(t.codes,'{}'), count(*)
		from survey_case c
		left join `+SeenSQL+` v on v.committee = c.committee
		left join tried t on t.case_id = c.id
		left join holder h on h.case_id = c.id
		left join case_completion d on d.district = c.district and d.case_id = c.id and ($4 or d.day < v.day)
		left join survey_case x on x.district = c.district and x.replaces = c.id and ($4 or x.created_at < v.at)
		where c.district = $1 and c.round_id = $2 and starts_with(c.committee, $3) and `+CaseSQL+`
		group by 1,2,3,4,5,6`, seen.with(district, round, area)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Pattern])
}

// plannedSQL is the planned sample of a round within an area, stratum by stratum:
// that of its plan, and one for each whom a top-up drew, as far as its cases are
// seen. Without the top-ups a committee would read done when its first sample is.
const plannedSQL = `(select committee, stratum, planned * greatest(clusters, 1) as n from round_stratum
		where district = $1 and round_id = $2 and starts_with(committee, $3)
	union all
	select c.committee, c.stratum, 1 from survey_case c
		left join ` + SeenSQL + ` v on v.committee = c.committee
		join draw w on w.district = c.district and w.id = c.draw_id
		join draw_commitment m on m.district = w.district and m.id = w.commitment_id and m.top_up
		where c.district = $1 and c.round_id = $2 and starts_with(c.committee, $3) and not c.reserve and ` + CaseSQL + `)`

// Planned is the planned sample by committee of a round within an area, with
// that of top-ups.
func Planned(ctx context.Context, q pg.Querier, district, round, area string, seen Seen) (map[string]int, error) {
	return counts(q.Query(ctx, `select committee, sum(n)::int from `+plannedSQL+` p group by 1`, seen.with(district, round, area)...))
}

func counts(rows pgx.Rows, err error) (map[string]int, error) {
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	var key string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&key, &n}, func() error { out[key] = n; return nil })
	return out, err
}

// Names returns the names of the areas below one, itself included.
func Names(ctx context.Context, q pg.Querier, district, area string) (map[string]string, error) {
	rows, err := q.Query(ctx, `select code, name from area where district = $1 and (starts_with(code, $2) or starts_with($2, code)) and level <= 3`, district, area)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	var code, name string
	_, err = pgx.ForEachRow(rows, []any{&code, &name}, func() error { out[code] = name; return nil })
	return out, err
}

// EvaluatorNames returns the display names of accounts that hold cases of a round.
func EvaluatorNames(ctx context.Context, q pg.Querier, district, round string) (map[string]string, error) {
	rows, err := q.Query(ctx, `select a.id::text, a.display_name from account a where a.district = $1 and a.role = 'evaluator'`, district)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	var id, name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error { out[id] = name; return nil })
	return out, err
}

// Trait counts people by sex and birth year.
type Trait struct {
	Sex       string
	BirthYear int
	N         int
}

// Population counts the residents of a frame within an area.
func Population(ctx context.Context, q pg.Querier, district, frameID, area string) ([]Trait, error) {
	return traits(q.Query(ctx, `select sex, birth_year, count(*) from frame_person
		where district = $1 and frame_id = $2 and starts_with(committee, $3) and status = 'resident' group by 1,2`, district, frameID, area))
}

// Drawn counts the people of the cases of a round within an area, as far as they
// are seen.
func Drawn(ctx context.Context, q pg.Querier, district, round, frameID, area string, seen Seen) ([]Trait, error) {
	return traits(q.Query(ctx, `select p.sex, p.birth_year, count(*) from survey_case c
		left join `+SeenSQL+` v on v.committee = c.committee
		join frame_person p on p.district = c.district and p.frame_id = $8 and p.person_id = c.person_id
		where c.district = $1 and c.round_id = $2 and starts_with(c.committee, $3) and `+CaseSQL+` group by 1,2`, append(seen.with(district, round, area), frameID)...))
}

func traits(rows pgx.Rows, err error) ([]Trait, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Trait])
}

// Answered counts the responses of a round within an area by sex and age band,
// joined by "/", as far as they are seen.
func Answered(ctx context.Context, q pg.Querier, district, round, area string, seen Seen) (map[string]int, error) {
	return counts(q.Query(ctx, `select sex||'/'||age_band, count(*)::int from response r
		left join `+SeenSQL+` v on v.committee = r.committee
		where district = $1 and round_id = $2 and starts_with(r.committee, $3) and ($4 or r.day < v.day) and $7::text[] is not null group by 1`, seen.with(district, round, area)...))
}

// HeldCount counts the submissions that are kept aside; who does not see the
// fieldwork live sees those of the committees of an area before their days.
func HeldCount(ctx context.Context, q pg.Querier, district, round, area string, seen Seen) (n int, err error) {
	err = q.QueryRow(ctx, `select count(*) from response_held h join survey_case c on c.district = h.district and c.id = h.case_id
		left join `+SeenSQL+` v on v.committee = c.committee
		where h.district = $1 and h.round_id = $2 and ($4 or starts_with(c.committee, $3) and h.received_at < v.at) and $7::text[] is not null`, seen.with(district, round, area)...).Scan(&n)
	return n, err
}

// RoundCount is a round in the list of fieldwork.
type RoundCount struct {
	ID, Title, State string
	OpensOn, Closes  time.Time
	Cases, Done      int
}

// Rounds lists the rounds that have cases within an area, newest first.
func Rounds(ctx context.Context, q pg.Querier, district, area string) ([]RoundCount, error) {
	rows, err := q.Query(ctx, `select r.id::text, r.title, coalesce((select e.state from round_event e
			where e.district = r.district and e.round_id = r.id order by e.seq desc limit 1),'draft'), r.opens_on, r.closes_on, n.cases, n.done
		from round r join lateral (select count(*)::int as cases, count(d.case_id)::int as done from survey_case c
			left join case_completion d on d.district = c.district and d.case_id = c.id
			where c.district = r.district and c.round_id = r.id and starts_with(c.committee, $2)) n on n.cases > 0
		where r.district = $1 order by r.opens_on desc, r.created_at desc, r.id`, district, area)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[RoundCount])
}

// RoundTitle is the name of a round.
func RoundTitle(ctx context.Context, q pg.Querier, district, round string) (title string, err error) {
	err = q.QueryRow(ctx, `select title from round where district = $1 and id = $2`, district, round).Scan(&title)
	return title, err
}

// kindSQL is what of a stratum's name follows the committee.
const kindSQL = `substring(stratum from position('#' in stratum) + 1)`

// Kind counts the cases of strata with the same values within an area.
type Kind struct {
	Kind        string
	Cases, Done int
}

// Kinds counts the cases of a round within an area by the values of their
// strata, where the plan splits committees, as far as they are seen.
func Kinds(ctx context.Context, q pg.Querier, district, round, area string, seen Seen) ([]Kind, error) {
	rows, err := q.Query(ctx, `select `+kindSQL+`, count(*)::int, count(d.case_id)::int from survey_case c
		left join `+SeenSQL+` v on v.committee = c.committee
		left join case_completion d on d.district = c.district and d.case_id = c.id and ($4 or d.day < v.day)
		where c.district = $1 and c.round_id = $2 and starts_with(c.committee, $3) and position('#' in c.stratum) > 0 and `+CaseSQL+` group by 1`, seen.with(district, round, area)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Kind])
}

// PlannedKinds is the planned sample by the values of strata within an area,
// with that of top-ups.
func PlannedKinds(ctx context.Context, q pg.Querier, district, round, area string, seen Seen) (map[string]int, error) {
	return counts(q.Query(ctx, `select `+kindSQL+`, sum(n)::int from `+plannedSQL+` p where position('#' in stratum) > 0 group by 1`, seen.with(district, round, area)...))
}
