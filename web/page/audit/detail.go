package audit

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"gongping/internal/app/auditlog"
	"gongping/web/locale"
	"gongping/web/page/render"
)

// line is one record as the page shows it. Record has what was written, to the
// byte; the parts say it in the reader's language.
type line struct {
	auditlog.Record
	Parts   []part
	Account string // the name of the account that the record is about
}

// part is one value of a record's detail.
type part struct {
	Name, Text string
	Link       string // what the value leads to, where it is the number of something
	Code       bool   // a fingerprint or a code, not words
}

// words are where the values of a detail have names already.
var words = map[string][]string{
	"asked": {"appeal.step_name."}, "detector": {"quality.detector."}, "disposition": {"disposition."},
	"extended": {"appeal.step_name."}, "ground": {"appeal.ground."}, "held": {"held.short."}, "held_for": {"held.short."}, "mode": {"field.mode."},
	"outcome": {"appeal.outcome.", "backcheck.outcome."}, "paper": {"paperform.step."}, "role": {"role."},
	"side": {"quality.side."}, "state": {"round.state."}, "key": {""}, "refused": {""},
}

var (
	objectID    = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	fingerprint = regexp.MustCompile(`^[0-9a-f]{32,}$`)
)

// parts reads a detail in the order in which it is written; nothing of what is
// not an object.
func (r *reader) parts(detail string) []part {
	dec := json.NewDecoder(bytes.NewReader([]byte(detail)))
	dec.UseNumber()
	if first, err := dec.Token(); err != nil || first != json.Delim('{') {
		return nil
	}
	var out []part
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil
		}
		var v any
		if err := dec.Decode(&v); err != nil {
			return nil
		}
		name := key.(string)
		p := r.value(name, v)
		p.Name = name
		for _, prefix := range []string{"auditlog.field.", "intake.count."} { // an import counts what its pages count
			if r.p.Has(prefix + name) {
				p.Name = r.p.T(prefix + name)
				break
			}
		}
		out = append(out, p)
	}
	return out
}

// reader has what turns a detail into words.
type reader struct {
	p      *locale.Printer
	f      render.Format
	people map[string]string // names of accounts by id
}

func (r *reader) value(name string, v any) part {
	switch v := v.(type) {
	case nil:
		return part{Text: render.Dash}
	case bool:
		return part{Text: r.p.T(map[bool]string{true: "common.yes", false: "common.no"}[v])}
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return part{Text: r.f.Int(n)}
		}
		return part{Text: v.String()}
	case string:
		return r.text(name, v)
	case []any:
		var texts []string
		for _, x := range v {
			texts = append(texts, r.value(name, x).Text)
		}
		return part{Text: strings.Join(texts, r.p.T("common.list_mark"))}
	}
	b, err := json.Marshal(v)
	if err != nil {
		return part{Text: render.Dash}
	}
	return part{Text: string(b), Code: true}
}

func (r *reader) text(name, s string) part {
	for _, prefix := range words[name] {
		if key := prefix + s; r.p.Has(key) {
			// A refusal's sentence may want values that the log does not hold.
			if said := r.p.Map(key, nil); !strings.Contains(said, "<no value>") {
				return part{Text: said}
			}
		}
	}
	switch {
	case s == "":
		return part{Text: render.Dash}
	case r.p.Has("auditlog.value." + s):
		return part{Text: r.p.T("auditlog.value." + s)}
	case r.people[s] != "":
		return part{Text: r.people[s]}
	case objectID.MatchString(s):
		return part{Text: s[:8], Link: "/audit?id=" + s, Code: true}
	case fingerprint.MatchString(s):
		return part{Text: s[:12] + "…", Code: true}
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return part{Text: r.f.Date(t)}
	}
	return part{Text: s}
}
