// Package collecting fills a database with a round that takes answers, as
// plainly as the schema allows: for measurements and fault tests of collection
// that need more cases than a drawn round has.
package collecting

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/scoring/composite"
	"gongping/survey/instrument"
)

// The place of the round: one committee of the demonstration's district.
const (
	District  = demo.DistrictCode
	Committee = District + "001001"
)

// Round is the round with all its cases, which one evaluator holds.
type Round struct {
	ID      string
	Who     authz.Actor
	Cases   []string
	Answers instrument.Answers // that pass the questionnaire's checks
}

// Fill writes the round into an empty, migrated database as its owner.
func Fill(ctx context.Context, owner *pgxpool.Pool, cases int) (*Round, error) {
	r := &Round{Answers: instrument.Answers{"contact": "yes"}}
	q, book := demo.DefaultQuestionnaire(), composite.Default()
	for _, it := range q.Items {
		if it.Kind == instrument.Grade5 {
			r.Answers[it.ID] = "4"
		}
	}
	qj, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	bj, err := json.Marshal(book)
	if err != nil {
		return nil, err
	}
	evaluator, doc := app.NewID(), app.NewID()
	r.ID = app.NewID()
	r.Who = authz.Actor{District: District, AccountID: evaluator, Role: authz.Evaluator, Area: District}
	now := time.Now()
	batch := &pgx.Batch{}
	batch.Queue(`insert into area (district, code, parent_code, level, name) values ($1,$1,null,1,'区'), ($1,left($2,9),$1,2,'街道'), ($1,$2,left($2,9),3,'居委会')`, District, Committee)
	batch.Queue(`insert into account (district, id, login, password_hash, display_name, role, area_code, created_at) values ($1,$2,'evaluator','-','评估员','evaluator',$1,$3)`, District, evaluator, now)
	batch.Queue(`insert into import_batch (district, id, kind, file_name, file_digest, n_rows, created_at) values ($1,$2,'frame','f','\x00',1,$3)`, District, doc, now)
	batch.Queue(`insert into frame (district, id, name, import_id, sealed_secret, n_people, n_households, created_at) values ($1,$2,'f',$2,'\x00',1,1,$3)`, District, doc, now)
	batch.Queue(`insert into questionnaire (district, id, version, title, definition, digest, created_at) values ($1,$2,1,'q',$3,'\x00',$4)`, District, doc, qj, now)
	batch.Queue(`insert into rule_book (district, id, version, title, body, digest, created_at) values ($1,$2,1,'r',$3,'\x00',$4)`, District, doc, bj, now)
	batch.Queue(`insert into round (district, id, series, version, title, area_code, frame_id, questionnaire_id, questionnaire_version, rule_book_id, rule_book_version, plan, opens_on, closes_on, created_at)
		values ($1,$2,$2,1,'r',$1,$3,$3,1,$3,1,'{}',current_date-1,current_date+20,$4)`, District, r.ID, doc, now)
	batch.Queue(`insert into round_event (district, round_id, seq, state, at) values ($1,$2,1,'collecting',$3)`, District, r.ID, now)
	batch.Queue(`insert into draw_commitment (district, id, round_id, purpose, document, state, digest, signature, public_key, randomness, due_at, committed_at)
		values ($1,$2,$3,'p','','{}','\x00','\x00','\x00','',$4,$4)`, District, doc, r.ID, now)
	batch.Queue(`insert into draw (district, id, round_id, commitment_id, purpose, seed, seed_evidence, digest, n_sample, n_reserve, revealed_at, code_version, signature, public_key, drawn_at)
		values ($1,$2,$3,$2,'p','','','\x00',1,0,$4,'','\x00','\x00',$4)`, District, doc, r.ID, now)
	batch.Queue(`insert into frame_person (district, frame_id, person_id, committee, private, household, building, sex, birth_year, tenure)
		select $1,$2,$3||'-'||lpad(i::text,7,'0'),$3,'\x00','h'||i/3,'b'||i/60,case when i%2=0 then 'f' else 'm' end,1940+i%60,'owner' from generate_series(1,$4::int) i`, District, doc, Committee, cases)
	batch.Queue(`insert into draw_selection (district, draw_id, person_id, stratum, reserve, ord, committee, ticket, prob_num, prob_den)
		select $1,$2,person_id,$3,false,row_number() over (order by person_id),$3,'\x00',1,10 from frame_person`, District, doc, Committee)
	batch.Queue(`insert into survey_case (district, id, round_id, draw_id, person_id, stratum, committee, design_weight, reserve, created_at)
		select $1,gen_random_uuid(),$2,$3,person_id,$4,$4,10,false,$5 from frame_person`, District, r.ID, doc, Committee, now)
	batch.Queue(`insert into case_assignment (district, case_id, seq, evaluator_id, at) select $1,id,1,$2,$3 from survey_case`, District, evaluator, now)
	// One transaction each, with fresh statistics: checks of foreign keys that
	// were planned on empty tables would take hours.
	for _, q := range batch.QueuedQueries {
		if _, err := owner.Exec(ctx, q.SQL, q.Arguments...); err != nil {
			return nil, fmt.Errorf("%w in %.60s", err, q.SQL)
		}
		if _, err := owner.Exec(ctx, `vacuum analyze`); err != nil {
			return nil, err
		}
	}
	rows, err := owner.Query(ctx, `select id::text from survey_case order by id`)
	if err != nil {
		return nil, err
	}
	r.Cases, err = pgx.CollectRows(rows, pgx.RowTo[string])
	return r, err
}
