package fieldwork

import (
	"net/url"

	"gongping/internal/authz"
	"gongping/web/locale"
	"gongping/web/page/render"
)

// Tabs are the pages of a round's fieldwork, as far as the actor may see them;
// active is the key of the one that is shown.
func Tabs(p *locale.Printer, who authz.Actor, round, area, active string) []render.Tab {
	q := ""
	if area != "" && area != who.Area {
		q = "?area=" + url.QueryEscape(area)
	}
	watch := authz.ScopeOf(who.Role, authz.QualityRead) != authz.Deny
	var out []render.Tab
	for _, t := range []struct {
		key, path string
		may       bool
	}{{"progress", "", true}, {"balance", "/balance", true}, {"interviewers", "/interviewers", watch}, {"findings", "/quality", watch}, {"backchecks", "/backchecks", watch}} {
		if t.may {
			out = append(out, render.Tab{Text: p.T("quality.tab." + t.key), Href: "/fieldwork/" + round + t.path + q, Active: t.key == active})
		}
	}
	return out
}
