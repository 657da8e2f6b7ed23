package fielddb

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"gongping/internal/pg"
)

// Key names a submission before a batch is written: its case and its own id.
type Key struct{ CaseID, ID string }

// Known is what the database says of one submission's case and id, seen in one
// snapshot.
type Known struct {
	Target
	Found  bool   // there is such a case
	Stored bool   // a response has this id already
	Digest []byte // of that response
}

// Batch is what is known before a batch of submissions is written.
type Batch struct {
	Known  []Known // in the order of the keys
	Rounds map[string]RoundState
	Links  map[string]Link // by the hash's bytes
}

// knownSQL looks each submission up by primary keys. The lateral lookups have a
// limit, so that the planner cannot turn them into hashed scans of tables that
// grow while its plan is kept.
const knownSQL = `select i.ord, c.id is not null, r.digest is not null, coalesce(r.digest, ''), coalesce(c.round_id::text, ''), coalesce(c.draw_id::text, ''), coalesce(c.committee, ''),
	coalesce(c.stratum, ''), coalesce(s.cluster, ''), coalesce(c.design_weight, 0), coalesce(z.evaluator_id::text, ''), coalesce(p.sex, ''),
	coalesce(p.tenure, ''), coalesce(p.building, ''), coalesce(p.household, ''), coalesce(p.birth_year, 0), d.one is not null
	from unnest($2::uuid[], $3::uuid[]) with ordinality i(case_id, id, ord)
	left join lateral (select c.id, c.round_id, c.draw_id, c.person_id, c.committee, c.stratum, c.design_weight
		from survey_case c where c.district = $1 and c.id = i.case_id limit 1) c on true
	left join lateral (select s.cluster from draw_selection s where s.district = $1 and s.draw_id = c.draw_id and s.person_id = c.person_id limit 1) s on true
	left join lateral (select r.frame_id from round r where r.district = $1 and r.id = c.round_id limit 1) f on true
	left join lateral (select p.sex, p.tenure, p.building, p.household, p.birth_year from frame_person p
		where p.district = $1 and p.frame_id = f.frame_id and p.person_id = c.person_id limit 1) p on true
	left join lateral (select z.evaluator_id from case_assignment z where z.district = $1 and z.case_id = i.case_id order by z.seq desc limit 1) z on true
	left join lateral (select 1 as one from case_completion d where d.district = $1 and d.case_id = i.case_id limit 1) d on true
	left join lateral (select r.digest from response r where r.district = $1 and r.id = i.id limit 1) r on true`

const roundSQL = `select r.id::text, coalesce((select e.state from round_event e where e.district = r.district and e.round_id = r.id
	order by e.seq desc limit 1),'draft'), r.opens_on, r.closes_on, r.questionnaire_id::text, r.questionnaire_version,
	r.rule_book_id::text, r.rule_book_version, r.title, r.area_code, coalesce(r.frame_id::text,''), ` + lateSQL + `
	from round r where r.district = $1 and r.id = any($2::uuid[])`

// lateSQL gives the last days of the batches of a round r that is closed.
const lateSQL = `coalesce((select jsonb_object_agg(d.id::text, b.until) from late_batch b
	join draw d on d.district = b.district and d.commitment_id = b.commitment_id where b.district = r.district and b.round_id = r.id), '{}')`

// Late returns the last days of the batches of a closed round, by draw.
func Late(ctx context.Context, q pg.Querier, district, round string) (late map[string]string, err error) {
	err = q.QueryRow(ctx, `select `+lateSQL+` from round r where r.district = $1 and r.id = $2`, district, round).Scan(&late)
	return late, err
}

// Load reads in one round trip what a batch needs. The rounds are those that
// the caller expects; Missing tells which others the cases belong to.
func Load(ctx context.Context, q pg.Querier, district string, keys []Key, rounds []string, tokens [][]byte) (Batch, error) {
	out := Batch{Known: make([]Known, len(keys)), Rounds: map[string]RoundState{}, Links: map[string]Link{}}
	cases, ids := make(uuids, len(keys)), make(uuids, len(keys))
	for i, k := range keys {
		cases[i], ids[i] = parseID(k.CaseID), parseID(k.ID)
	}
	b := &pgx.Batch{}
	b.Queue(knownSQL, district, cases, ids).Query(func(rows pgx.Rows) error {
		var ord int64
		var k Known
		for rows.Next() {
			k.Digest = nil
			if err := rows.Scan(&ord, &k.Found, &k.Stored, &k.Digest, &k.RoundID, &k.DrawID, &k.Committee, &k.Stratum, &k.Cluster, &k.DesignWeight, &k.Evaluator,
				&k.Sex, &k.Tenure, &k.Building, &k.Household, &k.BirthYear, &k.Complete); err != nil {
				return err
			}
			k.CaseID = keys[ord-1].CaseID
			out.Known[ord-1] = k
		}
		return rows.Err()
	})
	if len(rounds) > 0 {
		b.Queue(roundSQL, district, rounds).Query(out.addRounds)
	}
	if len(tokens) > 0 {
		b.Queue(`select `+linkColumns+` from resident_link l join survey_case c on c.district = l.district and c.id = l.case_id
			where l.district = $1 and l.token_hash = any($2)`, district, tokens).Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Link])
			for _, l := range list {
				out.Links[string(l.Hash)] = l
			}
			return err
		})
	}
	return out, q.SendBatch(ctx, b).Close()
}

func (b *Batch) addRounds(rows pgx.Rows) error {
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RoundState])
	for _, r := range list {
		b.Rounds[r.ID] = r
	}
	return err
}

// Missing lists the rounds of cases whose state was not read.
func (b *Batch) Missing() (ids []string) {
	for i := range b.Known {
		k := &b.Known[i]
		if _, ok := b.Rounds[k.RoundID]; k.Found && !ok && !slices.Contains(ids, k.RoundID) {
			ids = append(ids, k.RoundID)
		}
	}
	return ids
}

// LoadRounds reads the state of further rounds.
func (b *Batch) LoadRounds(ctx context.Context, q pg.Querier, district string, ids []string) error {
	rows, err := q.Query(ctx, roundSQL, district, ids)
	if err != nil {
		return err
	}
	return b.addRounds(rows)
}

// parseID reads an id that the caller has checked; another finds nothing.
func parseID(s string) pgtype.UUID {
	id, _ := uuid.Parse(s)
	return pgtype.UUID{Bytes: id, Valid: true}
}

// uuids is an array that is sent without reflection or text.
type uuids = pgtype.FlatArray[pgtype.UUID]

// Insert writes a batch within a transaction of other things.
func Insert(ctx context.Context, q pg.Querier, district, day string, now time.Time, list []Response) error {
	b := &pgx.Batch{}
	Queue(b, district, day, now, list, Expect{})
	return q.SendBatch(ctx, b).Close()
}
