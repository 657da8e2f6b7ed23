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
	CaseID, RoundID, DrawID, Committee, Stratum, Cluster string
	DesignWeight                                         float64
	Evaluator                                            string
	Sex, Tenure, Building, Household                     string
	BirthYear                                            int
	Complete                                             bool
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
	// Late are the last days (YYYY-MM-DD) of batches, by draw, whose cases are
	// asked after the round has closed.
	Late map[string]string
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
	Digest                                    []byte
	Token                                     []byte            // of the link used, nil for none
	Comments                                  map[string][]byte // sealed, by item
}

// Held is a submission that is kept and not counted.
type Held struct {
	ID, RoundID, CaseID, Reason string
	Payload                     []byte // sealed
	ReceivedAt                  time.Time
}

// QueueHeld adds submissions that are kept aside; a repeat changes nothing.
func QueueHeld(b *pgx.Batch, district string, list []Held) {
	for _, h := range list {
		b.Queue(`insert into response_held (district, id, round_id, case_id, reason, payload, received_at)
			values ($1,$2,$3,$4,$5,$6,$7) on conflict do nothing`, district, h.ID, h.RoundID, h.CaseID, h.Reason, h.Payload, h.ReceivedAt)
	}
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

// ByReceipt finds the responses of a receipt: those with an id from first to
// last, and the one that keeps the receipt's hash. An answer that the newest
// published run leaves out is set aside, whether or not an exclusion stands on
// record: the sealed register leaves none, and its resident is still told the truth.
func ByReceipt(ctx context.Context, q pg.Querier, district, first, last string, hash []byte) ([]ReceiptState, error) {
	rows, err := q.Query(ctx, `with hit as (select id from response where district = $1 and id between $2 and $3
			union select id from response where district = $1 and receipt_hash = $4)
		select p.id::text, p.round_id::text, p.questionnaire_version, p.mode, p.answers, p.digest,
			coalesce((select x.ground from response_exclusion x where x.district = p.district and x.response_id = p.id),
				(select 'panel' from (select n.id from run n join run_event e on e.district = n.district and e.run_id = n.id and e.state = 'published'
					where n.district = p.district and n.round_id = p.round_id order by n.number desc limit 1) newest
				 where exists (select 1 from run n join run_answer y on y.district = n.district and y.run_id = n.id and y.response_id = p.id
						where n.district = p.district and n.round_id = p.round_id)
				   and not exists (select 1 from run_answer y where y.district = p.district and y.run_id = newest.id and y.response_id = p.id)), ''), p.day
		from hit join response p on p.district = $1 and p.id = hit.id`, district, first, last, hash)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ReceiptState])
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
