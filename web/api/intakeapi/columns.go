package intakeapi

import (
	"context"
	"time"

	"gongping/internal/app/intake"
	"gongping/internal/tabular"
	"gongping/web/signin"
)

func (o *operations) assign(ctx context.Context, in *struct {
	UploadPath
	Body struct {
		Columns []tabular.Assignment `json:"columns" minItems:"1" maxItems:"100" doc:"Where each of our columns is taken from; those left out stay empty"`
		Name    string               `json:"name,omitempty" maxLength:"60" doc:"To remember the mapping under"`
	}
}) (*answer[Upload], error) {
	u, err := o.svc.Assign(ctx, signin.Actor(ctx), in.Upload, in.Body.Columns, in.Body.Name)
	if err != nil {
		return nil, err
	}
	return &answer[Upload]{preview(ctx, u.Token, u.Preview)}, nil
}

// ColumnMapping is how the columns of another office's table are read.
type ColumnMapping struct {
	ID      string               `json:"id"`
	Kind    string               `json:"kind"`
	Name    string               `json:"name"`
	Columns []tabular.Assignment `json:"columns"`
	By      string               `json:"by,omitempty"`
	At      time.Time            `json:"at"`
}

func (o *operations) mappings(ctx context.Context, in *struct {
	Kind string `query:"kind" required:"true" enum:"indicators,ratings,records,tickets" doc:"What the tables hold"`
}) (*answer[[]ColumnMapping], error) {
	list, err := o.svc.Mappings(ctx, signin.Actor(ctx), intake.Kind(in.Kind))
	if err != nil {
		return nil, err
	}
	out := []ColumnMapping{}
	for _, m := range list {
		out = append(out, ColumnMapping{m.ID, m.Kind, m.Name, m.Columns, m.By, m.At})
	}
	return &answer[[]ColumnMapping]{out}, nil
}
