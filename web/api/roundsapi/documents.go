package roundsapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/pg/rounddb"
	"gongping/scoring/composite"
	"gongping/survey/instrument"
	"gongping/web/signin"
)

// Document is a version of a questionnaire or rule book without its body.
type Document struct {
	ID        string    `json:"id"`
	Version   int       `json:"version"`
	Title     string    `json:"title"`
	Digest    string    `json:"digest"`
	CreatedAt time.Time `json:"created_at"`
}

func documents(list []rounddb.Versioned) []Document {
	out := make([]Document, 0, len(list))
	for _, v := range list {
		out = append(out, Document{v.ID, v.Version, v.Title, fmt.Sprintf("%x", v.Digest), v.CreatedAt})
	}
	return out
}

// OneVersion addresses a version of a document.
type OneVersion struct {
	ByID
	Version int `query:"version" minimum:"0" doc:"Version; 0 or nothing is the latest"`
}

func (o *operations) documents(a huma.API) {
	const text = "Saving under an id makes its next version; frozen rounds keep the version they were frozen with."
	huma.Register(a, op(http.MethodGet, "list-questionnaires", "/questionnaires", "Questionnaires", "List questionnaires", "The latest version of each."), o.lister(rounddb.Questionnaires))
	huma.Register(a, op(http.MethodGet, "list-questionnaire-versions", "/questionnaires/{id}/versions", "Questionnaires", "List the versions of a questionnaire", "Newest first, without their bodies."), o.versions(rounddb.Questionnaires))
	huma.Register(a, op(http.MethodGet, "get-questionnaire", "/questionnaires/{id}", "Questionnaires", "Read a questionnaire", "Items, dimensions, scales and routing in all its languages, as save-questionnaire takes it."), o.questionnaire)
	huma.Register(a, op(http.MethodPost, "save-questionnaire", "/questionnaires", "Questionnaires", "Make a questionnaire", "Checked as a whole; every fault is named with its place."), o.newQuestionnaire)
	huma.Register(a, op(http.MethodPut, "change-questionnaire", "/questionnaires/{id}", "Questionnaires", "Save a new version of a questionnaire", text), o.saveQuestionnaire)
	o.exchange(a)
	huma.Register(a, op(http.MethodGet, "list-rule-books", "/rulebooks", "Rule books", "List rule books", "The latest version of each."), o.lister(rounddb.RuleBooks))
	huma.Register(a, op(http.MethodGet, "list-rule-book-versions", "/rulebooks/{id}/versions", "Rule books", "List the versions of a rule book", "Newest first, without their bodies."), o.versions(rounddb.RuleBooks))
	huma.Register(a, op(http.MethodGet, "get-rule-book", "/rulebooks/{id}", "Rule books", "Read a rule book", "All figures that decide about results, as save-rule-book takes it."), o.ruleBook)
	huma.Register(a, op(http.MethodPost, "save-rule-book", "/rulebooks", "Rule books", "Make a rule book", "Checked as a whole; every fault is named by the path of its field, such as gates.publish_n."), o.newRuleBook)
	huma.Register(a, op(http.MethodPut, "change-rule-book", "/rulebooks/{id}", "Rule books", "Save a new version of a rule book", text), o.saveRuleBook)
}

func (o *operations) lister(t rounddb.Table) func(context.Context, *struct{}) (*answer[[]Document], error) {
	return func(ctx context.Context, _ *struct{}) (*answer[[]Document], error) {
		list, err := o.svc.Documents(ctx, signin.Actor(ctx), t)
		return &answer[[]Document]{documents(list)}, err
	}
}

func (o *operations) versions(t rounddb.Table) func(context.Context, *ByID) (*answer[[]Document], error) {
	return func(ctx context.Context, in *ByID) (*answer[[]Document], error) {
		list, err := o.svc.Versions(ctx, signin.Actor(ctx), t, in.ID)
		return &answer[[]Document]{documents(list)}, err
	}
}

func (o *operations) questionnaire(ctx context.Context, in *OneVersion) (*answer[*instrument.Questionnaire], error) {
	q, _, err := o.svc.Questionnaire(ctx, signin.Actor(ctx), in.ID, in.Version)
	return &answer[*instrument.Questionnaire]{q}, err
}

func (o *operations) newQuestionnaire(ctx context.Context, in *struct{ Body instrument.Questionnaire }) (*answer[Made], error) {
	id, v, err := o.svc.SaveQuestionnaire(ctx, signin.Actor(ctx), "", &in.Body)
	return &answer[Made]{Made{id, v}}, err
}

func (o *operations) saveQuestionnaire(ctx context.Context, in *struct {
	ByID
	Body instrument.Questionnaire
}) (*answer[Made], error) {
	id, v, err := o.svc.SaveQuestionnaire(ctx, signin.Actor(ctx), in.ID, &in.Body)
	return &answer[Made]{Made{id, v}}, err
}

func (o *operations) ruleBook(ctx context.Context, in *OneVersion) (*answer[*composite.RuleBook], error) {
	b, _, err := o.svc.RuleBook(ctx, signin.Actor(ctx), in.ID, in.Version)
	return &answer[*composite.RuleBook]{b}, err
}

func (o *operations) newRuleBook(ctx context.Context, in *struct{ Body composite.RuleBook }) (*answer[Made], error) {
	id, v, err := o.svc.SaveRuleBook(ctx, signin.Actor(ctx), "", &in.Body)
	return &answer[Made]{Made{id, v}}, err
}

func (o *operations) saveRuleBook(ctx context.Context, in *struct {
	ByID
	Body composite.RuleBook
}) (*answer[Made], error) {
	id, v, err := o.svc.SaveRuleBook(ctx, signin.Actor(ctx), in.ID, &in.Body)
	return &answer[Made]{Made{id, v}}, err
}
