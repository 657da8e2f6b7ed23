package fielddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey"
)

// Target is what the service must know of a case to take its answers.
type Target struct {
	CaseID, RoundID, Committee, Stratum, Cluster string
	DesignWeight                                 float64
	Evaluator                                    string
	Sex, Tenure, Building, Household             string
	BirthYear                                    int
	Complete                                     bool
}

// RoundState is where the round of a case stands at this moment.
type RoundState struct {
	ID                       string
	State                    survey.State
	OpensOn, ClosesOn        time.Time
	QuestionnaireID          string
	QuestionnaireVersion     int
	RuleBookID               string
	RuleBookVersion          int
	Title, AreaCode, FrameID string
}

// Batch is what is known before a batch of submissions is written. The queries
// see others' commits between them, so the ids are read twice: an id in Early
// was stored before the cases were read, and every answer that had completed a
// case by then is in Digests.
type Batch struct {
	Targets map[string]Target
	Rounds  map[string]RoundState
	Early   map[string]bool   // ids of responses that are stored already
	Digests map[string][]byte // the same a moment later, with digests
	Links   map[string]Link   // by the hash's bytes
}

const targetSQL = `select c.id::text, c.round_id::text, c.committee, c.stratum, s.cluster, c.design_weight,
	coalesce((select z.evaluator_id::text from case_assignment z where z.district = c.district and z.case_id = c.id order by z.seq desc limit 1),''),
	p.sex, p.tenure, p.building, p.household, p.birth_year,
	exists (select 1 from case_completion d where d.district = c.district and d.case_id = c.id)
	from survey_case c
	join round r on r.district = c.district and r.id = c.round_id
	join draw_selection s on s.district = c.district and s.draw_id = c.draw_id and s.person_id = c.person_id
	join frame_person p on p.district = c.district and p.frame_id = r.frame_id and p.person_id = c.person_id
	where c.district = $1 and c.id = any($2::text[]::uuid[])`

const roundSQL = `select r.id::text, coalesce((select e.state from round_event e where e.district = r.district and e.round_id = r.id
	order by e.seq desc limit 1),'draft'), r.opens_on, r.closes_on, r.questionnaire_id::text, r.questionnaire_version,
	r.rule_book_id::text, r.rule_book_version, r.title, r.area_code, coalesce(r.frame_id::text,'')
	from round r where r.district = $1 and r.id in (select c.round_id from survey_case c where c.district = $1 and c.id = any($2::text[]::uuid[]))`

// Load reads in one round trip what a batch needs.
func Load(ctx context.Context, q pg.Querier, district string, cases, ids []string, tokens [][]byte) (Batch, error) {
	out := Batch{Targets: map[string]Target{}, Rounds: map[string]RoundState{}, Early: map[string]bool{}, Digests: map[string][]byte{}, Links: map[string]Link{}}
	b := &pgx.Batch{}
	b.Queue(`select id::text from response where district = $1 and id = any($2::text[]::uuid[])`, district, ids).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, id := range list {
			out.Early[id] = true
		}
		return err
	})
	b.Queue(targetSQL, district, cases).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Target])
		for _, t := range list {
			out.Targets[t.CaseID] = t
		}
		return err
	})
	b.Queue(roundSQL, district, cases).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RoundState])
		for _, r := range list {
			out.Rounds[r.ID] = r
		}
		return err
	})
	b.Queue(`select id::text, digest from response where district = $1 and id = any($2::text[]::uuid[])`, district, ids).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var id string
			var digest []byte
			if err := rows.Scan(&id, &digest); err != nil {
				return err
			}
			out.Digests[id] = digest
		}
		return rows.Err()
	})
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

// Response is an accepted answer with the case it completes.
type Response struct {
	ID, CaseID, RoundID                       string
	Version                                   int
	Committee, Stratum, Cluster               string
	DesignWeight                              float64
	Sex, AgeBand, Tenure, Building, Household string
	Mode, Evaluator                           string
	Answers, Paradata                         []byte // JSON
	Digest, ReceiptHash                       []byte
	Token                                     []byte            // of the link used, nil for none
	Comments                                  map[string][]byte // sealed, by item
}

// insertSQL writes all tables of a batch in one statement. Completions are
// written in order of case and responses in order of their random id, so that
// the order of rows tells nothing about who gave which answer.
const insertSQL = `with input as (
	select * from unnest($3::text[]::uuid[], $4::text[]::uuid[], $5::text[]::uuid[], $6::int[], $7::text[], $8::text[], $9::text[], $10::float8[],
		$11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::bytea[], $20::bytea[],
		$21::text[], $22::bytea[])
	as t(id, case_id, round_id, version, committee, stratum, cluster, design_weight, sex, age_band, tenure, building, household, mode, evaluator,
		answers, digest, receipt, paradata, token)
), done as (
	insert into case_completion (district, case_id, day) select $1, case_id, $2::date from input order by case_id
	on conflict do nothing returning case_id
), kept as (
	insert into response (district, id, round_id, questionnaire_version, committee, stratum, cluster, design_weight, sex, age_band, tenure,
		building, household, mode, evaluator_id, answers, digest, day)
	select $1, i.id, i.round_id, i.version, i.committee, i.stratum, i.cluster, i.design_weight, i.sex, i.age_band, i.tenure, i.building,
		i.household, i.mode, nullif(i.evaluator,'')::uuid, i.answers::jsonb, i.digest, $2::date
	from input i join done using (case_id) order by i.id on conflict do nothing returning id
), apart as (
	insert into identity.response_case (district, response_id, case_id) select $1, i.id, i.case_id from input i join kept on kept.id = i.id order by i.id
), receipts as (
	insert into response_receipt (district, receipt_hash, response_id) select $1, i.receipt, i.id from input i join kept on kept.id = i.id order by i.receipt
), seconds as (
	insert into response_paradata (district, response_id, data) select $1, i.id, i.paradata::jsonb from input i join kept on kept.id = i.id
	where i.paradata <> '' order by i.id
), used as (
	insert into resident_link_event (district, token_hash, kind, at) select $1, i.token, 'used', $23 from input i join done using (case_id)
	where i.token is not null order by i.token on conflict do nothing
)
select i.case_id::text, kept.id is not null from done join input i using (case_id) left join kept on kept.id = i.id`

// Insert writes a batch and returns the cases that it completed; others had
// been completed a moment before. clash is true when a response id was taken
// in between: the transaction must then be rolled back and tried again.
func Insert(ctx context.Context, q pg.Querier, district, day string, now time.Time, list []Response) (done map[string]bool, clash bool, err error) {
	n := len(list)
	text := make([][]string, 15)
	for i := range text {
		text[i] = make([]string, n)
	}
	version, weight := make([]int32, n), make([]float64, n)
	digest, receipt, token := make([][]byte, n), make([][]byte, n), make([][]byte, n)
	for i, r := range list {
		for j, s := range []string{r.ID, r.CaseID, r.RoundID, r.Committee, r.Stratum, r.Cluster, r.Sex, r.AgeBand, r.Tenure, r.Building,
			r.Household, r.Mode, r.Evaluator, string(r.Answers), string(r.Paradata)} {
			text[j][i] = s
		}
		version[i], weight[i], digest[i], receipt[i], token[i] = int32(r.Version), r.DesignWeight, r.Digest, r.ReceiptHash, r.Token
	}
	rows, err := q.Query(ctx, insertSQL, district, day, text[0], text[1], text[2], version, text[3], text[4], text[5], weight, text[6], text[7],
		text[8], text[9], text[10], text[11], text[12], text[13], digest, receipt, text[14], token, now)
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	done = make(map[string]bool, n)
	for rows.Next() {
		var id string
		var kept bool
		if err := rows.Scan(&id, &kept); err != nil {
			return nil, false, err
		}
		done[id] = true
		clash = clash || !kept
	}
	return done, clash, rows.Err()
}

// InsertComments stores sealed open answers.
func InsertComments(ctx context.Context, q pg.Querier, district string, list []Response) error {
	var ids, items []string
	var sealed [][]byte
	for _, r := range list {
		for item, s := range r.Comments {
			ids, items, sealed = append(ids, r.ID), append(items, item), append(sealed, s)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := q.Exec(ctx, `insert into response_comment (district, response_id, item, sealed)
		select $1, id, item, sealed from unnest($2::text[]::uuid[], $3::text[], $4::bytea[]) as t(id, item, sealed) order by id, item`,
		district, ids, items, sealed)
	return err
}

// Held is a submission that is kept and not counted.
type Held struct {
	ID, RoundID, CaseID, Reason string
	Payload                     []byte // sealed
	ReceivedAt                  time.Time
}

// InsertHeld keeps submissions aside; a repeat changes nothing.
func InsertHeld(ctx context.Context, q pg.Querier, district string, list []Held) error {
	b := &pgx.Batch{}
	for _, h := range list {
		b.Queue(`insert into response_held (district, id, round_id, case_id, reason, payload, received_at)
			values ($1,$2,$3,$4,$5,$6,$7) on conflict do nothing`, district, h.ID, h.RoundID, h.CaseID, h.Reason, h.Payload, h.ReceivedAt)
	}
	return q.SendBatch(ctx, b).Close()
}

// ReceiptState is what the holder of a receipt may learn.
type ReceiptState struct {
	ResponseID, RoundID string
	Version             int
	Mode                string
	Answers             []byte
	Digest              []byte
	Excluded            string // the ground, "" when it counts
	Day                 time.Time
}

// ByReceipt finds the response of a receipt.
func ByReceipt(ctx context.Context, q pg.Querier, district string, hash []byte) (r ReceiptState, err error) {
	err = q.QueryRow(ctx, `select p.id::text, p.round_id::text, p.questionnaire_version, p.mode, p.answers, p.digest,
			coalesce((select x.ground from response_exclusion x where x.district = p.district and x.response_id = p.id),''), p.day
		from response_receipt c join response p on p.district = c.district and p.id = c.response_id
		where c.district = $1 and c.receipt_hash = $2`, district, hash).
		Scan(&r.ResponseID, &r.RoundID, &r.Version, &r.Mode, &r.Answers, &r.Digest, &r.Excluded, &r.Day)
	return r, err
}

// Comments returns the sealed open answers of a response by item.
func Comments(ctx context.Context, q pg.Querier, district, response string) (map[string][]byte, error) {
	rows, err := q.Query(ctx, `select item, sealed from response_comment where district = $1 and response_id = $2`, district, response)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	var item string
	var sealed []byte
	_, err = pgx.ForEachRow(rows, []any{&item, &sealed}, func() error {
		out[item] = append([]byte(nil), sealed...)
		return nil
	})
	return out, err
}
