package fielddb

import (
	"bytes"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Expect is what must still be so when a flight is written that was prepared
// without reading: otherwise it fails as Retryable and leaves nothing.
type Expect struct {
	Holders bool     // each case is held by the evaluator of its answer
	Open    []string // rounds that must be collecting
}

// Queue adds to a flight the statements that write a batch: one for all its
// answers (function record_responses of the migrations), whose cost grows with
// the rows alone. A case that is complete or an id that is taken fails the
// flight with a duplicate key, and nothing of it is written.
//
// Completed cases are written in order of case and responses in order of their
// random id, so that the order of rows tells nothing about who gave which answer.
func Queue(b *pgx.Batch, district, day string, now time.Time, list []Response, e Expect) {
	if len(list) == 0 {
		return
	}
	b.Queue(`select record_responses($1,$2::date,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23)`,
		arguments(district, day, list, e)...)
	var tokens [][]byte
	for i := range list {
		if list[i].Token != nil {
			tokens = append(tokens, list[i].Token)
		}
	}
	if len(tokens) > 0 {
		slices.SortFunc(tokens, bytes.Compare)
		b.Queue(`insert into resident_link_event (district, token_hash, kind, at) select $1, t, 'used', $3 from unnest($2::bytea[]) t on conflict do nothing`,
			district, tokens, now)
	}
	queueComments(b, district, list)
}

// place is the position of a response in its list, by an id.
type place struct {
	id uuid.UUID
	at int
}

func order(list []Response, id func(*Response) string) []place {
	out := make([]place, len(list))
	for i := range list {
		out[i] = place{parseID(id(&list[i])).Bytes, i}
	}
	slices.SortFunc(out, func(a, b place) int { return bytes.Compare(a.id[:], b.id[:]) })
	return out
}

// arguments of record_responses.
func arguments(district, day string, list []Response, e Expect) []any {
	n := len(list)
	var cases, completing, open, holders pg.Array
	for _, a := range []*pg.Array{&cases, &completing, &holders} {
		a.Grow(n, 16)
	}
	for _, p := range order(list, func(r *Response) string { return r.CaseID }) {
		cases.UUID(p.id)
		id(&completing, list[p.at].ID)
		if e.Holders {
			id(&holders, list[p.at].Evaluator)
		}
	}
	for _, r := range e.Open {
		id(&open, r)
	}
	var ids, rounds, version, weight, evaluators, answers, digest, data pg.Array
	var text [9]pg.Array
	for _, a := range []*pg.Array{&ids, &rounds, &evaluators} {
		a.Grow(n, 16)
	}
	answers.Grow(n, 256)
	for _, p := range order(list, func(r *Response) string { return r.ID }) {
		r := &list[p.at]
		ids.UUID(p.id)
		id(&rounds, r.RoundID)
		version.Int32(int32(r.Version))
		for i, s := range [...]string{r.Committee, r.Stratum, r.Cluster, r.Sex, r.AgeBand, r.Tenure, r.Building, r.Household, r.Mode} {
			text[i].Text(s)
		}
		weight.Float64(r.DesignWeight)
		id(&evaluators, r.Evaluator)
		answers.Bytes(r.Answers)
		digest.Bytes(r.Digest)
		data.Bytes(r.Paradata)
	}
	out := []any{district, day, &cases, &completing, &holders, &open, &ids, &rounds, &version, &text[0], &text[1], &text[2], &weight,
		&text[3], &text[4], &text[5], &text[6], &text[7], &text[8], &evaluators, &answers, &digest, &data}
	if !e.Holders {
		out[4] = nil
	}
	return out
}

// id appends an id, "" as null.
func id(a *pg.Array, s string) {
	if s == "" {
		a.Null()
		return
	}
	a.UUID(parseID(s).Bytes)
}

// queueComments adds the sealed open answers.
func queueComments(b *pgx.Batch, district string, list []Response) {
	var ids, items, sealed pg.Array
	for i := range list {
		for item, s := range list[i].Comments {
			id(&ids, list[i].ID)
			items.Text(item)
			sealed.Bytes(s)
		}
	}
	if ids.Len() > 0 {
		b.Queue(`insert into response_comment (district, response_id, item, sealed)
			select $1, id, item, sealed from unnest($2::uuid[], $3::text[], $4::bytea[]) as t(id, item, sealed)`, district, &ids, &items, &sealed)
	}
}
