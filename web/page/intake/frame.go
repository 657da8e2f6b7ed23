package intake

import (
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/survey/frame"
	"gongping/web/page/render"
	"gongping/web/problem"
)

type framesData struct {
	Frames []intake.FrameLine
	May    bool
	Places intake.PlaceCount
}

func (h *pages) frames(c *gin.Context, who authz.Actor) error {
	list, err := h.svc.Frames(c.Request.Context(), who)
	if err != nil {
		return err
	}
	places, err := h.svc.Places(c.Request.Context(), who)
	if err != nil {
		return err
	}
	d := framesData{list, authz.May(who, authz.FrameImport, authz.Object{}), places}
	p := render.Page{Title: h.T(c, "frame.list.title"), Subtitle: h.T(c, "frame.list.subtitle"), Data: d}
	if d.May && len(list) > 0 {
		p.Actions = []render.Action{h.importAction(c, intake.Frame)}
	}
	h.Render(c, http.StatusOK, "intake/frames", p)
	return nil
}

type frameData struct {
	intake.FrameDetail
	MayFreeze  bool
	MayGive    bool // receipts of a frozen frame
	Deviations []deviation
	Coverage   []coverage
	Hidden     int // cells of the coverage that are too small to be shown
	Alert      *render.Alert
	Reason     string
	Books      []render.Option // whose limits a freeze may take
}

// frameStreet is a street with the committees of a frame: a district has hundreds,
// and nobody scrolls through them on a phone.
type frameStreet struct {
	Name       string
	Committees []intake.CommitteeLine
}

// ByStreet groups the committees, which are in order of code. It adds nothing
// up: sums would give small counts away.
func (d frameData) ByStreet() []frameStreet {
	var out []frameStreet
	for _, c := range d.Committees {
		if k := len(out); k == 0 || out[k-1].Name != c.Street {
			out = append(out, frameStreet{Name: c.Street})
		}
		last := &out[len(out)-1]
		last.Committees = append(last.Committees, c)
	}
	return out
}

type deviation struct{ What, Where, Found, Limit string }

type coverage struct {
	Area, Sex, Band string
	Frame, Census   int
	Ratio           float64
	Off             bool
}

func (h *pages) frame(c *gin.Context, who authz.Actor) error {
	return h.showFrame(c, who, http.StatusOK, nil, "")
}

func (h *pages) showFrame(c *gin.Context, who authz.Actor, status int, alert *render.Alert, reason string) error {
	f, err := h.svc.Frame(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	d := frameData{FrameDetail: f, Alert: alert, Reason: reason,
		MayFreeze: f.FrozenAt == nil && f.Mine && authz.May(who, authz.FrameFreeze, authz.Object{})}
	d.MayGive = f.FrozenAt != nil && authz.May(who, authz.FrameReceipt, authz.Object{})
	if len(f.RuleBooks) > 0 {
		d.Books = append(d.Books, render.Option{Text: h.T(c, "frame.limits_default")})
	}
	for _, b := range f.RuleBooks {
		d.Books = append(d.Books, render.Option{Value: b[0], Text: b[1]})
	}
	if f.Audit != nil {
		for _, x := range f.Audit.Deviations {
			d.Deviations = append(d.Deviations, deviation{h.T(c, "audit."+x.Key), h.place(c, x.Key, x.Where), x.Found, h.limit(c, x.Limit)})
		}
		for _, x := range f.Audit.Coverage {
			d.Coverage = append(d.Coverage, coverage{x.Area, h.T(c, "sex."+string(x.Sex)), x.Band, x.Frame, x.Census, x.Ratio,
				x.Census >= f.Audit.Limits.MinCell && (x.Ratio > 1+f.Audit.Limits.Coverage || x.Ratio < 1-f.Audit.Limits.Coverage)})
		}
	}
	h.Render(c, status, "intake/frame", render.Page{Title: f.Name, Subtitle: h.T(c, "frame.show.subtitle"),
		Crumbs: []render.Crumb{{Text: h.T(c, "frame.list.title"), Href: "/frames"}, {Text: f.Name}}, Data: d})
	return nil
}

// place shows a cell of the census table; other deviations are of the whole.
func (h *pages) place(c *gin.Context, key, where string) string {
	if key != "coverage" {
		return h.T(c, "frame.whole")
	}
	f := strings.Fields(where)
	if len(f) == 3 && (f[1] == string(frame.Male) || f[1] == string(frame.Female)) {
		f[1] = h.T(c, "sex."+f[1])
	}
	return strings.Join(f, " · ")
}

func (h *pages) limit(c *gin.Context, english string) string {
	return h.T(c, "frame.at_most", "Limit", strings.TrimPrefix(english, "at most "))
}

func (h *pages) freeze(c *gin.Context, who authz.Actor) error {
	in := intake.FreezeInput{}
	files := map[string]io.Closer{}
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	var err error
	err = eachPart(c, func(name string, part *multipart.Part) error {
		switch name {
		case "reason":
			in.Reason, err = field(part)
		case "rule_book":
			in.RuleBook, err = field(part)
		case "file", "second", "planted":
			if part.FileName() == "" {
				return nil
			}
			if files[name] != nil {
				return errs.New(errs.Invalid, "intake.one_file", "only one file can be given here")
			}
			src, file, serr := h.svc.Spool(part.FileName(), part)
			if serr != nil {
				return serr
			}
			files[name] = file
			switch name {
			case "file":
				in.Census = &src
			case "second":
				in.Second = &src
			default:
				in.Planted = &src
			}
		}
		return err
	})
	if err == nil {
		_, err = h.svc.Freeze(c.Request.Context(), who, c.Param("id"), in, nil)
	}
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) {
		return h.showFrame(c, who, problem.Status(errs.CodeOf(err)), h.alert(c, err), in.Reason)
	}
	if err != nil {
		return err
	}
	h.Done(c, "/frames/"+c.Param("id"), "frame.frozen_done", nil)
	return nil
}
