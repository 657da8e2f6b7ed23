// Package appealdb stores appeals with their events, evidence, reviewed answers
// and conflicts of interest. All of it is append-only.
package appealdb

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/scoring/appeal"
)

func collect[T any](ctx context.Context, q pg.Querier, sql string, scan pgx.RowToFunc[T], args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

// Appeal is an appeal as filed, with the names that pages show and its state.
type Appeal struct {
	ID          string
	Number      int
	Receipt     string
	RoundID     string
	RunID       string
	Unit        string
	AppellantID string
	Ground      string
	Statement   []byte // sealed
	FiledAt     time.Time
	PublishedAt time.Time
	FileBy      time.Time
	AcceptBy    time.Time
	DecideUntil time.Time
	Instance    int    // 1, or 2 against the decision on FirstID
	FirstID     string // "" of a first instance
	ExtendDays  int
	NoticeDays  int
	EntryID     string // of the sealed register, "" for none
	ReAskDays   int    // calendar days to ask residents anew, 0 = they are not

	RoundTitle, UnitName, AppellantName string
	RunNumber                           int
	State                               string
}

const columns = `a.id::text, a.number, a.receipt, a.round_id::text, a.run_id::text, a.unit, a.appellant_id::text, a.ground, a.statement,
	a.filed_at, a.published_at, a.file_by, a.accept_by, a.decide_until,
	a.instance::int, coalesce(a.first_id::text,''), a.extend_days, a.notice_days, coalesce(a.entry_id::text,''), a.reask_days, r.title, u.name, p.display_name, n.number, s.state`

// joins adds names and the state: the last event that moves it, as package
// appeal folds them.
const joins = ` from appeal a
	join round r on r.district = a.district and r.id = a.round_id
	join area u on u.district = a.district and u.code = a.unit
	join account p on p.district = a.district and p.id = a.appellant_id
	join run n on n.district = a.district and n.id = a.run_id
	join lateral (select case
			when e.kind = 'vote' then 'voting'
			when e.kind = 'run' then 'run_requested'
			when e.kind = 'noticed' then 'notice'
			when e.kind = 'assigned' and exists (select 1 from appeal_event v where v.district = e.district and v.appeal_id = e.appeal_id and v.kind = 'vote') then 'voting'
			else e.kind end as state
		from appeal_event e where e.district = a.district and e.appeal_id = a.id and e.kind not in ('overdue','extended','objection','answered','asked','declined','reask_opened','recused') order by e.seq desc limit 1) s on true`

// Lock makes others who act on the appeal wait until the transaction ends.
func Lock(ctx context.Context, q pg.Querier, district, id string) error {
	_, err := q.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('gongping/appeal/'||$1||'/'||$2, 0))`, district, id)
	return err
}

// Insert files an appeal; it must carry a Number from NextNumber.
func Insert(ctx context.Context, q pg.Querier, district string, a Appeal) error {
	_, err := q.Exec(ctx, `insert into appeal (district, id, number, receipt, round_id, run_id, unit, appellant_id, ground, statement,
			filed_at, published_at, file_by, accept_by, decide_until, decide_by, instance, first_id, extend_days, notice_days, entry_id, reask_days)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,($15 at time zone 'Asia/Shanghai')::date,$16,nullif($17,'')::uuid,$18,$19,nullif($20,'')::uuid,$21)`,
		district, a.ID, a.Number, a.Receipt, a.RoundID, a.RunID, a.Unit, a.AppellantID, a.Ground, a.Statement,
		a.FiledAt, a.PublishedAt, a.FileBy, a.AcceptBy, a.DecideUntil, max(a.Instance, 1), a.FirstID, a.ExtendDays, a.NoticeDays, a.EntryID, a.ReAskDays)
	return err
}

// NextNumber is the next appeal's number; it holds the district's counter
// until the transaction ends.
func NextNumber(ctx context.Context, q pg.Querier, district string) (n int, err error) {
	if err = Lock(ctx, q, district, "number"); err == nil {
		err = q.QueryRow(ctx, `select coalesce(max(number),0)+1 from appeal where district = $1`, district).Scan(&n)
	}
	return n, err
}

// Get returns an appeal.
func Get(ctx context.Context, q pg.Querier, district, id string) (Appeal, error) {
	rows, err := q.Query(ctx, `select `+columns+joins+` where a.district = $1 and a.id = $2`, district, id)
	if err != nil {
		return Appeal{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Appeal])
}

// Filter narrows a list. Empty values do not restrict.
type Filter struct {
	Area, Appellant, Member string
	States                  []string
	RunID                   string
	Limit, Offset           int
}

const where = ` where a.district = $1 and starts_with(a.unit, $2) and ($3 = '' or a.appellant_id::text = $3)
	and ($4 = '' or exists (select 1 from appeal_event m where m.district = a.district and m.appeal_id = a.id and m.kind = 'assigned' and m.data->'members' ? $4)
		and not exists (select 1 from appeal_event m where m.district = a.district and m.appeal_id = a.id and m.kind = 'recused' and m.data->'members' ? $4))
	and (coalesce(cardinality($5::text[]), 0) = 0 or s.state = any($5)) and ($6 = '' or a.run_id::text = $6)`

// List returns matching appeals: open ones first, by deadline, then the newest.
func List(ctx context.Context, q pg.Querier, district string, f Filter) ([]Appeal, error) {
	return collect(ctx, q, `select `+columns+joins+where+`
		order by s.state in ('refused','superseded','closed','withdrawn'), case when s.state in ('filed','accepted','assigned','voting') then a.decide_until end nulls last, a.number desc
		limit $7 offset $8`, pgx.RowToStructByPos[Appeal], district, f.Area, f.Appellant, f.Member, f.States, f.RunID, f.Limit, f.Offset)
}

// Count counts matching appeals.
func Count(ctx context.Context, q pg.Querier, district string, f Filter) (n int, err error) {
	err = q.QueryRow(ctx, `select count(*)`+joins+where, district, f.Area, f.Appellant, f.Member, f.States, f.RunID).Scan(&n)
	return n, err
}

// AddEvent appends an event.
func AddEvent(ctx context.Context, q pg.Querier, district, id string, e appeal.Event) error {
	data, err := json.Marshal(appeal.Event{Members: e.Members, Outcome: e.Outcome, Affected: e.Affected, Step: e.Step, RunID: e.RunID, Effect: e.Effect,
		Remedy: e.Remedy, Party: e.Party, Department: e.Department, Days: e.Days, Until: e.Until, Objection: e.Objection})
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `insert into appeal_event (district, appeal_id, seq, kind, by_id, at, reason, data)
		select $1, $2, coalesce(max(seq),0)+1, $3, nullif($4,'')::uuid, $5, $6, $7 from appeal_event where district = $1 and appeal_id = $2`,
		district, id, string(e.Kind), e.By, e.At, e.Reason, data)
	return err
}

// Events returns the history of an appeal.
func Events(ctx context.Context, q pg.Querier, district, id string) ([]appeal.Event, error) {
	return collect(ctx, q, `select kind, coalesce(by_id::text,''), at, reason, data from appeal_event where district = $1 and appeal_id = $2 order by seq`,
		func(r pgx.CollectableRow) (e appeal.Event, err error) {
			var kind, by, reason string
			var at time.Time
			var data []byte
			if err = r.Scan(&kind, &by, &at, &reason, &data); err != nil {
				return e, err
			}
			err = json.Unmarshal(data, &e)
			e.Kind, e.By, e.At, e.Reason = appeal.Kind(kind), by, at, reason
			return e, err
		}, district, id)
}

// Evidence is an attached file; Name and Content are sealed.
type Evidence struct {
	ID, AppealID, Kind, MediaType string
	Name                          []byte
	Size                          int
	Digest                        []byte
	At                            time.Time
}

// AddEvidence stores a sealed file.
func AddEvidence(ctx context.Context, q pg.Querier, district string, e Evidence, content []byte, by string) error {
	_, err := q.Exec(ctx, `insert into appeal_evidence (district, id, appeal_id, name, media_type, content, digest, at, kind, by_id, size)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`, district, e.ID, e.AppealID, e.Name, e.MediaType, content, e.Digest, e.At, e.Kind, by, e.Size)
	return err
}

// EvidenceOf lists the files of an appeal.
func EvidenceOf(ctx context.Context, q pg.Querier, district, id string) ([]Evidence, error) {
	return collect(ctx, q, `select id::text, appeal_id::text, kind, media_type, name, size, digest, at from appeal_evidence
		where district = $1 and appeal_id = $2 order by at, id`, pgx.RowToStructByPos[Evidence], district, id)
}

// EvidenceContent returns a file of an appeal with its sealed content.
func EvidenceContent(ctx context.Context, q pg.Querier, district, id, evidence string) (e Evidence, content []byte, err error) {
	err = q.QueryRow(ctx, `select id::text, appeal_id::text, kind, media_type, name, size, digest, at, content from appeal_evidence
		where district = $1 and appeal_id = $2 and id = $3`, district, id, evidence).
		Scan(&e.ID, &e.AppealID, &e.Kind, &e.MediaType, &e.Name, &e.Size, &e.Digest, &e.At, &content)
	return e, content, err
}
