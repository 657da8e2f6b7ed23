// Package spoken gives the answers of a scored round comments, sealed as the
// fieldwork seals them, so that tests of what people say need no fieldwork.
package spoken

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"gongping/internal/app/field"
	"gongping/internal/app/words"
	"gongping/internal/demo"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
	"gongping/scoring/qualitative"
)

// Comments are what the first answers of a round say, in order; each with
// personal data that nobody may read.
var Comments = []string{
	"三号楼502室王女士反映电梯停运两个月没人修，电话13812345678",
	"电梯停运两个月了没有人来修理，老人下不了楼",
	"居委会的同志很热心，办事很快",
	"停车费涨价，物业说了算",
	"邻居装修太吵，找城管也没用",
	"居委会推来推去，态度很差",
	"电梯停运两个月了没有人来修理，老人下不了楼！",
	"学区的事一问三不知",
	"路灯坏了没人修，晚上出门不方便",
	"物业的保安很好，楼道很干净",
	"多办些活动，谢谢",
	"非常满意",
}

// Add seals comments for the first answers of a round and returns the answers' ids.
func Add(t testing.TB, r *scored.Round, comments ...string) []string {
	t.Helper()
	ids := r.Responses[:len(comments)]
	_, err := testkit.OwnerDB(t).CopyFrom(context.Background(), pgx.Identifier{"response_comment"}, []string{"district", "response_id", "item", "sealed"},
		pgx.CopyFromSlice(len(ids), func(i int) ([]any, error) {
			return []any{demo.DistrictCode, ids[i], "comment", r.Seal.Seal([]byte(comments[i]), field.CommentLabel(ids[i], "comment"))}, nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// Code takes the comments of a round in and lets two panel members, blind to each
// other, give every text the same code.
func Code(t testing.TB, r *scored.Round, w *words.Service, code func(*qualitative.Codebook) qualitative.Code) {
	t.Helper()
	ctx, manager, book := context.Background(), r.Actor("manager"), qualitative.Standard()
	if _, err := w.SaveCodebook(ctx, manager, &book); err != nil {
		t.Fatal(err)
	}
	if _, err := w.TakeIn(ctx, manager, r.ID); err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"panel-5", "panel-6"} {
		list, err := w.Waiting(ctx, r.Actor(login), words.Scope{Round: r.ID}, 1000)
		if err != nil {
			t.Fatal(err)
		}
		var js []words.Judgement
		for _, x := range list {
			js = append(js, words.Judgement{Lead: x.ID, Codes: []qualitative.Code{code(&book)}})
		}
		if err := w.CodeMany(ctx, r.Actor(login), js); err != nil {
			t.Fatal(err)
		}
	}
}
