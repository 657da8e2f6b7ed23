package scoredb

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/scoring"
)

// Run is a scoring run with its latest state.
type Run struct {
	ID, RoundID      string
	Number           int
	Supersedes       string
	Reason, AppealID string
	RequestedBy      string
	RequestedAt      time.Time
	State            string // queued, started, progress, done, failed
	Fraction         float64
	Message          string
	StateAt          time.Time
	PublishedAt      *time.Time
	InputDigest      []byte
	OutputDigest     []byte
	CodeVersion      string
	SupersededBy     string // the published run that took its place
	Answers          int64
	RequestedByName  string
}

// Failure is why a failed run has no result: what AddFailure noted.
func (r Run) Failure() *errs.Error {
	if r.State != "failed" {
		return nil
	}
	var f failure
	if json.Unmarshal([]byte(r.Message), &f) != nil {
		return errs.New(errs.Differs, "run.failed", "%s", r.Message)
	}
	return errs.New(errs.Conflict, f.Key, "%s", f.Text).At(f.Where, f.Found, f.Want, f.Hint)
}

// failure is the message of a failed event.
type failure struct {
	Key   string `json:"key"`
	Text  string `json:"text"`
	Where string `json:"where,omitempty"`
	Found string `json:"found,omitempty"`
	Want  string `json:"want,omitempty"`
	Hint  string `json:"hint,omitempty"`
}

// AddFailure ends a run with what the data lack.
func AddFailure(ctx context.Context, q pg.Querier, district, run string, e *errs.Error, at time.Time) error {
	msg, err := json.Marshal(failure{e.Key, e.Message, e.Where, e.Found, e.Want, e.Hint})
	if err != nil {
		return err
	}
	return AddEvent(ctx, q, district, run, "failed", 0, string(msg), "", at)
}

// Unfinished lists the runs that were requested and neither done nor failed.
func Unfinished(ctx context.Context, q pg.Querier, district string) ([]string, error) {
	return collect(ctx, q, `select r.id::text`+runJoins+` where r.district = $1 and e.state not in ('done','failed') order by r.requested_at`, pgx.RowTo[string], district)
}

// Alone holds a run against other workers until release is called: a run that
// another computes is waited for.
func Alone(ctx context.Context, pool *pgxpool.Pool, run string) (release func(), err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, `select pg_advisory_lock(hashtextextended('gongping run ' || $1, 0))`, run); err != nil {
		conn.Release()
		return nil, err
	}
	return func() {
		done := context.WithoutCancel(ctx)
		if _, err := conn.Exec(done, `select pg_advisory_unlock(hashtextextended('gongping run ' || $1, 0))`, run); err != nil {
			_ = conn.Conn().Close(done) // the lock ends with its session
		}
		conn.Release()
	}, nil
}

const runColumns = `r.id::text, r.round_id::text, r.number, coalesce(r.supersedes::text,''), r.reason, coalesce(r.appeal_id::text,''),
	coalesce(r.requested_by::text,''), r.requested_at, e.state, e.fraction, e.message, e.at,
	(select p.at from run_event p where p.district = r.district and p.run_id = r.id and p.state = 'published' limit 1),
	i.digest, o.digest, coalesce(i.code_version,''),
	coalesce((select n.id::text from run n join run_event p on p.district = n.district and p.run_id = n.id and p.state = 'published'
		where n.district = r.district and n.round_id = r.round_id and n.number > r.number order by n.number desc limit 1), ''),
	coalesce(i.n_answers, 0), coalesce(a.display_name,'')`

const runJoins = ` from run r
	join lateral (select * from run_event e where e.district = r.district and e.run_id = r.id and e.state <> 'published' order by e.seq desc limit 1) e on true
	left join run_input i on i.district = r.district and i.run_id = r.id
	left join run_output o on o.district = r.district and o.run_id = r.id
	left join account a on a.district = r.district and a.id = r.requested_by`

// InsertRun adds a run with the next number of its round, superseding the one
// before, and returns its number.
func InsertRun(ctx context.Context, q pg.Querier, district string, r Run) (int, error) {
	var n int
	err := q.QueryRow(ctx, `insert into run (district, id, round_id, number, supersedes, reason, appeal_id, requested_by, requested_at)
		select $1, $2, $3, coalesce(max(number),0)+1, (array_agg(id order by number desc))[1], $4, nullif($5,'')::uuid, nullif($6,'')::uuid, $7
		from run where district = $1 and round_id = $3 returning number`,
		district, r.ID, r.RoundID, r.Reason, r.AppealID, r.RequestedBy, r.RequestedAt).Scan(&n)
	return n, err
}

// AddEvent appends a state of a run.
func AddEvent(ctx context.Context, q pg.Querier, district, run, state string, fraction float64, message, by string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into run_event (district, run_id, seq, state, fraction, message, by_id, at)
		select $1, $2, coalesce(max(seq),0)+1, $3, $4, $5, nullif($6,'')::uuid, $7 from run_event where district = $1 and run_id = $2`,
		district, run, state, fraction, message, by, at)
	return err
}

// Get returns a run.
func Get(ctx context.Context, q pg.Querier, district, id string) (Run, error) {
	rows, err := q.Query(ctx, `select `+runColumns+runJoins+` where r.district = $1 and r.id = $2`, district, id)
	if err != nil {
		return Run{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Run])
}

// OfRound lists the runs of a round, newest first.
func OfRound(ctx context.Context, q pg.Querier, district, round string) ([]Run, error) {
	return collect(ctx, q, `select `+runColumns+runJoins+` where r.district = $1 and r.round_id = $2 order by r.number desc`,
		pgx.RowToStructByPos[Run], district, round)
}

// LatestPublished returns the id of the newest published run of a round, "" for none.
func LatestPublished(ctx context.Context, q pg.Querier, district, round string) (string, error) {
	var id string
	err := q.QueryRow(ctx, `select r.id::text from run r join run_event e on e.district = r.district and e.run_id = r.id and e.state = 'published'
		where r.district = $1 and r.round_id = $2 order by r.number desc limit 1`, district, round).Scan(&id)
	if pg.NoRows(err) {
		return "", nil
	}
	return id, err
}

// SaveInput stores the frozen input of a run.
func SaveInput(ctx context.Context, q pg.Querier, district, run string, gz, digest []byte, answers int, code string) error {
	_, err := q.Exec(ctx, `insert into run_input (district, run_id, content, digest, n_answers, code_version) values ($1,$2,$3,$4,$5,$6)`,
		district, run, gz, digest, answers, code)
	return err
}

// Input returns the frozen input of a run, still compressed, and its digest.
func Input(ctx context.Context, q pg.Querier, district, run string) (gz, digest []byte, err error) {
	err = q.QueryRow(ctx, `select content, digest from run_input where district = $1 and run_id = $2`, district, run).Scan(&gz, &digest)
	return gz, digest, err
}

// SaveOutput stores the results of a run.
func SaveOutput(ctx context.Context, q pg.Querier, district, run string, out *scoring.Output, digest []byte) error {
	summary, err := json.Marshal(struct {
		scoring.Summary
		Warnings []scoring.Note `json:"warnings"`
	}{out.Summary, out.Warnings})
	if err != nil {
		return err
	}
	if _, err := q.Exec(ctx, `insert into run_output (district, run_id, digest, summary) values ($1,$2,$3,$4)`, district, run, digest, summary); err != nil {
		return err
	}
	_, err = q.CopyFrom(ctx, pgx.Identifier{"run_unit"}, []string{"district", "run_id", "unit", "level", "n", "official", "lo", "hi", "reliability", "band", "status", "result"},
		pgx.CopyFromSlice(len(out.Units), func(i int) ([]any, error) {
			u := &out.Units[i]
			body, err := json.Marshal(u)
			if err != nil {
				return nil, err
			}
			var v, lo, hi *float64
			if u.Official.OK {
				v, lo, hi = &u.Official.Value, &u.Official.Lo, &u.Official.Hi
			}
			return []any{district, run, u.Unit, int16(u.Level), u.N, v, lo, hi, u.Reliability, u.Band, u.Status, body}, nil
		}))
	if err != nil {
		return err
	}
	_, err = q.CopyFrom(ctx, pgx.Identifier{"run_answer"}, []string{"district", "run_id", "response_id", "unit", "score", "design_weight", "final_weight", "robust_weight", "influence", "reason"},
		pgx.CopyFromSlice(len(out.Answers), func(i int) ([]any, error) {
			a := &out.Answers[i]
			return []any{district, run, a.ID, a.Unit, a.Score, a.DesignWeight, a.FinalWeight, a.RobustWeight, a.Influence, a.Reason}, nil
		}))
	return err
}

// Summary returns the district-wide figures of a run.
func Summary(ctx context.Context, q pg.Querier, district, run string) (scoring.Summary, []scoring.Note, []byte, error) {
	var raw, digest []byte
	if err := q.QueryRow(ctx, `select summary, digest from run_output where district = $1 and run_id = $2`, district, run).Scan(&raw, &digest); err != nil {
		return scoring.Summary{}, nil, nil, err
	}
	var s struct {
		scoring.Summary
		Warnings []scoring.Note `json:"warnings"`
	}
	err := json.Unmarshal(raw, &s)
	return s.Summary, s.Warnings, digest, err
}

// UnitRow is a unit's result with its name.
type UnitRow struct {
	Name string
	scoring.UnitResult
}

func scanUnit(r pgx.CollectableRow) (u UnitRow, err error) {
	var raw []byte
	if err = r.Scan(&u.Name, &raw); err == nil {
		err = json.Unmarshal(raw, &u.UnitResult)
	}
	return u, err
}

// UnitsOf lists the results of a run within an area at one level (0 = all), by code.
func UnitsOf(ctx context.Context, q pg.Querier, district, run, area string, level int) ([]UnitRow, error) {
	return collect(ctx, q, `select a.name, u.result from run_unit u join area a on a.district = u.district and a.code = u.unit
		where u.district = $1 and u.run_id = $2 and starts_with(u.unit, $3) and ($4 = 0 or u.level = $4) order by u.unit`,
		scanUnit, district, run, area, level)
}

// UnitOf returns the result of one unit.
func UnitOf(ctx context.Context, q pg.Querier, district, run, unit string) (UnitRow, error) {
	rows, err := q.Query(ctx, `select a.name, u.result from run_unit u join area a on a.district = u.district and a.code = u.unit
		where u.district = $1 and u.run_id = $2 and u.unit = $3`, district, run, unit)
	if err != nil {
		return UnitRow{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanUnit)
}

// AnswersOf lists how the answers of a unit counted, the most influential first.
func AnswersOf(ctx context.Context, q pg.Querier, district, run, unit string) ([]scoring.AnswerResult, error) {
	return collect(ctx, q, `select response_id::text, unit, score, design_weight, final_weight, robust_weight, influence, reason from run_answer
		where district = $1 and run_id = $2 and unit = $3 order by abs(influence) desc, response_id`,
		pgx.RowToStructByPos[scoring.AnswerResult], district, run, unit)
}

// Published is a round with its newest published run, as the list of results
// shows it.
type Published struct {
	RoundID, Title, Area string
	OpensOn, ClosesOn    time.Time
	RunID                string
	Number               int
	PublishedAt          time.Time
	Answers              int64
	Runs                 int // published ones
}

// PublishedRounds lists the rounds that touch an area and have a published run,
// the latest first, and how many there are.
func PublishedRounds(ctx context.Context, q pg.Querier, district, area string, limit, offset int) ([]Published, int, error) {
	const from = ` from (select distinct on (n.round_id) n.id, n.round_id, n.number, p.at, count(*) over (partition by n.round_id) as runs
			from run n join run_event p on p.district = n.district and p.run_id = n.id and p.state = 'published'
			where n.district = $1 order by n.round_id, n.number desc) n
		join round r on r.district = $1 and r.id = n.round_id
		left join run_input i on i.district = $1 and i.run_id = n.id
		where starts_with(r.area_code, $2) or starts_with($2, r.area_code)`
	total := 0
	if err := q.QueryRow(ctx, `select count(*)`+from, district, area).Scan(&total); err != nil {
		return nil, 0, err
	}
	list, err := collect(ctx, q, `select r.id::text, r.title, r.area_code, r.opens_on, r.closes_on, n.id::text, n.number, n.at, coalesce(i.n_answers, 0), n.runs`+from+`
		order by r.closes_on desc, r.id limit $3 offset $4`, pgx.RowToStructByPos[Published], district, area, limit, offset)
	return list, total, err
}

// RoundOf returns the round of a run.
func RoundOf(ctx context.Context, q pg.Querier, district, run string) (round, area string, err error) {
	err = q.QueryRow(ctx, `select r.round_id::text, o.area_code from run r join round o on o.district = r.district and o.id = r.round_id
		where r.district = $1 and r.id = $2`, district, run).Scan(&round, &area)
	return round, area, err
}

// UnitCount is how many answers a committee has.
type UnitCount struct {
	Unit string
	N    int
}

// CommitteeCounts lists the committees of a run with their answers, by code.
func CommitteeCounts(ctx context.Context, q pg.Querier, district, run string) ([]UnitCount, error) {
	return collect(ctx, q, `select unit, n from run_unit where district = $1 and run_id = $2 and level = 3 order by unit`,
		pgx.RowToStructByPos[UnitCount], district, run)
}

// Sealed tells whether an appeal in the round of a run rests on the sealed
// register, whatever came of it.
func Sealed(ctx context.Context, q pg.Querier, district, run string) (yes bool, err error) {
	err = q.QueryRow(ctx, `select exists (select 1 from run n join appeal a on a.district = n.district and a.round_id = n.round_id
		where n.district = $1 and n.id = $2 and a.entry_id is not null)`, district, run).Scan(&yes)
	return yes, err
}

// AreasOf lists the areas of a run by code.
func AreasOf(ctx context.Context, q pg.Querier, district, run string) ([]string, error) {
	return collect(ctx, q, `select unit from run_unit where district = $1 and run_id = $2 order by unit`, pgx.RowTo[string], district, run)
}

// Moved is how many answers of a committee differ between two runs.
type Moved struct {
	Unit string
	// Sure are the answers that only one of the runs counted, or whose marks were
	// credited to somebody in one of them; Most those with an attribution of
	// which that cannot be told, too.
	Sure, Most int
}

// MovedBetween counts by committee the answers that differ between two runs of a
// round. Their numbers may be equal though the answers are others.
func MovedBetween(ctx context.Context, q pg.Querier, district, before, after string) ([]Moved, error) {
	return collect(ctx, q, `with old as (select round_id, requested_at from run where district = $1 and id = $2),
		new as (select max(at) as at from run_event where district = $1 and run_id = $3 and state = 'done'),
		placed as (select a.response_id, greatest(a.at, max(g.at) filter (where g.at <= new.at)) as at from old cross join new join answer_attribution a on a.district = $1 and a.round_id = old.round_id
			left join attribution_change x on x.district = a.district and x.attribution_id = a.id
			left join attribution_ruling g on g.district = x.district and g.change_id = x.id and g.agreed group by a.district, a.id, new.at),
		pair as (select coalesce(a.unit, b.unit) as unit, response_id, a.score is null or b.score is null as apart, abs(a.score - b.score) > 1e-9 as rescored
			from (select unit, response_id, score from run_answer where district = $1 and run_id = $2) a
			full join (select unit, response_id, score from run_answer where district = $1 and run_id = $3) b using (response_id)),
		x as (select unit, response_id, true as sure from pair where apart
			union all select p.unit, p.response_id, p.rescored from pair p join placed using (response_id), old, new where not p.apart and (p.rescored or placed.at > old.requested_at and placed.at <= new.at))
		select unit, count(distinct response_id) filter (where sure)::int, count(distinct response_id)::int from x group by unit order by unit`,
		pgx.RowToStructByPos[Moved], district, before, after)
}
