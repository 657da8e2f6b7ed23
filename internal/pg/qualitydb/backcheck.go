package qualitydb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey/quality"
)

// Commitment is the promise of a round's back-checks.
type Commitment struct {
	Share      float64
	Digest     []byte
	Sealed     []byte
	At         time.Time
	Revealed   string // the seed, "" while it is secret
	RevealedAt *time.Time
}

// GetCommitment returns the commitment of a round, pgx.ErrNoRows without one.
func GetCommitment(ctx context.Context, q pg.Querier, district, round string) (c Commitment, err error) {
	err = q.QueryRow(ctx, `select c.share, c.digest, c.sealed_seed, c.at, coalesce(v.seed,''), v.at from backcheck_commitment c
		left join backcheck_reveal v on v.district = c.district and v.round_id = c.round_id
		where c.district = $1 and c.round_id = $2`, district, round).Scan(&c.Share, &c.Digest, &c.Sealed, &c.At, &c.Revealed, &c.RevealedAt)
	return c, err
}

// Commit stores a commitment.
func Commit(ctx context.Context, q pg.Querier, district, round string, c Commitment, by string) error {
	_, err := q.Exec(ctx, `insert into backcheck_commitment (district, round_id, share, digest, sealed_seed, by_id, at) values ($1,$2,$3,$4,$5,nullif($6,'')::uuid,$7)`,
		district, round, c.Share, c.Digest, c.Sealed, by, c.At)
	return err
}

// Reveal publishes the seed and ends the back-checks of a round.
func Reveal(ctx context.Context, q pg.Querier, district, round, seed, by string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into backcheck_reveal (district, round_id, seed, by_id, at) values ($1,$2,$3,nullif($4,'')::uuid,$5)`, district, round, seed, by, at)
	return err
}

// Finished is a complete case that may be asked again. Alone means that the
// resident answered by link.
type Finished struct {
	CaseID, PersonID, Committee, Building, Evaluator string
	Alone, Taken                                     bool
}

// FinishedCases lists the complete cases of a round by id.
func FinishedCases(ctx context.Context, q pg.Querier, district, round string) ([]Finished, error) {
	// Each part is read once and joined by hash, whatever the statistics say of
	// tables that were filled a moment ago.
	rows, err := q.Query(ctx, `with finished as materialized (
			select c.id, c.person_id, c.committee from survey_case c join case_completion d on d.district = c.district and d.case_id = c.id
			where c.district = $1 and c.round_id = $2
		), home as materialized (
			select p.person_id, p.building from frame_person p where p.district = $1
			  and p.frame_id = (select r.frame_id from round r where r.district = $1 and r.id = $2)
		), holder as materialized (
			select distinct on (a.case_id) a.case_id, a.evaluator_id from case_assignment a where a.district = $1
			  and a.case_id in (select id from finished) order by a.case_id, a.seq desc
		), alone as materialized (
			select t.case_id from contact_attempt t where t.district = $1 and t.mode = 'link'
			union select l.case_id from resident_link l join resident_link_event e on e.district = l.district and e.token_hash = l.token_hash and e.kind = 'used'
			where l.district = $1
		), taken as materialized (select b.case_id from backcheck b where b.district = $1 and b.round_id = $2)
		select f.id::text, f.person_id, f.committee, coalesce(h.building,''), coalesce(o.evaluator_id::text,''),
			f.id in (select case_id from alone), f.id in (select case_id from taken)
		from finished f left join home h on h.person_id = f.person_id left join holder o on o.case_id = f.id order by f.id`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Finished])
}

// NewBackCheck is a case to be asked again and who does it.
type NewBackCheck struct {
	ID, CaseID, Why, FindingID string
	Ticket                     []byte
	Evaluator                  string // "" while nobody may
}

// InsertBackChecks stores back-checks with their first assignment.
func InsertBackChecks(ctx context.Context, q pg.Querier, district, round string, list []NewBackCheck, by string, at time.Time) error {
	n := len(list)
	text := [5][]string{}
	for i := range text {
		text[i] = make([]string, n)
	}
	tickets := make([][]byte, n)
	for i, k := range list {
		for j, v := range []string{k.ID, k.CaseID, k.Why, k.FindingID, k.Evaluator} {
			text[j][i] = v
		}
		tickets[i] = k.Ticket
	}
	if _, err := q.Exec(ctx, `insert into backcheck (district, id, round_id, case_id, why, finding_id, ticket, drawn_at)
		select $1, id::uuid, $2, case_id::uuid, why, nullif(finding,'')::uuid, ticket, $8
		from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[]) as t(id, case_id, why, finding, ticket)`,
		district, round, text[0], text[1], text[2], text[3], tickets, at); err != nil {
		return err
	}
	_, err := q.Exec(ctx, `insert into backcheck_assignment (district, backcheck_id, seq, evaluator_id, by_id, at)
		select $1, id::uuid, 1, evaluator::uuid, nullif($4,'')::uuid, $5 from unnest($2::text[], $3::text[]) as t(id, evaluator) where evaluator <> ''`,
		district, text[0], text[4], by, at)
	return err
}

// Assign hands a back-check to an evaluator; the database refuses whoever held
// the case.
func Assign(ctx context.Context, q pg.Querier, district, id, evaluator, by, reason string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into backcheck_assignment (district, backcheck_id, seq, evaluator_id, by_id, at, reason)
		select $1, $2, coalesce(max(seq),0)+1, $3, nullif($4,'')::uuid, $5, $6 from backcheck_assignment where district = $1 and backcheck_id = $2`,
		district, id, evaluator, by, at, reason)
	return err
}

// Touched lists, by case, the evaluators who ever held a case or tried it: none
// of them may check it.
func Touched(ctx context.Context, q pg.Querier, district string, cases []string) (map[string][]string, error) {
	rows, err := q.Query(ctx, `select a.case_id::text, a.evaluator_id::text from case_assignment a where a.district = $1 and a.case_id = any($2::text[]::uuid[])
		union select t.case_id::text, t.evaluator_id::text from contact_attempt t
		where t.district = $1 and t.case_id = any($2::text[]::uuid[]) and t.evaluator_id is not null`, district, cases)
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	var id, who string
	_, err = pgx.ForEachRow(rows, []any{&id, &who}, func() error { out[id] = append(out[id], who); return nil })
	return out, err
}

// BackCheck is a case to be asked again, without its answer and without the
// reason why it was chosen: who asks shall not know whether it is a suspect.
type BackCheck struct {
	ID, RoundID, CaseID, FrameID, PersonID string
	Committee, CommitteeName               string
	Evaluator, EvaluatorName               string
	Done                                   bool
	Tries                                  int
	LastOutcome                            string
	DrawnAt                                time.Time
}

const backCheckSQL = `select b.id::text, b.round_id::text, b.case_id::text, coalesce(r.frame_id::text,''), c.person_id, c.committee, ar.name,
	coalesce(s.evaluator_id::text,''), coalesce(ac.display_name,''), coalesce(t.done,false), coalesce(t.n,0), coalesce(t.last,''), b.drawn_at
	from backcheck b join round r on r.district = b.district and r.id = b.round_id
	join survey_case c on c.district = b.district and c.id = b.case_id
	join area ar on ar.district = c.district and ar.code = c.committee
	left join lateral (select z.evaluator_id from backcheck_assignment z where z.district = b.district and z.backcheck_id = b.id order by z.seq desc limit 1) s on true
	left join account ac on ac.district = b.district and ac.id = s.evaluator_id
	left join lateral (select bool_or(y.outcome = 'done') as done, count(*)::int as n, (array_agg(y.outcome order by y.at desc, y.id))[1] as last
		from backcheck_result y where y.district = b.district and y.backcheck_id = b.id) t on true`

func backChecks(rows pgx.Rows, err error) ([]BackCheck, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[BackCheck])
}

// BackChecksOf lists what an evaluator has to ask again, open ones first. Back-
// checks of a round whose seed is public are over.
func BackChecksOf(ctx context.Context, q pg.Querier, district, evaluator string) ([]BackCheck, error) {
	return backChecks(q.Query(ctx, backCheckSQL+` where b.district = $1 and s.evaluator_id = $2
		and not exists (select from backcheck_reveal v where v.district = b.district and v.round_id = b.round_id)
		order by coalesce(t.done,false), c.committee, b.id`, district, evaluator))
}

// BackChecksIn lists those of a round within an area, for who supervises.
func BackChecksIn(ctx context.Context, q pg.Querier, district, round, area string) ([]BackCheck, error) {
	return backChecks(q.Query(ctx, backCheckSQL+` where b.district = $1 and b.round_id = $2 and starts_with(c.committee, $3)
		order by coalesce(t.done,false), c.committee, b.id`, district, round, area))
}

// GetBackCheck returns one.
func GetBackCheck(ctx context.Context, q pg.Querier, district, id string) (BackCheck, error) {
	list, err := backChecks(q.Query(ctx, backCheckSQL+` where b.district = $1 and b.id = $2`, district, id))
	if err == nil && len(list) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return BackCheck{}, err
	}
	return list[0], nil
}

// Result is what a try brought.
type Result struct {
	ID, BackCheckID, Evaluator, Outcome, Mode, Interviewed, Told string
	At                                                           time.Time
}

// InsertResult stores a result and tells whether it was new.
func InsertResult(ctx context.Context, q pg.Querier, district string, r Result) (bool, error) {
	tag, err := q.Exec(ctx, `insert into backcheck_result (district, id, backcheck_id, evaluator_id, outcome, mode, interviewed, told, at)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9) on conflict do nothing`, district, r.ID, r.BackCheckID, r.Evaluator, r.Outcome, r.Mode, r.Interviewed, r.Told, r.At)
	return tag.RowsAffected() == 1, err
}

// CompareWithFirst puts second answers beside the first; nobody can read the
// pair, only tables of ten people and more (Table).
func CompareWithFirst(ctx context.Context, q pg.Querier, district, id string, answers []byte) error {
	_, err := q.Exec(ctx, `select backcheck_compare($1, $2, $3)`, district, id, answers)
	return err
}

// TableRow counts people of an interviewer ("" for those who answered alone, and
// for what was left over) by first and second answer to an item.
type TableRow struct {
	Evaluator, Item string
	quality.PairCount
}

// Table reads what may be read of a round's comparisons.
func Table(ctx context.Context, q pg.Querier, district, round string) ([]TableRow, error) {
	rows, err := q.Query(ctx, `select coalesce(evaluator_id::text,''), item, first, second, n::int from backcheck_table($1, $2)`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (t TableRow, err error) {
		return t, r.Scan(&t.Evaluator, &t.Item, &t.First, &t.Second, &t.N)
	})
}

// Tally counts the back-checks of the cases of one interviewer.
type Tally struct {
	Evaluator, Name                            string
	Drawn, Done, Reached, Denied, Unsure, Told int
}

// Tallies counts the back-checks of a round by the interviewer who holds the
// case; "" counts cases that residents answered alone. Reasons are not told
// apart, so that a small number does not point at a suspect.
func Tallies(ctx context.Context, q pg.Querier, district, round, area string) ([]Tally, error) {
	rows, err := q.Query(ctx, `select coalesce(s.evaluator_id::text,''), coalesce(a.display_name,''), count(*)::int, count(r.id)::int,
			count(*) filter (where exists (select from backcheck_result y where y.district = b.district and y.backcheck_id = b.id and y.outcome <> 'not_reached'))::int,
			count(*) filter (where r.interviewed = 'no')::int, count(*) filter (where r.interviewed = 'unsure')::int, count(*) filter (where r.told = 'yes')::int
		from backcheck b join survey_case c on c.district = b.district and c.id = b.case_id
		left join lateral (select z.evaluator_id from case_assignment z where z.district = c.district and z.case_id = c.id
			and not exists (select from contact_attempt t where t.district = c.district and t.case_id = c.id and t.mode = 'link')
			order by z.seq desc limit 1) s on true
		left join account a on a.district = b.district and a.id = s.evaluator_id
		left join backcheck_result r on r.district = b.district and r.backcheck_id = b.id and r.outcome = 'done'
		where b.district = $1 and b.round_id = $2 and starts_with(c.committee, $3) group by 1, 2 order by 2, 1`, district, round, area)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Tally])
}

// Load counts by evaluator the back-checks of a round that wait for them.
func Load(ctx context.Context, q pg.Querier, district, round string) (map[string]int, error) {
	rows, err := q.Query(ctx, `select s.evaluator_id::text, count(*)::int from backcheck b
		join lateral (select z.evaluator_id from backcheck_assignment z where z.district = b.district and z.backcheck_id = b.id order by z.seq desc limit 1) s on true
		where b.district = $1 and b.round_id = $2
		  and not exists (select from backcheck_result r where r.district = b.district and r.backcheck_id = b.id and r.outcome = 'done') group by 1`, district, round)
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	var who string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&who, &n}, func() error { out[who] = n; return nil })
	return out, err
}

// Progress counts a round's back-checks.
type Progress struct{ Finished, Drawn, Random, Done, Unassigned int }

// Count counts a round's back-checks.
func Count(ctx context.Context, q pg.Querier, district, round string) (p Progress, err error) {
	err = q.QueryRow(ctx, `select (select count(*)::int from survey_case c join case_completion d on d.district = c.district and d.case_id = c.id
				where c.district = $1 and c.round_id = $2),
			count(*)::int, count(*) filter (where b.why = 'random')::int,
			count(*) filter (where exists (select from backcheck_result r where r.district = b.district and r.backcheck_id = b.id and r.outcome = 'done'))::int,
			count(*) filter (where not exists (select from backcheck_assignment s where s.district = b.district and s.backcheck_id = b.id))::int
		from backcheck b where b.district = $1 and b.round_id = $2`, district, round).Scan(&p.Finished, &p.Drawn, &p.Random, &p.Done, &p.Unassigned)
	return p, err
}

// Suspects lists the evaluators of a round about whom there is a finding that
// was not cleared: they check nobody. A finding that only auditors see counts
// once it is confirmed: before, whoever hands out checks would learn of it.
func Suspects(ctx context.Context, q pg.Querier, district, round string) ([]string, error) {
	rows, err := q.Query(ctx, `select distinct f.evaluator_id::text from quality_finding f
		where f.district = $1 and f.round_id = $2 and f.role = 'finding' and f.evaluator_id is not null
		  and case coalesce((select d.decision from quality_decision d where d.district = f.district and d.finding_id = f.id order by d.seq desc limit 1),'')
		    when 'cleared' then false when 'confirmed' then true when 'set_aside' then true else not f.auditor_only end
		order by 1`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
