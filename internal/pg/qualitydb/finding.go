package qualitydb

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey/quality"
)

// Scan is one run of the detectors.
type Scan struct {
	ID, RoundID string
	Summaries   []quality.Summary
	Responses   int
	Seed        string
	ByName      string
	At          time.Time
}

// InsertScan records a scan.
func InsertScan(ctx context.Context, q pg.Querier, district string, s Scan, rules quality.Rules, version, by string) error {
	r, err := json.Marshal(rules)
	if err != nil {
		return err
	}
	sum, err := json.Marshal(s.Summaries)
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `insert into quality_scan (district, id, round_id, rules, summaries, n_responses, seed, code_version, by_id, at)
		values ($1,$2,$3,$4,$5,$6,$7,$8,nullif($9,'')::uuid,$10)`, district, s.ID, s.RoundID, r, sum, s.Responses, s.Seed, version, by, s.At)
	return err
}

// Scans lists the scans of a round, newest first.
func Scans(ctx context.Context, q pg.Querier, district, round string, limit int) ([]Scan, error) {
	rows, err := q.Query(ctx, `select s.id::text, s.round_id::text, s.summaries, s.n_responses, s.seed, coalesce(a.display_name,''), s.at from quality_scan s
		left join account a on a.district = s.district and a.id = s.by_id
		where s.district = $1 and s.round_id = $2 order by s.at desc, s.id limit $3`, district, round, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Scan])
}

// Finding is what a detector asks about, with its latest sighting and decision.
type Finding struct {
	ID, RoundID, ScanID              string
	Detector                         quality.Detector
	Kind                             quality.Kind
	Unit                             string
	Side                             quality.Side
	Role                             string // finding, counterpart
	PairOf                           string
	Committee, CommitteeName         string
	Building                         string
	Evaluator, EvaluatorName         string
	Day, Hour                        *int
	AuditorOnly                      bool
	At                               time.Time // of the first scan
	N                                int
	Hits, Expected, P, Q             float64
	Flagged                          bool
	Answers                          int // responses named
	Decision, DecisionReason, ByID   string
	ByName                           string
	DecidedAt                        *time.Time
	BackChecks, BackDone, BackDenied int
}

const findingSQL = `select f.id::text, f.round_id::text, f.scan_id::text, f.detector, f.kind, f.unit, f.side, f.role, coalesce(f.pair_of::text,''),
	f.committee, coalesce(ar.name,''), f.building, coalesce(f.evaluator_id::text,''), coalesce(ev.display_name,''), f.day, f.hour::int, f.auditor_only, s.at,
	g.n, g.hits, g.expected, g.p, g.q, g.flagged,
	(select count(*)::int from quality_finding_response x where x.district = f.district and x.finding_id = f.id),
	coalesce(d.decision,''), coalesce(d.reason,''), coalesce(d.by_id::text,''), coalesce(db.display_name,''), d.at,
	coalesce(b.n,0), coalesce(b.done,0), coalesce(b.denied,0)
	from quality_finding f
	join quality_scan s on s.district = f.district and s.id = f.scan_id
	left join area ar on ar.district = f.district and ar.code = f.committee
	left join account ev on ev.district = f.district and ev.id = f.evaluator_id
	join lateral (select y.* from quality_sighting y join quality_scan z on z.district = y.district and z.id = y.scan_id
		where y.district = f.district and y.finding_id = f.id order by z.at desc, z.id limit 1) g on true
	left join lateral (select y.* from quality_decision y where y.district = f.district and y.finding_id = f.id order by y.seq desc limit 1) d on true
	left join account db on db.district = f.district and db.id = d.by_id
	left join lateral (select count(*)::int as n, count(r.id)::int as done, count(*) filter (where r.interviewed = 'no')::int as denied
		from backcheck k left join backcheck_result r on r.district = k.district and r.backcheck_id = k.id and r.outcome = 'done'
		where k.district = f.district and k.finding_id = f.id) b on true`

func findings(rows pgx.Rows, err error) ([]Finding, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Finding])
}

// Findings lists the findings and counterparts of a round within an area: open
// ones first, then by p-value.
func Findings(ctx context.Context, q pg.Querier, district, round, area string) ([]Finding, error) {
	return findings(q.Query(ctx, findingSQL+` where f.district = $1 and f.round_id = $2 and (f.committee = '' or starts_with(f.committee, $3))
		order by (d.decision is not null), (f.role = 'counterpart'), g.p, f.id`, district, round, area))
}

// GetFinding returns one.
func GetFinding(ctx context.Context, q pg.Querier, district, id string) (Finding, error) {
	list, err := findings(q.Query(ctx, findingSQL+` where f.district = $1 and f.id = $2`, district, id))
	if err == nil && len(list) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return Finding{}, err
	}
	return list[0], nil
}

// LockRound holds the quality of a round against other scans, draws and
// decisions until the transaction ends.
func LockRound(ctx context.Context, q pg.Querier, district, round string) error {
	_, err := q.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('gongping/quality/'||$1||'/'||lower($2), 0))`, district, round)
	return err
}

// Known lists the findings of a round by "detector/unit".
func Known(ctx context.Context, q pg.Querier, district, round string) (map[string]string, error) {
	rows, err := q.Query(ctx, `select detector||'/'||unit, id::text from quality_finding where district = $1 and round_id = $2`, district, round)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	var key, id string
	_, err = pgx.ForEachRow(rows, []any{&key, &id}, func() error { out[key] = id; return nil })
	return out, err
}

// NewFinding is a finding to be stored.
type NewFinding struct {
	ID, PairOf, Role string
	Test             quality.Test
}

// InsertFindings stores new findings with the answers they name, in a few
// statements.
func InsertFindings(ctx context.Context, q pg.Querier, district, round, scan string, list []NewFinding) error {
	b := &pgx.Batch{}
	for _, f := range list {
		t := f.Test
		evaluator := ""
		if t.Kind == quality.Interviewer {
			evaluator = t.Unit
		}
		b.Queue(`insert into quality_finding (district, id, round_id, scan_id, detector, kind, unit, side, role, pair_of, committee, building, evaluator_id,
				day, hour, auditor_only) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,nullif($10,'')::uuid,$11,$12,nullif($13,'')::uuid,nullif($14,-1),nullif($15,-1),$16)`,
			district, f.ID, round, scan, string(t.Detector), string(t.Kind), t.Unit, string(t.Side), f.Role, f.PairOf, t.Committee, t.Building, evaluator,
			t.Day, t.Hour, t.Detector.AuditorsOnly())
		b.Queue(`insert into quality_finding_response (district, finding_id, response_id)
			select $1, $2, id from unnest($3::text[]::uuid[]) as x(id) order by id`, district, f.ID, t.Responses)
	}
	return q.SendBatch(ctx, b).Close()
}

// Sighting is what a scan saw of a finding.
type Sighting struct {
	FindingID string
	Test      quality.Test
}

// InsertSightings stores what a scan saw.
func InsertSightings(ctx context.Context, q pg.Querier, district, scan string, list []Sighting) error {
	b := &pgx.Batch{}
	for _, s := range list {
		t := s.Test
		b.Queue(`insert into quality_sighting (district, finding_id, scan_id, n, hits, expected, p, q, flagged) values ($1,$2,$3,$4,$5,$6,$7,$8,$9)`,
			district, s.FindingID, scan, t.N, t.Hits, t.Expected, min(t.P, 1), min(t.Q, 1), t.Flagged)
	}
	return q.SendBatch(ctx, b).Close()
}

// Decision is one step of a finding.
type Decision struct {
	Seq              int
	Decision, Reason string
	N                int
	ByID, ByName     string
	At               time.Time
}

// Decisions lists the steps of a finding in order.
func Decisions(ctx context.Context, q pg.Querier, district, finding string) ([]Decision, error) {
	rows, err := q.Query(ctx, `select d.seq, d.decision, d.reason, d.n, coalesce(d.by_id::text,''), coalesce(a.display_name,''), d.at from quality_decision d
		left join account a on a.district = d.district and a.id = d.by_id where d.district = $1 and d.finding_id = $2 order by d.seq`, district, finding)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Decision])
}

// AddDecision adds a step.
func AddDecision(ctx context.Context, q pg.Querier, district, finding, decision, reason string, n int, by string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into quality_decision (district, finding_id, seq, decision, reason, n, by_id, at)
		select $1, $2, coalesce(max(seq),0)+1, $3, $4, $5, nullif($6,'')::uuid, $7 from quality_decision where district = $1 and finding_id = $2`,
		district, finding, decision, reason, n, by, at)
	return err
}

// SetAside excludes answers with a reason: those that a finding names, or all of
// its interviewer in the round. Answers that are set aside already stay as they
// are. It returns how many it set aside.
func SetAside(ctx context.Context, q pg.Querier, district string, f Finding, all bool, ground, reason, by string, at time.Time) (int, error) {
	tag, err := q.Exec(ctx, `insert into response_exclusion (district, id, round_id, response_id, ground, reason, by_id, at)
		select r.district, gen_random_uuid(), r.round_id, r.id, $5, $6, nullif($7,'')::uuid, $8 from response r
		where r.district = $1 and r.round_id = $2
		  and case when $4 then r.evaluator_id = nullif($9,'')::uuid
		      else exists (select from quality_finding_response x where x.district = r.district and x.finding_id = $3 and x.response_id = r.id) end
		on conflict do nothing`, district, f.RoundID, f.ID, all, ground, reason, by, at, f.Evaluator)
	return int(tag.RowsAffected()), err
}

// Changed lists the rounds of a district that are being collected and whose
// latest scan has not examined just the answers they have (those set aside are
// not examined, those withdrawn are), or lies a day back; and rounds that were
// closed after their latest scan.
func Changed(ctx context.Context, q pg.Querier, district string, now time.Time) ([]string, error) {
	rows, err := q.Query(ctx, `select r.id::text from round r
		join lateral (select e.state, e.at from round_event e where e.district = r.district and e.round_id = r.id order by e.seq desc limit 1) e on true
		left join lateral (select s.n_responses, s.at from quality_scan s where s.district = r.district and s.round_id = r.id order by s.at desc, s.id limit 1) s on true
		where r.district = $1 and case e.state
		  when 'collecting' then s.at <= $2::timestamptz - interval '24 hours' or coalesce(s.n_responses, 0) <> (select count(*) from response a where a.district = r.district and a.round_id = r.id
		    and not exists (select from response_exclusion x where x.district = a.district and x.response_id = a.id and x.ground <> 'withdrawn'))
		  when 'closed' then s.at < e.at else false end
		order by r.id`, district, now)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
