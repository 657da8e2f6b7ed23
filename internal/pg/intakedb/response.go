package intakedb

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Response is an answer of a survey from elsewhere.
type Response struct {
	ID, Round, Committee, Stratum, Cluster string
	DesignWeight                           float64
	Sex, AgeBand, Tenure, Mode             string
	Answers                                json.RawMessage
	Digest                                 []byte
	Day                                    time.Time
}

// CopyResponses stores the responses of an imported round, of version 1 of its
// questionnaire.
func CopyResponses(ctx context.Context, q pg.Querier, district string, list []Response) error {
	_, err := q.CopyFrom(ctx, pgx.Identifier{"response"},
		[]string{"district", "id", "round_id", "questionnaire_version", "committee", "stratum", "cluster", "design_weight",
			"sex", "age_band", "tenure", "mode", "answers", "digest", "day"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			r := list[i]
			return []any{district, r.ID, r.Round, 1, r.Committee, r.Stratum, r.Cluster, r.DesignWeight, r.Sex, r.AgeBand, r.Tenure, r.Mode,
				r.Answers, r.Digest, r.Day}, nil
		}))
	return err
}
