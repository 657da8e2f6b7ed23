// Package disputedb stores the sealed register of known conflicts and reads
// what matching it needs. All of it is append-only.
package disputedb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

func collect[T any](ctx context.Context, q pg.Querier, sql string, scan pgx.RowToFunc[T], args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

// Entry is an entry of the register; Content is sealed.
type Entry struct {
	ID, Receipt, Account, Unit, Kind string
	Content, Digest                  []byte
	At, Expires                      time.Time
	Withdrawn                        *time.Time
	Files                            int
}

const columns = `e.id::text, e.receipt, e.account_id::text, e.unit, e.kind, e.content, e.digest, e.at, e.expires_at, w.at,
	(select count(*)::int from conflict_evidence f where f.district = e.district and f.entry_id = e.id)
	from conflict_entry e left join conflict_withdrawal w on w.district = e.district and w.entry_id = e.id`

// Insert records an entry.
func Insert(ctx context.Context, q pg.Querier, district string, e Entry) error {
	_, err := q.Exec(ctx, `insert into conflict_entry (district, id, receipt, account_id, unit, kind, content, digest, at, expires_at) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
		district, e.ID, e.Receipt, e.Account, e.Unit, e.Kind, e.Content, e.Digest, e.At, e.Expires)
	return err
}

// Get returns an entry.
func Get(ctx context.Context, q pg.Querier, district, id string) (Entry, error) {
	rows, err := q.Query(ctx, `select `+columns+` where e.district = $1 and e.id = $2`, district, id)
	if err != nil {
		return Entry{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Entry])
}

// Of lists an account's entries, the newest first.
func Of(ctx context.Context, q pg.Querier, district, account string) ([]Entry, error) {
	return collect(ctx, q, `select `+columns+` where e.district = $1 and e.account_id = $2 order by e.at desc, e.id`,
		pgx.RowToStructByPos[Entry], district, account)
}

// Withdraw ends an entry; a second time changes nothing.
func Withdraw(ctx context.Context, q pg.Querier, district, id string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into conflict_withdrawal (district, entry_id, at) values ($1,$2,$3) on conflict do nothing`, district, id, at)
	return err
}

// AddEvidence stores a sealed file of an entry.
func AddEvidence(ctx context.Context, q pg.Querier, district, id, entry string, name, content []byte, media string, size int, at time.Time) error {
	_, err := q.Exec(ctx, `insert into conflict_evidence (district, id, entry_id, name, media_type, content, size, at) values ($1,$2,$3,$4,$5,$6,$7,$8)`,
		district, id, entry, name, media, content, size, at)
	return err
}

// FirstCommitment is when the first draw of a round was committed to, also one
// that was discarded later; ok is false where there is none.
func FirstCommitment(ctx context.Context, q pg.Querier, district, round string) (at time.Time, ok bool, err error) {
	var t *time.Time
	err = q.QueryRow(ctx, `select min(committed_at) from draw_commitment where district = $1 and round_id = $2`, district, round).Scan(&t)
	if err != nil || t == nil {
		return at, false, err
	}
	return *t, true, nil
}

// NewestRules returns the rule book of the newest round, nil without one.
func NewestRules(ctx context.Context, q pg.Querier, district string) (body []byte, err error) {
	err = q.QueryRow(ctx, `select b.body from round r join rule_book b on b.district = r.district and b.id = r.rule_book_id and b.version = r.rule_book_version
		where r.district = $1 order by r.created_at desc, r.id limit 1`, district).Scan(&body)
	if pg.NoRows(err) {
		return nil, nil
	}
	return body, err
}

// Upheld is an entry whose appeal was upheld, in full or in part, in a round.
type Upheld struct{ AppealID, EntryID, Unit string }

// UpheldOf lists them, by entry.
func UpheldOf(ctx context.Context, q pg.Querier, district, round string) ([]Upheld, error) {
	return collect(ctx, q, `select distinct on (a.entry_id) a.id::text, a.entry_id::text, a.unit from appeal a
		join appeal_event d on d.district = a.district and d.appeal_id = a.id and d.kind = 'decided' and d.data->>'outcome' in ('uphold','partly')
		where a.district = $1 and a.round_id = $2 and a.entry_id is not null order by a.entry_id, a.number`,
		pgx.RowToStructByPos[Upheld], district, round)
}

// Resident is a person of a frame with the sealed record.
type Resident struct {
	Person, Household string // frame id and pseudonym
	Sealed            []byte
}

// Residents lists the people of a committee in the frame of a round, with the
// frame's id.
func Residents(ctx context.Context, q pg.Querier, district, round, committee string) (frame string, list []Resident, err error) {
	if err = q.QueryRow(ctx, `select coalesce(frame_id::text,'') from round where district = $1 and id = $2`, district, round).Scan(&frame); err != nil || frame == "" {
		return frame, nil, err
	}
	list, err = collect(ctx, q, `select p.person_id, p.household, i.sealed from frame_person p
		join identity.person i on i.district = p.district and i.frame_id = p.frame_id and i.person_id = p.person_id
		where p.district = $1 and p.frame_id = $2 and p.committee = $3 order by p.person_id`, pgx.RowToStructByPos[Resident], district, frame, committee)
	return frame, list, err
}

// Counted is an answer as the newest published run of a round counted it.
type Counted struct {
	ID    string
	Score float64
	Fixed bool // one of a collective complaint
}

// Published lists the answers of a unit that the newest published run of a
// round counted; run is "" where none is published.
func Published(ctx context.Context, q pg.Querier, district, round, unit string) (run string, mean float64, list []Counted, err error) {
	err = q.QueryRow(ctx, `select n.id::text from run n join run_event e on e.district = n.district and e.run_id = n.id and e.state = 'published'
		where n.district = $1 and n.round_id = $2 order by n.number desc limit 1`, district, round).Scan(&run)
	if pg.NoRows(err) {
		return "", 0, nil, nil
	}
	if err != nil {
		return "", 0, nil, err
	}
	list, err = collect(ctx, q, `select response_id::text, score, reason = 'collective_low' from run_answer
		where district = $1 and run_id = $2 and unit = $3 order by response_id`, pgx.RowToStructByPos[Counted], district, run, unit)
	for _, c := range list {
		mean += c.Score / float64(len(list))
	}
	return run, mean, list, err
}
