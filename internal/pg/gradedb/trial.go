package gradedb

import (
	"context"
	"time"

	"gongping/internal/pg"
)

// Trial is something tried in good faith that the panel may excuse.
type Trial struct {
	ID, RoundID, Unit, UnitName, Matter, By string
	At                                      time.Time
	Votes, Excusing                         int
}

// Excused tells whether two members excused it; Decided whether two agree.
func (t Trial) Excused() bool { return t.Excusing >= 2 }

// Decided tells whether two members agree, either way.
func (t Trial) Decided() bool { return t.Excusing >= 2 || t.Votes-t.Excusing >= 2 }

const trials = `select t.id::text, t.round_id::text, t.unit, a.name, t.matter, t.by_id::text, t.at,
		(select count(*) from trial_vote v where v.district = t.district and v.trial_id = t.id)::int,
		(select count(*) from trial_vote v where v.district = t.district and v.trial_id = t.id and v.excuse)::int
	from trial t join area a on a.district = t.district and a.code = t.unit where t.district = $1`

// Trials lists the trials of a round within an area, the newest first.
func Trials(ctx context.Context, q pg.Querier, district, round, area string) ([]Trial, error) {
	return collect[Trial](ctx, q, trials+` and t.round_id = $2 and starts_with(t.unit, $3) order by t.at desc, t.id`, district, round, area)
}

// TrialsByID returns the trial of an id, none if there is no such.
func TrialsByID(ctx context.Context, q pg.Querier, district, id string) ([]Trial, error) {
	return collect[Trial](ctx, q, trials+` and t.id = $2`, district, id)
}

// InsertTrial adds a trial.
func InsertTrial(ctx context.Context, q pg.Querier, district string, t Trial) error {
	_, err := q.Exec(ctx, `insert into trial (district, id, round_id, unit, matter, by_id, at) values ($1,$2,$3,$4,$5,$6,$7)`,
		district, t.ID, t.RoundID, t.Unit, t.Matter, t.By, t.At)
	return err
}

// Vote adds a member's vote.
func Vote(ctx context.Context, q pg.Querier, district, trial, by string, excuse bool, reason string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into trial_vote (district, trial_id, by_id, excuse, reason, at) values ($1,$2,$3,$4,$5,$6)`, district, trial, by, excuse, reason, at)
	return err
}

// Voted lists the trials of a round on which a member has voted.
func Voted(ctx context.Context, q pg.Querier, district, round, by string) (map[string]bool, error) {
	type row struct{ ID string }
	list, err := collect[row](ctx, q, `select v.trial_id::text from trial_vote v join trial t on t.district = v.district and t.id = v.trial_id
		where v.district = $1 and t.round_id = $2 and v.by_id = $3`, district, round, by)
	out := map[string]bool{}
	for _, r := range list {
		out[r.ID] = true
	}
	return out, err
}

// Step is where a worker stands on the ladder; Post 0 is unknown.
type Step struct {
	WorkerNo, Worker, Unit string
	UnitName               string
	Post, Level            int
	Reason                 string
	At                     *time.Time
}

// Steps lists the active workers of an area with where they stand now.
func Steps(ctx context.Context, q pg.Querier, district, area string) ([]Step, error) {
	return collect[Step](ctx, q, `select w.worker_no, w.name, w.area_code, coalesce(a.name,''), coalesce(l.post,0)::int, coalesce(l.level,0)::int, coalesce(l.reason,''), l.at
		from worker w left join area a on a.district = w.district and a.code = w.area_code left join lateral (select post, level, reason, at from ladder_step x where x.district = w.district and x.worker_no = w.worker_no
			order by seq desc limit 1) l on true
		where w.district = $1 and w.active and starts_with(w.area_code, $2) order by w.area_code, w.worker_no`, district, area)
}

// AddStep appends where a worker stands.
func AddStep(ctx context.Context, q pg.Querier, district, worker string, post, level int, reason, consequence, by string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into ladder_step (district, worker_no, seq, post, level, reason, consequence_id, by_id, at)
		select $1, $2, coalesce(max(seq),0)+1, $3, $4, $5, nullif($6,'')::uuid, nullif($7,'')::uuid, $8 from ladder_step where district = $1 and worker_no = $2`,
		district, worker, post, level, reason, consequence, by, at)
	return err
}

// OpenAppeals lists the units of a round with an appeal that has not ended.
func OpenAppeals(ctx context.Context, q pg.Querier, district, round string) (map[string]bool, error) {
	type row struct{ Unit string }
	list, err := collect[row](ctx, q, `select distinct a.unit from appeal a where a.district = $1 and a.round_id = $2 and not exists (
			select from appeal_event e where e.district = a.district and e.appeal_id = a.id and e.kind in ('refused','superseded','closed','withdrawn'))`, district, round)
	out := map[string]bool{}
	for _, r := range list {
		out[r.Unit] = true
	}
	return out, err
}
