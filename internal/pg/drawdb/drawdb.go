// Package drawdb reads frozen frames for drawing and stores commitments, draws
// and the drawn persons.
package drawdb

import (
	"context"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey"
	"gongping/survey/draw"
	"gongping/survey/frame"
	"gongping/survey/frame/canon"
)

// Person is a frame person as the sampling sees them.
type Person struct {
	frame.Entry
	survey.Traits
	Household string
	Status    string
}

// People streams the persons of a frame in byte order of frame id. The
// connection is busy until the loop ends.
func People(ctx context.Context, q pg.Querier, district, frameID string) iter.Seq2[Person, error] {
	return func(yield func(Person, error) bool) {
		rows, err := q.Query(ctx, `select person_id, committee, private, household, building, grid, sex, birth_year, tenure, status
			from frame_person where district = $1 and frame_id = $2 order by person_id`, district, frameID)
		if err != nil {
			yield(Person{}, err)
			return
		}
		defer rows.Close()
		var private []byte
		for rows.Next() {
			var p Person
			if err = rows.Scan(&p.FrameID, &p.Area, &private, &p.Household, &p.Building, &p.Grid, &p.Sex, &p.BirthYear, &p.Tenure, &p.Status); err == nil {
				p.Committee = p.Area
				copy(p.Private[:], private)
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Person{}, err)
		}
	}
}

// groupColumns are the columns that a stratum may be made of.
var groupColumns = map[string]string{"sex": "sex", "tenure": "tenure", "grid": "grid", "building": "building"}

// Groups counts the persons of a frame within an area by committee, status,
// birth year and the named columns ("age_band" is the birth year). The persons
// given to each have these fields only.
func Groups(ctx context.Context, q pg.Querier, district, frameID, area string, columns []string, each func(Person, int64)) error {
	pick := map[string]string{"sex": "''", "tenure": "''", "grid": "''", "building": "''"}
	for _, c := range columns {
		if sql, ok := groupColumns[c]; ok {
			pick[c] = sql
		}
	}
	rows, err := q.Query(ctx, `select committee, status, birth_year, `+pick["sex"]+`, `+pick["tenure"]+`, `+pick["grid"]+`, `+pick["building"]+`, count(*)
		from frame_person where district = $1 and frame_id = $2 and starts_with(committee, $3) group by 1,2,3,4,5,6,7`, district, frameID, area)
	if err != nil {
		return err
	}
	var p Person
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&p.Committee, &p.Status, &p.BirthYear, &p.Sex, &p.Tenure, &p.Grid, &p.Building, &n}, func() error {
		each(p, n)
		return nil
	})
	return err
}

// Households sums up the households of a committee by their members in the
// target population: how many, members, squared members, and the largest.
type Households struct {
	Number, Members, Squares int64
	Largest                  int64
}

// HouseholdsOf counts the households of a frame within an area by committee;
// adults are those born in the year given or before, or with no known year.
func HouseholdsOf(ctx context.Context, q pg.Querier, district, frameID, area string, bornBy int) (map[string]Households, error) {
	rows, err := q.Query(ctx, `select committee, count(*), sum(n)::bigint, sum(n*n)::bigint, max(n) from (
			select committee, household, count(*) as n from frame_person
			where district = $1 and frame_id = $2 and starts_with(committee, $3) and status = 'resident' and birth_year <= $4
			group by committee, household) h group by committee`, district, frameID, area, bornBy)
	if err != nil {
		return nil, err
	}
	out := map[string]Households{}
	var committee string
	var h Households
	_, err = pgx.ForEachRow(rows, []any{&committee, &h.Number, &h.Members, &h.Squares, &h.Largest}, func() error { out[committee] = h; return nil })
	return out, err
}

// Neighbours returns the persons of a frame who share a household with one of
// the persons named, these included.
func Neighbours(ctx context.Context, q pg.Querier, district, frameID string, persons []string) ([]Person, error) {
	rows, err := q.Query(ctx, `select p.person_id, p.committee, p.household, p.building, p.grid, p.sex, p.birth_year, p.tenure, p.status
		from frame_person p join frame_person k on k.district = p.district and k.frame_id = p.frame_id
			and k.committee = p.committee and k.household = p.household
		where k.district = $1 and k.frame_id = $2 and k.person_id = any($3)
		group by 1,2,3,4,5,6,7,8,9 order by p.person_id`, district, frameID, persons)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (p Person, err error) {
		err = r.Scan(&p.FrameID, &p.Area, &p.Household, &p.Building, &p.Grid, &p.Sex, &p.BirthYear, &p.Tenure, &p.Status)
		p.Committee = p.Area
		return p, err
	})
}

// FrameDigest returns the digest of a frozen frame, nil for one that is open.
func FrameDigest(ctx context.Context, q pg.Querier, district, frameID string) ([]byte, error) {
	var d []byte
	err := q.QueryRow(ctx, `select digest from frame_freeze where district = $1 and frame_id = $2`, district, frameID).Scan(&d)
	if pg.NoRows(err) {
		return nil, nil
	}
	return d, err
}

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

// Draw is a stored draw.
type Draw struct {
	ID, RoundID, CommitmentID, Purpose, Seed, Evidence string
	Digest                                             []byte
	NSample, NReserve                                  int
	RevealedAt                                         time.Time
	CodeVersion                                        string
	Signature, PublicKey                               []byte
	By                                                 string
	At                                                 time.Time
}

// InsertDraw adds a draw.
func InsertDraw(ctx context.Context, q pg.Querier, district string, d Draw) error {
	_, err := q.Exec(ctx, `insert into draw (district, id, round_id, commitment_id, purpose, seed, seed_evidence, digest, n_sample, n_reserve,
			revealed_at, code_version, signature, public_key, drawn_by, drawn_at)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,nullif($15,'')::uuid,$16)`, district, d.ID, d.RoundID, d.CommitmentID,
		d.Purpose, d.Seed, d.Evidence, d.Digest, d.NSample, d.NReserve, d.RevealedAt, d.CodeVersion, d.Signature, d.PublicKey, d.By, d.At)
	return err
}

const drawColumns = `d.id::text, d.round_id::text, d.commitment_id::text, d.purpose, d.seed, d.seed_evidence, d.digest, d.n_sample,
	d.n_reserve, d.revealed_at, d.code_version, d.signature, d.public_key, coalesce(d.drawn_by::text,''), d.drawn_at`

// GetDraw returns a draw.
func GetDraw(ctx context.Context, q pg.Querier, district, id string) (Draw, error) {
	rows, err := q.Query(ctx, `select `+drawColumns+` from draw d where d.district = $1 and d.id = $2`, district, id)
	if err != nil {
		return Draw{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Draw])
}

// Draws lists the draws of a round, oldest first.
func Draws(ctx context.Context, q pg.Querier, district, round string) ([]Draw, error) {
	rows, err := q.Query(ctx, `select `+drawColumns+` from draw d where d.district = $1 and d.round_id = $2 order by d.drawn_at, d.id`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Draw])
}

// InsertSelection stores the drawn persons.
func InsertSelection(ctx context.Context, q pg.Querier, district, drawID string, sel []draw.Selected, committee func(string) string) error {
	_, err := q.CopyFrom(ctx, pgx.Identifier{"draw_selection"},
		[]string{"district", "draw_id", "person_id", "stratum", "cluster", "household", "reserve", "ord", "committee", "ticket", "prob_num", "prob_den"},
		pgx.CopyFromSlice(len(sel), func(i int) ([]any, error) {
			s := sel[i]
			return []any{district, drawID, s.FrameID, s.Stratum, s.Cluster, s.Household, s.Reserve, s.Order, committee(s.FrameID),
				s.Ticket[:], pg.Uint64(s.Probability.Num), pg.Uint64(s.Probability.Den)}, nil
		}))
	if err != nil {
		return err
	}
	return pg.Analyze(ctx, q, "draw_selection")
}

// Selection returns the drawn persons of a draw in the published order.
func Selection(ctx context.Context, q pg.Querier, district, drawID string) ([]draw.Selected, error) {
	rows, err := q.Query(ctx, `select person_id, stratum, cluster, household, reserve, ord, ticket, prob_num::text, prob_den::text
		from draw_selection where district = $1 and draw_id = $2
		order by stratum collate "C", cluster collate "C", reserve, ord`, district, drawID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (draw.Selected, error) {
		var s draw.Selected
		var ticket []byte
		var num, den string
		if err := r.Scan(&s.FrameID, &s.Stratum, &s.Cluster, &s.Household, &s.Reserve, &s.Order, &ticket, &num, &den); err != nil {
			return s, err
		}
		copy(s.Ticket[:], ticket)
		var err error
		s.Probability, err = ratio(num, den)
		return s, err
	})
}

// InsertCases opens a case for every drawn person who is not a reserve, with
// its design weight.
func InsertCases(ctx context.Context, q pg.Querier, district, roundID, drawID string, sel []draw.Selected, committee func(string) string, weight func(draw.Selected) float64, newID func() string, at time.Time) error {
	next := 0
	_, err := q.CopyFrom(ctx, pgx.Identifier{"survey_case"},
		[]string{"district", "id", "round_id", "draw_id", "person_id", "stratum", "committee", "design_weight", "reserve", "created_at"},
		pgx.CopyFromFunc(func() ([]any, error) {
			for next < len(sel) && sel[next].Reserve {
				next++
			}
			if next == len(sel) {
				return nil, nil
			}
			s := &sel[next]
			next++
			return []any{district, newID(), roundID, drawID, s.FrameID, s.Stratum, committee(s.FrameID), weight(*s), false, at}, nil
		}))
	if err != nil {
		return err
	}
	return pg.Analyze(ctx, q, "survey_case")
}

// AssignCases spreads the cases of a draw over the round's evaluators: a
// committee's cases go to the evaluators of the narrowest area that holds it,
// in turn by case id, which is random.
func AssignCases(ctx context.Context, q pg.Querier, district, roundID, drawID, by string, at time.Time) (int64, error) {
	tag, err := q.Exec(ctx, `insert into case_assignment (district, case_id, seq, evaluator_id, by_id, at, reason)
		select c.district, c.id, 1, e.account_id, nullif($4,'')::uuid, $5, 'draw'
		from (select *, row_number() over (partition by committee order by id) - 1 as nth from survey_case
		      where district = $1 and round_id = $2 and draw_id = $3) c
		join lateral (
			select v.account_id, row_number() over (order by v.account_id) - 1 as turn, count(*) over () as n
			from round_evaluator v where v.district = c.district and v.round_id = c.round_id and starts_with(c.committee, v.area_code)
			  and length(v.area_code) = (select max(length(w.area_code)) from round_evaluator w
				where w.district = c.district and w.round_id = c.round_id and starts_with(c.committee, w.area_code))
		) e on e.turn = c.nth % e.n`, district, roundID, drawID, by, at)
	return tag.RowsAffected(), err
}

func ratio(num, den string) (draw.Ratio, error) {
	n, err := pg.ParseUint64(num)
	if err != nil {
		return draw.Ratio{}, err
	}
	d, err := pg.ParseUint64(den)
	return draw.Ratio{Num: n, Den: d}, err
}

// Sum copies a stored digest into its fixed form.
func Sum(b []byte) (s canon.Sum) { copy(s[:], b); return s }
