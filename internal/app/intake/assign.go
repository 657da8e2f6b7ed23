package intake

import (
	"context"
	"crypto/rand"
	"regexp"
	"strings"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/intakedb"
	"gongping/internal/tabular"
)

// samples is how many rows of a strange table are shown.
const samples = 3

// maxMappingName is the longest name of a mapping, in characters.
const maxMappingName = 60

// Assignable tells whether a person may say what the columns of a table of this
// kind mean: those that other offices send every month. Our own lists of areas,
// workers and residents have one form.
func (k Kind) Assignable() bool { return k.OfRound() }

func notAssignable() error {
	return errs.New(errs.Barred, "intake.not_assignable", "the columns of this table cannot be assigned: use the template")
}

// personal are numbers that could be somebody's: phones and identity numbers.
var personal = regexp.MustCompile(`\d{17}[\dXx]|1[3-9]\d{9}`)

// head keeps the file's own columns with a few values, as a person may see them.
func (p *Preview) head(src Source) error {
	f, err := tabular.Open(src.File, src.Size, tabular.Limits{})
	if err != nil {
		return err
	}
	defer f.Close()
	headers, first, err := f.Head(samples)
	if err != nil {
		return err
	}
	p.Headers, p.Samples = headers, first
	for _, row := range p.Samples {
		for i, v := range row {
			row[i] = tabular.Visible(personal.ReplaceAllStringFunc(v, func(s string) string { return s[:3] + strings.Repeat("•", len(s)-3) }))
		}
	}
	return nil
}

// Assign checks a waiting upload once more, with columns as a person assigned
// them, and returns the upload that takes its place. With a name the mapping is
// remembered for the next table of the kind, if it could be read so.
func (s *Service) Assign(ctx context.Context, who authz.Actor, token string, columns []tabular.Assignment, name string) (*Upload, error) {
	u, err := s.find(who, token)
	if err != nil {
		return nil, err
	}
	if !u.Preview.Kind.Assignable() {
		return nil, notAssignable()
	}
	if name, err = mappingName(name); err != nil {
		return nil, err
	}
	if len(columns) == 0 {
		return nil, errs.New(errs.Invalid, "intake.assign_none", "no column was assigned").At("columns", "", "at least the required columns", "choose a column for each")
	}
	req := u.Preview.Request
	req.Assigned = columns
	p, err := s.Check(ctx, who, req, u.src, nil)
	if err != nil {
		return nil, err
	}
	if name != "" && !p.Strange {
		if err := s.remember(ctx, who, p.Kind, name, columns); err != nil {
			return nil, err
		}
	}
	next := &Upload{Token: rand.Text(), Preview: p, src: u.src, file: u.file, owner: u.owner, at: s.Clock.Now()}
	return next, s.desk.replace(u, next)
}

// Remember keeps the columns that a table of a kind was read with under a name:
// what Assign does with a name, for whoever checked the file without an upload.
func (s *Service) Remember(ctx context.Context, who authz.Actor, k Kind, name string, columns []tabular.Assignment) error {
	if !k.Assignable() {
		return notAssignable()
	}
	name, err := mappingName(name)
	if err != nil || name == "" {
		return err
	}
	return s.remember(ctx, who, k, name, columns)
}

func mappingName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > maxMappingName || tabular.Visible(name) != name {
		return "", errs.New(errs.Invalid, "intake.mapping_name", "the name of a mapping is a short text").
			At("name", tabular.Visible(name), "at most 60 characters", "write a shorter name")
	}
	return name, nil
}

// replace puts an upload in the place of another with the same file.
func (d *desk) replace(old, next *Upload) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.uploads[old.Token] != old {
		return errs.New(errs.NotFound, "intake.upload_gone", "the upload is no longer here; upload the file again")
	}
	if old.job != nil {
		return errs.New(errs.Done, "intake.confirmed", "the upload was confirmed already")
	}
	delete(d.uploads, old.Token)
	d.uploads[next.Token] = next
	return nil
}

func (s *Service) remember(ctx context.Context, who authz.Actor, k Kind, name string, columns []tabular.Assignment) error {
	return s.Write(ctx, who, k.action(), authz.Object{Area: who.Area}, func(ctx context.Context, tx *app.Tx) error {
		id := app.NewID()
		tx.Record("column_mapping", id, who.Area, map[string]any{"kind": string(k), "columns": len(columns)})
		return intakedb.InsertMapping(ctx, tx, who.District, who.AccountID, intakedb.Mapping{ID: id, Kind: string(k), Name: name, Columns: columns, At: tx.Now})
	})
}

// Mappings lists the remembered mappings of a kind, the newest of each name.
func (s *Service) Mappings(ctx context.Context, who authz.Actor, k Kind) (list []intakedb.Mapping, err error) {
	if !k.Assignable() {
		return nil, notAssignable()
	}
	err = s.Read(ctx, who, k.action(), authz.Object{Area: who.Area}, func(ctx context.Context, q querier) error {
		list, err = intakedb.Mappings(ctx, q, who.District, string(k))
		return err
	})
	return list, err
}

// Propose is how a strange table may be read: as it was assigned, else as the
// newest remembered mapping that fits it says, else by the headers we know. The
// name is that of the mapping.
func (p *Preview) Propose(list []intakedb.Mapping) (columns []tabular.Assignment, name string) {
	if len(p.Assigned) > 0 {
		return p.Assigned, ""
	}
	for _, m := range list {
		if tabular.Fits(p.Headers, m.Columns) {
			return m.Columns, m.Name
		}
	}
	return p.Kind.spec().Known(p.Headers), ""
}

// note is what the record of an import of a round says of it: with the columns
// that were assigned, so that the file can be read again as it was.
func (p *Preview) note(round string) string {
	n := map[string]any{"round": round}
	if len(p.Assigned) > 0 {
		n["columns"] = p.Assigned
	}
	return note(n)
}
