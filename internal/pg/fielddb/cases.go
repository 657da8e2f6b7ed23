// Package fielddb stores the fieldwork: cases and whom they are assigned to,
// contact attempts, personal links and responses.
package fielddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey/fieldwork"
)

// Case is a drawn person to be asked, without name or contact.
type Case struct {
	ID, RoundID, DrawID, FrameID, PersonID string
	Committee, CommitteeName               string
	Stratum, Cluster                       string
	Building                               string // pseudonym
	Evaluator, EvaluatorName               string // who holds it now, "" for nobody
	DesignWeight                           float64
	Reserve, Complete, Replaced            bool
	Replaces                               string // id of the case it stands in for
	Attempts                               []fieldwork.Code
	LastAt, Appointment                    *time.Time
}

// caseColumns and caseTables belong together; $1 is the district.
const caseColumns = `c.id::text, c.round_id::text, c.draw_id::text, coalesce(r.frame_id::text,''), c.person_id, c.committee, ar.name,
	c.stratum, se.cluster, coalesce(p.building,''), coalesce(s.evaluator_id::text,''), coalesce(ac.display_name,''), c.design_weight,
	c.reserve, d.case_id is not null,
	exists (select 1 from survey_case x where x.district = c.district and x.replaces = c.id),
	coalesce(c.replaces::text,''), coalesce(t.codes,'{}'), t.last_at, t.appointment`

const caseTables = ` join round r on r.district = c.district and r.id = c.round_id
	join area ar on ar.district = c.district and ar.code = c.committee
	join draw_selection se on se.district = c.district and se.draw_id = c.draw_id and se.person_id = c.person_id
	left join frame_person p on p.district = c.district and p.frame_id = r.frame_id and p.person_id = c.person_id
	left join case_completion d on d.district = c.district and d.case_id = c.id
	left join account ac on ac.district = c.district and ac.id = s.evaluator_id
	left join lateral (select array_agg(y.disposition order by y.at, y.id) as codes, max(y.at) as last_at,
		(array_agg(y.appointment order by y.at desc, y.id desc) filter (where y.appointment is not null))[1] as appointment
		from contact_attempt y where y.district = c.district and y.case_id = c.id) t on true`

// latest joins the assignment that counts.
const latest = ` left join lateral (select z.evaluator_id from case_assignment z where z.district = c.district and z.case_id = c.id
	order by z.seq desc limit 1) s on true`

func scanCase(row pgx.CollectableRow) (Case, error) {
	var c Case
	err := row.Scan(&c.ID, &c.RoundID, &c.DrawID, &c.FrameID, &c.PersonID, &c.Committee, &c.CommitteeName, &c.Stratum, &c.Cluster, &c.Building,
		&c.Evaluator, &c.EvaluatorName, &c.DesignWeight, &c.Reserve, &c.Complete, &c.Replaced, &c.Replaces, &c.Attempts, &c.LastAt, &c.Appointment)
	return c, err
}

// CasesOf lists the cases that an evaluator holds in rounds that are being
// collected, and those of batches that follow a closed round, by committee, building and id.
func CasesOf(ctx context.Context, q pg.Querier, district, evaluator string) ([]Case, error) {
	rows, err := q.Query(ctx, `select `+caseColumns+` from case_assignment s
		join survey_case c on c.district = s.district and c.id = s.case_id`+caseTables+`
		where s.district = $1 and s.evaluator_id = $2
		  and not exists (select 1 from case_assignment n where n.district = s.district and n.case_id = s.case_id and n.seq > s.seq)
		  and ((select e.state from round_event e where e.district = c.district and e.round_id = c.round_id order by e.seq desc limit 1) = 'collecting'
		    or exists (select from draw k join late_batch b on b.district = k.district and b.commitment_id = k.commitment_id where k.district = c.district and k.id = c.draw_id))
		order by c.committee, p.building, c.id`, district, evaluator)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanCase)
}

// CaseFilter narrows CasesIn. Empty fields do not restrict.
type CaseFilter struct {
	Area, Evaluator string
	Number          string // the beginning of the number that people see, in small letters
	After           string // id of the last case of the page before
	Limit           int
	Kinds           []string // keys of CaseKinds, nil for all
}

// CaseKind counts cases that have gone the same way.
type CaseKind struct {
	Key                        string
	Complete, Replaced, Agreed bool // Agreed: the last appointment is still to come
	Codes                      []fieldwork.Code
	N                          int
}

// kindKeySQL is the key of a kind of cases, from the completion d, the tries t
// and whether the appointment is to come; CaseKinds and CasesIn make it alike.
func kindKeySQL(now string) string {
	return `concat_ws('/', (d.case_id is not null)::text, (exists (select 1 from survey_case x where x.district = c.district and x.replaces = c.id))::text,
		coalesce(t.appointment > ` + now + `::timestamptz, false)::text, array_to_string(t.codes, ','))`
}

// planned has a query planned for its parameters at every call. Filters that
// are mostly empty would else be given one plan for all, which takes three times
// as long on a round of 35,000 cases.
const planned = pgx.QueryExecModeCacheDescribe

// CaseKinds counts the cases of a round that a filter lets through by the way
// they have gone; its page and its kinds do not matter.
func CaseKinds(ctx context.Context, q pg.Querier, district, round string, f CaseFilter, now time.Time) ([]CaseKind, error) {
	rows, err := q.Query(ctx, `with tried as (
			select y.case_id, array_agg(y.disposition order by y.at, y.id) as codes,
				(array_agg(y.appointment order by y.at desc, y.id desc) filter (where y.appointment is not null))[1] as appointment
			from survey_case c join contact_attempt y on y.district = c.district and y.case_id = c.id
			where c.district = $1 and c.round_id = $2 and starts_with(c.committee, $3) group by 1
		), cases as (
			select `+kindKeySQL("$6")+` as key, d.case_id is not null as complete,
				exists (select 1 from survey_case x where x.district = c.district and x.replaces = c.id) as replaced,
				coalesce(t.appointment > $6::timestamptz, false) as agreed, coalesce(t.codes, '{}') as codes
			from survey_case c left join tried t on t.case_id = c.id
			left join case_completion d on d.district = c.district and d.case_id = c.id
			where c.district = $1 and c.round_id = $2 and starts_with(c.committee, $3) and starts_with(c.id::text, $5)
			  and ($4 = '' or (select z.evaluator_id::text from case_assignment z where z.district = c.district and z.case_id = c.id order by z.seq desc limit 1) = $4)
		)
		select key, complete, replaced, agreed, codes, count(*)::int from cases group by 1,2,3,4,5`, planned, district, round, f.Area, f.Evaluator, f.Number, now)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[CaseKind])
}

// CasesIn lists the cases of a round within an area by id, for who supervises.
func CasesIn(ctx context.Context, q pg.Querier, district, round string, f CaseFilter, now time.Time) ([]Case, error) {
	rows, err := q.Query(ctx, `select `+caseColumns+` from survey_case c`+latest+caseTables+`
		where c.district = $1 and c.round_id = $2 and starts_with(c.committee, $3) and ($4 = '' or s.evaluator_id::text = $4)
		  and ($5 = '' or c.id > nullif($5,'')::uuid) and starts_with(c.id::text, $7)
		  and ($8::text[] is null or `+kindKeySQL("$9")+` = any($8)) order by c.id limit $6`, planned, district, round, f.Area, f.Evaluator, f.After, f.Limit, f.Number, f.Kinds, now)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanCase)
}

// GetCase returns a case.
func GetCase(ctx context.Context, q pg.Querier, district, id string) (Case, error) {
	rows, err := q.Query(ctx, `select `+caseColumns+` from survey_case c`+latest+caseTables+` where c.district = $1 and c.id = $2`, district, id)
	if err != nil {
		return Case{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanCase)
}

// LockCase holds a case against other writers until the transaction ends. The
// service may not update cases, so the lock is an advisory one.
func LockCase(ctx context.Context, q pg.Querier, district, id string) error {
	_, err := q.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('gongping/case/'||$1||'/'||lower($2), 0))`, district, id)
	return err
}

// Assign gives a case to an evaluator.
func Assign(ctx context.Context, q pg.Querier, district, caseID, evaluator, by, reason string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into case_assignment (district, case_id, seq, evaluator_id, by_id, at, reason)
		select $1, $2, coalesce(max(seq),0)+1, $3, nullif($4,'')::uuid, $5, $6 from case_assignment where district = $1 and case_id = $2`,
		district, caseID, evaluator, by, at, reason)
	return err
}

// Attempt is a contact attempt.
type Attempt struct {
	ID, CaseID, Evaluator, EvaluatorName string
	Mode                                 fieldwork.Mode
	Code                                 fieldwork.Code
	Appointment                          *time.Time
	At, ReceivedAt                       time.Time
}

// AttemptDevice is what the phone's clock said and, with consent, how far the
// phone was from the building; the zero value for an attempt that was recorded
// while the server looked on.
type AttemptDevice struct {
	DeviceAt             *time.Time
	OffsetS              *float64
	DistanceM, AccuracyM *float64
}

// InsertAttempt adds an attempt and tells whether it was new.
func InsertAttempt(ctx context.Context, q pg.Querier, district string, a Attempt, c AttemptDevice) (bool, error) {
	tag, err := q.Exec(ctx, `insert into contact_attempt (district, id, case_id, evaluator_id, mode, disposition, appointment, at, received_at,
			device_at, clock_offset_s, distance_m, accuracy_m) values ($1,$2,$3,nullif($4,'')::uuid,$5,$6,$7,$8,$9,$10,$11,$12,$13) on conflict do nothing`,
		district, a.ID, a.CaseID, a.Evaluator, string(a.Mode), string(a.Code), a.Appointment, a.At, a.ReceivedAt, c.DeviceAt, c.OffsetS, c.DistanceM, c.AccuracyM)
	return tag.RowsAffected() == 1, err
}

// InsertHeldAttempt keeps an attempt aside; a repeat changes nothing.
func InsertHeldAttempt(ctx context.Context, q pg.Querier, district string, a Attempt, c AttemptDevice, reason string) error {
	_, err := q.Exec(ctx, `insert into contact_attempt_held (district, id, case_id, evaluator_id, mode, disposition, appointment, at, received_at,
			device_at, clock_offset_s, reason) values ($1,$2,$3,nullif($4,'')::uuid,$5,$6,$7,$8,$9,$10,$11,$12) on conflict do nothing`,
		district, a.ID, a.CaseID, a.Evaluator, string(a.Mode), string(a.Code), a.Appointment, a.At, a.ReceivedAt, c.DeviceAt, c.OffsetS, reason)
	return err
}

const attemptColumns = `t.id::text, t.case_id::text, coalesce(t.evaluator_id::text,''), coalesce(a.display_name,''), t.mode, t.disposition,
	t.appointment, t.at, t.received_at`

func attempts(rows pgx.Rows, err error) ([]Attempt, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Attempt])
}

// Attempts lists the attempts of a case in the order of their time.
func Attempts(ctx context.Context, q pg.Querier, district, caseID string) ([]Attempt, error) {
	return attempts(q.Query(ctx, `select `+attemptColumns+` from contact_attempt t
		left join account a on a.district = t.district and a.id = t.evaluator_id
		where t.district = $1 and t.case_id = $2 order by t.at, t.id`, district, caseID))
}

// GetAttempt returns an attempt by its id, for comparing a repeat with it.
func GetAttempt(ctx context.Context, q pg.Querier, district, id string) (Attempt, error) {
	list, err := attempts(q.Query(ctx, `select `+attemptColumns+` from contact_attempt t
		left join account a on a.district = t.district and a.id = t.evaluator_id where t.district = $1 and t.id = $2`, district, id))
	if err != nil {
		return Attempt{}, err
	}
	if len(list) == 0 {
		return Attempt{}, pgx.ErrNoRows
	}
	return list[0], nil
}

// Released lists what was released in a stratum (and cluster) of a draw, in
// drawing order of the reserves, as pairs of person ids.
func Released(ctx context.Context, q pg.Querier, district, drawID, stratum, cluster string) ([][2]string, error) {
	rows, err := q.Query(ctx, `select old.person_id, new.person_id from survey_case new
		join survey_case old on old.district = new.district and old.id = new.replaces
		join draw_selection s on s.district = new.district and s.draw_id = new.draw_id and s.person_id = new.person_id
		where new.district = $1 and new.draw_id = $2 and s.stratum = $3 and s.cluster = $4 order by s.ord`, district, drawID, stratum, cluster)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (p [2]string, err error) {
		return p, r.Scan(&p[0], &p[1])
	})
}

// InsertReserve opens the case of a released reserve with its design weight.
func InsertReserve(ctx context.Context, q pg.Querier, district, id string, old Case, person string, weight float64, at time.Time) error {
	_, err := q.Exec(ctx, `insert into survey_case (district, id, round_id, draw_id, person_id, stratum, committee, design_weight, reserve, replaces, created_at)
		select $1, $2, $3, $4, s.person_id, s.stratum, s.committee, $6, true, $7, $8
		from draw_selection s where s.district = $1 and s.draw_id = $4 and s.person_id = $5`,
		district, id, old.RoundID, old.DrawID, person, weight, old.ID, at)
	return err
}

// Identity returns the sealed private record of a person.
func Identity(ctx context.Context, q pg.Querier, district, frameID, person string) (sealed []byte, err error) {
	err = q.QueryRow(ctx, `select sealed from identity.person where district = $1 and frame_id = $2 and person_id = $3`, district, frameID, person).Scan(&sealed)
	return sealed, err
}

// Evaluators lists the enabled evaluators of a district that hold an area.
func Evaluators(ctx context.Context, q pg.Querier, district, area string) ([][2]string, error) {
	rows, err := q.Query(ctx, `select id::text, display_name from account where district = $1 and role = 'evaluator' and disabled_at is null
		and (starts_with(area_code, $2) or starts_with($2, area_code)) order by login`, district, area)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (p [2]string, err error) {
		return p, r.Scan(&p[0], &p[1])
	})
}
