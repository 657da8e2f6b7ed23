// Package intake holds the use cases that bring data in from files: areas,
// workers, frames of residents, indicators, panel ratings and finished surveys
// from elsewhere. Every import has two passes over the same file: the first
// checks everything and shows what would happen, the second writes it all in
// one transaction. A file that has changed between the two is refused.
package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"slices"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/tabular"
	"gongping/internal/tabular/layout"
	"gongping/survey"
)

// Service is the room of imports.
type Service struct {
	*app.Core
	desk     desk
	compared int64 // how many persons of a frame are compared at a time
	// Homes gives the parts of a person's receipt for the rounds over a frame
	// whose units are households (draws.Service.ReceiptParts).
	Homes func(ctx context.Context, db pg.Querier, district, frame, person string) ([]byte, error)
}

// New makes the service. dir is where uploads wait for their confirmation; ""
// is the system's temporary directory. The files have no name there and are
// gone with the process.
func New(core *app.Core, dir string) *Service {
	return &Service{Core: core, desk: desk{dir: dir, uploads: map[string]*Upload{}}, compared: maxCompared}
}

// Kind is a kind of import.
type Kind string

// The kinds of imports. Surveys have their own way in (ImportSurvey).
const (
	Areas      Kind = "areas"
	Workers    Kind = "workers"
	Frame      Kind = "frame"
	Indicators Kind = "indicators"
	Ratings    Kind = "ratings"
	Records    Kind = "records" // indicators by month
	Tickets    Kind = "tickets" // single complaints
	Tasks      Kind = "tasks"   // handed down by departments
	Places     Kind = "places"  // where buildings stand
	// Departments is the district's list of functional departments.
	Departments Kind = "departments"
	census      Kind = "census"  // read at a freeze, not stored by itself
	listed      Kind = "listing" // likewise
)

// Kinds lists the kinds of imports in the order of the pages.
var Kinds = []Kind{Areas, Workers, Frame, Indicators, Ratings, Records, Tickets, Departments, Tasks, Places}

// ParseKind returns the kind of a name, and NotFound for any other name.
func ParseKind(name string) (Kind, error) {
	for _, k := range Kinds {
		if name == string(k) {
			return k, nil
		}
	}
	return "", errs.New(errs.NotFound, "intake.kind", "there is no import of this kind")
}

// action is what the access table is asked.
func (k Kind) action() authz.Action {
	return map[Kind]authz.Action{Areas: authz.AreaImport, Workers: authz.WorkerImport, Frame: authz.FrameImport,
		Indicators: authz.IndicatorImport, Ratings: authz.PanelImport, Records: authz.IndicatorImport, Tickets: authz.IndicatorImport, Tasks: authz.TaskEdit, Departments: authz.DepartmentEdit,
		Places: authz.FrameImport}[k]
}

// OfRound tells whether an import belongs to a round.
func (k Kind) OfRound() bool { return k == Indicators || k == Ratings || k == Records || k == Tickets }

// spec is the table of a kind.
func (k Kind) spec() *tabular.Spec {
	return map[Kind]*tabular.Spec{Areas: &layout.Areas, Workers: &layout.Workers, Frame: &layout.Residents,
		Indicators: &layout.Indicators, Ratings: &layout.Ratings, Records: &layout.Records, Tickets: &layout.Tickets, Tasks: &layout.Tasks, Departments: &layout.Departments,
		Places: &layout.Places, census: &layout.Census, listed: &layout.Listing}[k]
}

// TemplateNames lists what Template knows: every kind, and the two tables that
// are read at a freeze.
func TemplateNames() []string {
	var names []string
	for _, k := range append(slices.Clone(Kinds), census, listed) {
		names = append(names, string(k))
	}
	return names
}

// Template writes an example file: name is one of TemplateNames.
func Template(out io.Writer, name string) error {
	k := Kind(name)
	if k.spec() == nil {
		return errs.New(errs.NotFound, "intake.kind", "there is no import of this kind")
	}
	return layout.WriteTemplate(out, k.spec())
}

// Request says what is to be imported.
type Request struct {
	Kind  Kind
	Round string // of indicators and ratings
	Name  string // of the frame
	// Resumable stages a frame in committed chunks, so that an import that was
	// interrupted goes on where it stopped; large files always are.
	Resumable bool
	// Assigned says where the columns are taken from in a table of another
	// office, whose headers are not ours; nil means by the headers.
	Assigned []tabular.Assignment
}

// Progress is told how far a pass has come; total is 0 where it is not known.
type Progress func(stage Stage, done, total int64)

// Stage is a part of an import.
type Stage string

// The stages.
const (
	Checking Stage = "check"
	Storing  Stage = "store"
	// Completing makes a staged frame visible, in one transaction.
	Completing Stage = "complete"
	Freezing   Stage = "freeze"
)

func (p Progress) at(stage Stage, done, total int64) {
	if p != nil {
		p(stage, done, total)
	}
}

// Source is a file to be imported and its fingerprint.
type Source struct {
	Name   string
	File   io.ReaderAt
	Size   int64
	Digest [sha256.Size]byte
}

// NewSource reads the file once for its fingerprint.
func NewSource(name string, file io.ReaderAt, size int64) (Source, error) {
	s := Source{Name: name, File: file, Size: size}
	var err error
	s.Digest, err = s.sum()
	return s, err
}

// OpenFile opens a file of this machine as a source. Close the file.
func OpenFile(path string) (Source, *os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return Source{}, nil, errs.Wrap(err, errs.NotFound, "intake.file", "the file cannot be opened").
			At("FILE", path, "a CSV or XLSX file that can be read", "check the path")
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = errs.New(errs.Invalid, "intake.file", "the file cannot be opened").
			At("FILE", path, "a regular CSV or XLSX file", "it is read twice: save it to a file first")
	}
	if err != nil {
		f.Close()
		return Source{}, nil, err
	}
	src, err := NewSource(st.Name(), f, st.Size())
	if err != nil {
		f.Close()
	}
	return src, f, err
}

func (s Source) sum() (d [sha256.Size]byte, err error) {
	h := sha256.New()
	if _, err = io.Copy(h, io.NewSectionReader(s.File, 0, s.Size)); err != nil {
		return d, err
	}
	h.Sum(d[:0])
	return d, nil
}

// Hex is the fingerprint as text.
func (s Source) Hex() string { return hex.EncodeToString(s.Digest[:]) }

// unchanged refuses a file that is not the one that was previewed.
func (s Source) unchanged(p *Preview) error {
	now, err := s.sum()
	if err != nil {
		return err
	}
	if hex.EncodeToString(now[:]) != p.Digest {
		return errs.New(errs.Conflict, "intake.changed", "the file has changed since it was previewed").
			At(s.Name, hex.EncodeToString(now[:8])+"…", p.Digest[:16]+"…", "check it again, then confirm")
	}
	return nil
}

// Outcome is what an import did.
type Outcome struct {
	ImportID string         `json:"import_id"`
	FrameID  string         `json:"frame_id,omitempty"`
	Rows     int            `json:"rows"`
	Counts   map[string]int `json:"counts,omitempty"`
}

// Check is the first pass: it reads the whole file, writes nothing and returns
// what a person has to see before confirming. Faults in the file are part of
// the preview; an error means that it could not be judged at all.
func (s *Service) Check(ctx context.Context, who authz.Actor, req Request, src Source, prog Progress) (*Preview, error) {
	if err := authz.Check(who, req.Kind.action(), authz.Object{Area: who.Area}); err != nil {
		return nil, err
	}
	p := &Preview{Request: req, File: src.Name, Digest: src.Hex(), Columns: columns(req.Kind.spec()), at: s.Clock.Now()}
	if len(req.Assigned) > 0 && !req.Kind.Assignable() {
		return nil, notAssignable()
	}
	err := s.Read(ctx, who, req.Kind.action(), authz.Object{Area: who.Area}, func(ctx context.Context, q querier) error {
		_, err := s.read(ctx, q, who, src, p, prog)
		return err
	})
	if err == nil && req.Kind.Assignable() {
		err = p.head(src)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Commit is the second pass: it writes what Check has found to be in order,
// all or nothing. The preview must be of the same file and without faults.
func (s *Service) Commit(ctx context.Context, who authz.Actor, src Source, p *Preview, prog Progress) (out *Outcome, err error) {
	if err := p.Err(); err != nil {
		return nil, err
	}
	if err := src.unchanged(p); err != nil {
		return nil, err
	}
	if p.stagedImport(src) {
		return s.storeStaged(ctx, who, src, p, prog)
	}
	action := p.Kind.action()
	err = s.Write(ctx, who, action, authz.Object{Area: who.Area}, func(ctx context.Context, tx *app.Tx) error {
		out = &Outcome{ImportID: app.NewID(), Rows: p.Rows}
		if p.Kind == Frame {
			return s.storeFrame(ctx, tx, src, p, out, prog)
		}
		// The small tables are checked once more, against the district as it is now.
		again := &Preview{Request: p.Request, File: p.File, Digest: p.Digest, at: tx.Now}
		set, err := s.read(ctx, tx, who, src, again, nil)
		if err != nil {
			return err
		}
		if err := again.Err(); err != nil {
			return err
		}
		prog.at(Storing, 0, int64(p.Rows))
		if err := set.store(ctx, tx, again, out); err != nil {
			return err
		}
		prog.at(Storing, int64(p.Rows), int64(p.Rows))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Import is Check and Commit in one, for programs: it writes only a file
// without faults.
func (s *Service) Import(ctx context.Context, who authz.Actor, req Request, src Source, prog Progress) (*Outcome, *Preview, error) {
	p, err := s.Check(ctx, who, req, src, prog)
	if err != nil {
		return nil, p, err
	}
	out, err := s.Commit(ctx, who, src, p, prog)
	return out, p, err
}

// table is a checked table of one of the small kinds.
type table interface {
	store(ctx context.Context, tx *app.Tx, p *Preview, out *Outcome) error
}

// read checks a file of any kind.
func (s *Service) read(ctx context.Context, q querier, who authz.Actor, src Source, p *Preview, prog Progress) (table, error) {
	switch p.Kind {
	case Areas:
		return readAreas(ctx, q, who, src, p, prog)
	case Workers:
		return readWorkers(ctx, q, who, src, p, prog)
	case Frame:
		return nil, s.checkFrame(ctx, q, who, src, p, prog)
	case Indicators:
		return readIndicators(ctx, q, who, src, p, prog)
	case Ratings:
		return readRatings(ctx, q, who, src, p, prog)
	case Records:
		return readRecords(ctx, q, who, src, p, prog)
	case Tickets:
		return s.readTickets(ctx, q, who, src, p, prog)
	case Departments:
		return readDepartments(ctx, q, who, src, p, prog)
	case Tasks:
		return readTasks(ctx, q, who, src, p, prog)
	case Places:
		return s.readPlaces(ctx, q, who, src, p, prog)
	}
	return nil, errs.New(errs.NotFound, "intake.kind", "there is no import of this kind")
}

// outside is the fault of a row about an area that the actor has no say in.
func outside(r *tabular.Row, area string, who authz.Actor) *errs.Error {
	if survey.Within(area, who.District) && survey.Within(area, who.Area) {
		return nil
	}
	return r.Fault("area", "intake.outside", "the area is outside of yours", area, "a code that begins with "+who.Area, "remove the row, or let the district import it")
}

// MayImport tells, before anything is read, whether an actor may import a kind
// at all.
func (s *Service) MayImport(who authz.Actor, k Kind) error {
	return authz.Check(who, k.action(), authz.Object{Area: who.Area})
}

// Columns are the columns of the kind's table, for the page that asks for it.
func (k Kind) Columns() []tabular.Column { return k.spec().Columns }
