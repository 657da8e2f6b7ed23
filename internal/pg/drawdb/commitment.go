package drawdb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey/draw"
)

// Commitment is a stored commitment.
type Commitment struct {
	ID, RoundID, Purpose string
	TopUp                bool
	Document             string
	State                []byte // JSON of what the draw needs besides the frame
	Digest               []byte
	Signature, PublicKey []byte
	Randomness           string
	DueAt                time.Time
	By                   string // account id
	At                   time.Time
}

// InsertCommitment adds a commitment.
func InsertCommitment(ctx context.Context, q pg.Querier, district string, c Commitment) error {
	_, err := q.Exec(ctx, `insert into draw_commitment (district, id, round_id, purpose, top_up, document, state, digest, signature,
			public_key, randomness, due_at, committed_by, committed_at)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,nullif($13,'')::uuid,$14)`, district, c.ID, c.RoundID, c.Purpose, c.TopUp,
		c.Document, c.State, c.Digest, c.Signature, c.PublicKey, c.Randomness, c.DueAt, c.By, c.At)
	return err
}

const commitmentColumns = `c.id::text, c.round_id::text, c.purpose, c.top_up, c.document, c.state, c.digest, c.signature,
	c.public_key, c.randomness, c.due_at, coalesce(c.committed_by::text,''), c.committed_at`

// GetCommitment returns a commitment.
func GetCommitment(ctx context.Context, q pg.Querier, district, id string) (Commitment, error) {
	rows, err := q.Query(ctx, `select `+commitmentColumns+` from draw_commitment c where c.district = $1 and c.id = $2`, district, id)
	if err != nil {
		return Commitment{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Commitment])
}

// Commitments lists the commitments of a round, oldest first.
func Commitments(ctx context.Context, q pg.Querier, district, round string) ([]Commitment, error) {
	rows, err := q.Query(ctx, `select `+commitmentColumns+` from draw_commitment c where c.district = $1 and c.round_id = $2
		order by c.committed_at, c.id`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Commitment])
}

// Open returns the purpose of the round's commitment that is neither drawn nor
// given up, "" if there is none.
func Open(ctx context.Context, q pg.Querier, district, round string) (purpose string, err error) {
	err = q.QueryRow(ctx, `select c.purpose from draw_commitment c where c.district = $1 and c.round_id = $2
		and not exists (select from draw d where d.district = c.district and d.commitment_id = c.id)
		and not exists (select from draw_discard x where x.district = c.district and x.commitment_id = c.id) limit 1`, district, round).Scan(&purpose)
	if pg.NoRows(err) {
		return "", nil
	}
	return purpose, err
}

// Entry is one line of the public list of commitments.
type Entry struct {
	ID, RoundID, Round, Purpose, Randomness string
	TopUp                                   bool
	Digest                                  []byte
	DueAt, At                               time.Time
	DrawID                                  string // "" unless drawn
	DrawDigest                              []byte
	NSample, NReserve                       int
	DrawnAt, DiscardedAt                    *time.Time
	DiscardReason                           string
}

// Ledger lists every commitment of a district, the latest first, and how many
// there are.
func Ledger(ctx context.Context, q pg.Querier, district string, limit, offset int) ([]Entry, int, error) {
	total := 0
	if err := q.QueryRow(ctx, `select count(*) from draw_commitment where district = $1`, district).Scan(&total); err != nil {
		return nil, 0, err
	}
	rows, err := q.Query(ctx, `select c.id::text, c.round_id::text, r.title, c.purpose, c.randomness, c.top_up, c.digest, c.due_at, c.committed_at,
			coalesce(d.id::text,''), d.digest, coalesce(d.n_sample,0), coalesce(d.n_reserve,0), d.drawn_at, x.at, coalesce(x.reason,'')
		from draw_commitment c join round r on r.district = c.district and r.id = c.round_id
		left join draw d on d.district = c.district and d.commitment_id = c.id
		left join draw_discard x on x.district = c.district and x.commitment_id = c.id
		where c.district = $1 order by c.committed_at desc, c.id limit nullif($2, 0) offset $3`, district, limit, offset)
	if err != nil {
		return nil, 0, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Entry])
	return list, total, err
}

// LastDigest returns the digest of the latest commitment of a district, nil for none.
func LastDigest(ctx context.Context, q pg.Querier, district string) ([]byte, error) {
	var d []byte
	err := q.QueryRow(ctx, `select digest from draw_commitment where district = $1 order by committed_at desc, id desc limit 1`, district).Scan(&d)
	if pg.NoRows(err) {
		return nil, nil
	}
	return d, err
}

// LastTime is when the frame of a round was frozen, the round took its last
// step or anything of a draw was last written in the district, whichever came
// last.
func LastTime(ctx context.Context, q pg.Querier, district, round string) (t time.Time, err error) {
	err = q.QueryRow(ctx, `select coalesce(max(at), 'epoch') from (
		select max(committed_at) from draw_commitment where district = $1
		union all select max(drawn_at) from draw where district = $1
		union all select max(at) from draw_discard where district = $1
		union all select max(at) from round_event where district = $1 and round_id = $2
		union all select f.frozen_at from frame_freeze f join round r on r.district = f.district and r.frame_id = f.frame_id where f.district = $1 and r.id = $2) x (at)`,
		district, round).Scan(&t)
	return t, err
}

// Past lists every earlier commitment of a district, discarded ones included.
func Past(ctx context.Context, q pg.Querier, district string) ([]draw.Past, error) {
	rows, err := q.Query(ctx, `select c.purpose, c.randomness, coalesce(d.seed,'') from draw_commitment c
		left join draw d on d.district = c.district and d.commitment_id = c.id where c.district = $1`, district)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[draw.Past])
}

// Discard is a commitment given up, with the reason.
type Discard struct {
	CommitmentID, Reason string
	At                   time.Time
}

// InsertDiscard gives up a commitment.
func InsertDiscard(ctx context.Context, q pg.Querier, district string, d Discard, by string) error {
	_, err := q.Exec(ctx, `insert into draw_discard (district, commitment_id, reason, by_id, at) values ($1,$2,$3,nullif($4,'')::uuid,$5)`,
		district, d.CommitmentID, d.Reason, by, d.At)
	return err
}

// Discards lists the commitments of a round that were given up.
func Discards(ctx context.Context, q pg.Querier, district, round string) ([]Discard, error) {
	rows, err := q.Query(ctx, `select x.commitment_id::text, x.reason, x.at from draw_discard x join draw_commitment c
		on c.district = x.district and c.id = x.commitment_id where x.district = $1 and c.round_id = $2`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Discard])
}
