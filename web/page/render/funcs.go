package render

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"regexp"
	"strings"

	"gongping/web/locale"
)

// funcs are the functions of the templates; docs/web.md lists them.
func (r *Renderer) funcs(p *locale.Printer) template.FuncMap {
	f := r.format(p)
	return template.FuncMap{
		"t": p.T, "tn": p.N,
		"has":      p.Has,
		"lang":     func() string { return string(p.Lang()) },
		"htmlLang": func() string { return map[locale.Lang]string{"zh": "zh-CN", "en": "en"}[p.Lang()] },
		"notice":   func(n Notice) string { return notice(p, n) },

		"num": f.Num, "int": f.Int, "signed": f.Signed, "pct": f.Pct, "interval": f.Interval,
		"suppressed": f.Suppressed,
		"date":       f.Date, "datetime": f.DateTime, "iso": f.ISO, "ago": f.Ago,

		"asset": r.opts.Assets.URL, "icon": r.icon, "island": island,
		"query": url.QueryEscape,
		"dict":  dict, "list": func(v ...any) []any { return v },
		"share": func(part, of int) float64 { return float64(part) / float64(max(of, 1)) },
		"add":   func(a, b int) int { return a + b }, "sub": func(a, b int) int { return a - b },
		"join": strings.Join, "str": func(v any) string { return fmt.Sprint(v) },
		"default": func(d, v any) any {
			if v == nil || v == "" || v == 0 {
				return d
			}
			return v
		},
		"pages": pageNumbers,
	}
}

// notice fills a notice's sentence.
func notice(p *locale.Printer, n Notice) string {
	data := make(map[string]any, len(n.Args))
	for k, v := range n.Args {
		data[k] = v
	}
	return p.Map(n.Key, data)
}

// dict makes a map of name, value pairs, the argument of a component.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: odd number of arguments")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: name %v is no string", pairs[i])
		}
		m[key] = pairs[i+1]
	}
	return m, nil
}

var iconName = regexp.MustCompile(`^[a-z0-9-]+$`)

// icon draws an icon of the sprite. It is decoration: what it means stands
// beside it in words or in an aria-label.
func (r *Renderer) icon(name string) (template.HTML, error) {
	if !iconName.MatchString(name) {
		return "", fmt.Errorf("icon: bad name %q", name)
	}
	return template.HTML(`<svg class="icon" aria-hidden="true" focusable="false"><use href="` +
		r.opts.Assets.URL("vendor/icons.svg") + "#" + name + `"></use></svg>`), nil
}

// island writes data for scripts: <script type="application/json"> is not
// executed, so the policy allows it. encoding/json escapes <, > and &, so the
// data cannot end the element.
func island(id string, v any) (template.HTML, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return template.HTML(`<script type="application/json" id="` + template.HTMLEscapeString(id) + `">` + string(b) + `</script>`), nil
}

// pageNumbers lists the pages to offer: first, last and those around the
// current one; 0 is a gap.
func pageNumbers(current, last int) []int {
	var out []int
	for i := 1; i <= last; i++ {
		if i == 1 || i == last || (i >= current-1 && i <= current+1) {
			out = append(out, i)
		} else if len(out) > 0 && out[len(out)-1] != 0 {
			out = append(out, 0)
		}
	}
	return out
}
