// Package audit has the auditor's pages of the log: read it, verify its chain,
// sign checkpoints.
package audit

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/auditlog"
	"gongping/internal/audit"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/auditdb"
	"gongping/scoring/appeal"
	"gongping/web/handle"
	"gongping/web/page/render"
)

type pages struct {
	*handle.Pages
	svc *auditlog.Service
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *auditlog.Service) {
	h := &pages{p, svc}
	r.GET("/audit", h.Signed(h.list))
	r.POST("/audit/verify", h.Signed(h.verify))
	r.POST("/audit/checkpoints", h.Signed(h.sign))
	r.GET("/audit/checkpoints/:at", h.Signed(h.download))
}

type filter struct {
	Actor, Action, Kind, ID, Since, Until string
	Personal                              bool
}

type listData struct {
	auditlog.Page
	Filter      filter
	Lines       []line
	Actions     []render.Option
	Kinds       []render.Option
	People      []render.Option
	Older       string
	Newest      string
	Checkpoints []audit.Checkpoint
	Report      *auditlog.Report
	Filtered    bool
	Verified    int
	ReportHint  string
}

func (h *pages) list(c *gin.Context, who authz.Actor) error {
	return h.show(c, who, http.StatusOK, nil)
}

func (h *pages) show(c *gin.Context, who authz.Actor, status int, report *auditlog.Report) error {
	f := filter{Actor: c.Query("actor"), Action: c.Query("action"), Kind: c.Query("kind"), ID: c.Query("id"),
		Since: c.Query("since"), Until: c.Query("until"), Personal: c.Query("personal") != ""}
	q := auditdb.Filter{Actor: f.Actor, Action: f.Action, Kind: f.Kind, ID: f.ID}
	q.Before, _ = strconv.ParseInt(c.Query("before"), 10, 64)
	if t, err := time.ParseInLocation(time.DateOnly, f.Since, appeal.Zone); err == nil {
		q.Since = t
	}
	if t, err := time.ParseInLocation(time.DateOnly, f.Until, appeal.Zone); err == nil {
		q.Until = t.AddDate(0, 0, 1)
	}
	p, err := h.svc.List(c.Request.Context(), who, q, f.Personal)
	if err != nil {
		return err
	}
	points, err := h.svc.Checkpoints(c.Request.Context(), who)
	if err != nil {
		return err
	}
	people, err := h.svc.People(c.Request.Context(), who)
	if err != nil {
		return err
	}
	d := listData{Page: p, Filter: f, Checkpoints: points, Report: report, Newest: address(f, 0), Filtered: f != filter{}}
	if report != nil {
		d.Verified, d.ReportHint = int(report.Records), h.T(c, "auditlog.lodge")
		if report.Checkpoint != nil {
			d.ReportHint = h.T(c, "auditlog.checkpoint_met")
		}
	}
	if p.Next > 0 {
		d.Older = address(f, p.Next)
	}
	for _, a := range p.Actions {
		d.Actions = append(d.Actions, render.Option{Value: a, Text: h.name(c, "auditlog.action.", a)})
	}
	for _, k := range p.Kinds {
		d.Kinds = append(d.Kinds, render.Option{Value: k, Text: h.name(c, "auditlog.kind.", k)})
	}
	say := reader{p: h.Printer(c), f: h.Format(c), people: map[string]string{}}
	for _, x := range people {
		d.People = append(d.People, render.Option{Value: x.ID, Text: x.Name})
		say.people[x.ID] = x.Name
	}
	for _, r := range p.Records {
		l := line{Record: r, Parts: say.parts(r.Detail)}
		if r.Kind == "account" {
			l.Account = say.people[r.ID]
		}
		d.Lines = append(d.Lines, l)
	}
	h.Render(c, status, "audit/log", render.Page{Title: h.T(c, "auditlog.title"), Subtitle: h.T(c, "auditlog.subtitle"), Data: d})
	return nil
}

// name is the sentence of a key that the catalogues may not know: the log
// outlives the words.
func (h *pages) name(c *gin.Context, prefix, value string) string {
	if p := h.Printer(c); p.Has(prefix + value) {
		return p.T(prefix + value)
	}
	return value
}

func address(f filter, before int64) string {
	v := url.Values{}
	for k, s := range map[string]string{"actor": f.Actor, "action": f.Action, "kind": f.Kind, "id": f.ID, "since": f.Since, "until": f.Until} {
		if s != "" {
			v.Set(k, s)
		}
	}
	if f.Personal {
		v.Set("personal", "1")
	}
	if before > 0 {
		v.Set("before", strconv.FormatInt(before, 10))
	}
	if len(v) == 0 {
		return "/audit"
	}
	return "/audit?" + v.Encode()
}

// maxCheckpoint is the largest checkpoint file that is read.
const maxCheckpoint = 1 << 16

func (h *pages) verify(c *gin.Context, who authz.Actor) error {
	against, err := uploaded(c)
	if err != nil {
		return err
	}
	r, err := h.svc.Verify(c.Request.Context(), who, against)
	if err != nil {
		return err
	}
	return h.show(c, who, http.StatusOK, &r)
}

// uploaded reads the checkpoint that came with the form, nil without one.
func uploaded(c *gin.Context) (*audit.Checkpoint, error) {
	fh, err := handle.File(c, "checkpoint", maxCheckpoint)
	if errs.Is(err, errs.TooLarge) {
		return nil, err
	}
	if err != nil || fh.Size == 0 {
		return nil, nil //nolint:nilerr // no file was chosen
	}
	f, err := fh.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxCheckpoint))
	if err != nil {
		return nil, err
	}
	point, err := audit.DecodeCheckpoint(data)
	return &point, err
}

func (h *pages) sign(c *gin.Context, who authz.Actor) error {
	p, err := h.svc.Checkpoint(c.Request.Context(), who)
	if err != nil {
		return err
	}
	h.Done(c, "/audit#checkpoints", "auditlog.signed", map[string]string{"N": strconv.FormatInt(p.Records, 10)})
	return nil
}

func (h *pages) download(c *gin.Context, who authz.Actor) error {
	list, err := h.svc.Checkpoints(c.Request.Context(), who)
	if err != nil {
		return err
	}
	for _, p := range list {
		if strconv.FormatInt(p.At.UnixMicro(), 10) != c.Param("at") {
			continue
		}
		body, err := json.MarshalIndent(p, "", "  ")
		if err != nil {
			return err
		}
		c.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="gongping-audit-%s-%d.json"`, p.District, p.Records))
		c.Data(http.StatusOK, "application/json", append(body, '\n'))
		return nil
	}
	return errs.New(errs.NotFound, "auditlog.no_checkpoint", "there is no such checkpoint")
}
