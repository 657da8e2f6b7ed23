package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/fstest"
)

// made is a directory with one case of a method that only tests know.
func made(expected, extra string) fstest.MapFS {
	return fstest.MapFS{
		"one.json": {Data: []byte(`{"case":"one","method":"test.echo","data":"d.csv","expected":` + expected + extra + `}`)},
		"d.csv":    {Data: []byte("x,g\n1,a\n,b\n3,\n")},
	}
}

var echo map[string]any

func init() {
	Register("test.echo", func(*Case) (map[string]any, error) {
		if echo == nil {
			panic("no result")
		}
		return echo, nil
	})
	Register("test.unsupported", func(*Case) (map[string]any, error) { return nil, Unsupported("only on Sundays") })
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name, expected, tolerance string
		got                       map[string]any
		verdict                   Verdict
		says                      string
	}{
		{"exact", `{"a":1}`, ``, map[string]any{"a": 1.0}, Agree, ""},
		{"integer result", `{"a":1}`, ``, map[string]any{"a": 1}, Agree, ""},
		{"relative", `{"a":100}`, `,"tolerance":{"rel":0.01}`, map[string]any{"a": 100.9}, Agree, ""},
		{"beyond relative", `{"a":100}`, `,"tolerance":{"rel":0.01}`, map[string]any{"a": 101.1}, Differ, "worst a: got 101.1, expected 100"},
		{"override by prefix", `{"abc":{"d":0.5}}`, `,"tolerance":{"rel":0,"ab":0.01}`, map[string]any{"abc": map[string]float64{"d": 0.505}}, Agree, ""},
		{"longest override wins", `{"abc":0.5}`, `,"tolerance":{"ab":0.1,"abc":1e-9}`, map[string]any{"abc": 0.505}, Differ, "abc"},
		{"null", `{"a":null}`, ``, map[string]any{"a": nil}, Agree, ""},
		{"null against a value", `{"a":null}`, ``, map[string]any{"a": 1}, Differ, "expected null"},
		{"value against null", `{"a":2}`, ``, map[string]any{"a": nil}, Differ, "got null"},
		{"NaN", `{"a":2}`, ``, map[string]any{"a": math.NaN()}, Differ, "got NaN"},
		{"key not produced", `{"a":1,"b":2}`, ``, map[string]any{"a": 1}, NotSupported, "no value for b"},
		{"nested key not produced", `{"a":{"b":2}}`, ``, map[string]any{"a": map[string]any{}}, NotSupported, "no value for a.b"},
		{"missing and different", `{"a":1,"b":2}`, ``, map[string]any{"a": 3}, Differ, "no value for b"},
		{"vector", `{"a":[1,2]}`, ``, map[string]any{"a": []float64{1, 2}}, Agree, ""},
		{"vector of another length", `{"a":[1,2]}`, ``, map[string]any{"a": []float64{1}}, Differ, "got 1 values, expected 2 values"},
		{"one by one matrix", `{"a":[[7]]}`, ``, map[string]any{"a": 7.0}, Agree, ""},
		{"rows", `{"a":[{"d":"E","m":1}]}`, ``, map[string]any{"a": []map[string]any{{"d": "E", "m": 1.0}}}, Agree, ""},
		{"text", `{"a":"free"}`, ``, map[string]any{"a": "bound"}, Differ, "got bound, expected free"},
		{"true", `{"a":true}`, ``, map[string]any{"a": true}, Agree, ""},
		{"refusal for a peer's sentence", `{"a":"cannot"}`, ``, map[string]any{"a": Refused{errors.New("no")}}, Agree, ""},
		{"refusal for a number", `{"a":1}`, ``, map[string]any{"a": Refused{errors.New("no")}}, Differ, "refused (no)"},
		{"partial refusal", `{"a":{"v":1,"se":null}}`, ``, map[string]any{"a": PartlyRefused{Refused{errors.New("no")}, map[string]any{"v": 1, "se": nil}}}, Agree, ""},
		{"null for a vector of nulls", `{"a":[null,null]}`, ``, map[string]any{"a": nil}, Agree, ""},
		{"refusal for a row of nulls", `{"a":{"b":null}}`, ``, map[string]any{"a": Refused{errors.New("no")}}, Agree, ""},
		{"null for a vector with a value", `{"a":[null,1]}`, ``, map[string]any{"a": nil}, Differ, "expected 2 values"},
		{"nothing expected", `{}`, ``, map[string]any{}, NotSupported, "nothing to compare"},
		{"panic", `{"a":1}`, ``, nil, Differ, "panicked"},
	} {
		echo = c.got
		rep, err := CheckAll(t.Context(), made(c.expected, c.tolerance))
		if err != nil {
			t.Fatal(err)
		}
		r := rep.Results[0]
		if r.Verdict != c.verdict || !strings.Contains(r.explain(), c.says) {
			t.Errorf("%s: %s (%s), want %s with %q", c.name, r.Verdict, r.explain(), c.verdict, c.says)
		}
	}
}

// A directory with broken files reports each by name and exits with 1; an
// unknown method is listed as unsupported and does not.
func TestRunReportsBrokenAndUnknown(t *testing.T) {
	dir := made(`{"a":1}`, ``)
	echo = map[string]any{"a": 1}
	for name, text := range map[string]string{
		"broken.json":   `{"case":`,
		"list.json":     `[]`,
		"nodata.json":   `{"case":"n","method":"test.echo","data":"none.csv","expected":{}}`,
		"escape.json":   `{"case":"n","method":"test.echo","data":"../d.csv","expected":{}}`,
		"noexpect.json": `{"case":"n","method":"test.echo","data":"d.csv"}`,
		"unknown.json":  `{"case":"u","method":"Z.new","data":"d.csv","expected":{"a":1}}`,
		"sunday.json":   `{"case":"s","method":"test.unsupported","data":"d.csv","expected":{"a":1}}`,
	} {
		dir[name] = &fstest.MapFile{Data: []byte(text)}
	}
	rep, err := CheckAll(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if rep.Agree != 1 || rep.Unsupported != 2 || rep.Errors != 5 || rep.Differ != 0 {
		t.Fatalf("%+v", rep)
	}
	var out bytes.Buffer
	if err := rep.writeTable(&out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if !strings.HasSuffix(text, "\n1 agree, 0 differ, 2 unsupported\n") {
		t.Errorf("last line: %q", text[max(0, len(text)-60):])
	}
	for _, want := range []string{"broken.json: broken JSON", "nodata.json: field data", "no adapter", "only on Sundays", "5 case files cannot be read"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table does not say %q:\n%s", want, text)
		}
	}
	var back Report
	b, err := json.Marshal(rep)
	if err != nil || json.Unmarshal(b, &back) != nil || len(back.Results) != len(rep.Results) {
		t.Errorf("JSON: %v", err)
	}
}

func TestRunNeedsCases(t *testing.T) {
	if _, err := Run(t.Context(), t.TempDir(), &bytes.Buffer{}, false); err == nil {
		t.Error("an empty directory is no error")
	}
}

func TestWhere(t *testing.T) {
	f, err := ParseFrame([]byte("q1,sex,sch_wide\n1,F,Yes\n4,M,No\n,F,\n10,M,Yes\n"))
	if err != nil {
		t.Fatal(err)
	}
	for cond, want := range map[string]string{
		"q1>=4":                             "FT?T",
		"q1==1 | sex=='M'":                  "TT?T",
		"q1<5 & sch.wide == \"Yes\"":        "TF?F",
		"!(q1 = 4)":                         "TF?T",
		"sex in (F) and q1 != 4":            "TF?F",
		"q1 %in% c(1, 10)":                  "TFFT",
		"is.na(q1) or sex == 'nobody'":      "FFTF",
		"sch_wide=='No' || sch_wide=='Yes'": "TT?T",
	} {
		got, err := f.Where(cond)
		s := ""
		for _, v := range got {
			s += string("FT?"[v])
		}
		if err != nil || s != want {
			t.Errorf("%s: %s (%v), want %s", cond, s, err, want)
		}
	}
	for _, bad := range []string{"", "q1", "q1 >", "q9==1", "(q1==1", "q1 ~ 3", "q1 in 3", "q1==1 q1", "q1 in (1"} {
		if _, err := f.Where(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestModelMatrix(t *testing.T) {
	f, err := ParseFrame([]byte("y,a,x\n1,u,2\n2,v,3\n3,w,4\n"))
	if err != nil {
		t.Fatal(err)
	}
	c := &Case{Data: f}
	for formula, want := range map[string]string{
		"y~a+x": "(Intercept) av aw x",
		"y~a*x": "(Intercept) av aw x av:x aw:x",
		// R's names and codings (4.2.2, model.matrix)
		"y~x:a+x":            "(Intercept) x x:av x:aw",
		"y~x:a":              "(Intercept) x:au x:av x:aw",
		"y~0+a:x":            "au:x av:x aw:x",
		"y~(a+x)^2-x":        "(Intercept) av aw au:x av:x aw:x",
		"y~a/x":              "(Intercept) av aw au:x av:x aw:x",
		"y~log(x)+I(x^2)":    "(Intercept) log(x) I(x^2)",
		"y~I((x-3)^2)*a":     "(Intercept) I((x - 3)^2) av aw I((x - 3)^2):av I((x - 3)^2):aw",
		"y~I(x>2)+sqrt(x+1)": "(Intercept) I(x > 2)TRUE sqrt(x + 1)",
		"y ~ factor(x) - 1":  "factor(x)2 factor(x)3 factor(x)4",
		"log(y)~I(x/2*3)":    "(Intercept) I(x/2 * 3)",
		"~a-1":               "au av aw",
		"~0+x":               "x",
		"y~1":                "(Intercept)",
	} {
		p, err := c.Formula(formula)
		if err != nil {
			t.Fatal(err)
		}
		m, err := c.ModelMatrix(p, nil)
		if got := strings.Join(m.Names, " "); err != nil || got != want {
			t.Errorf("%s: %s (%v), want %s", formula, got, err, want)
		}
	}
	crossed := "y~p0"
	for k := range 12 {
		crossed += fmt.Sprintf("*p%d", k+1)
	}
	for _, bad := range []string{"y", "y~", "y~poly(x,2)", "y~x^2", "y~x++a", "y~log(x", "y~offset(x)", "y~(a+x)^x", "y~log(x)+",
		"y~x**a", "y~*x", "y~x:", crossed, "y~(" + strings.ReplaceAll(crossed[2:], "*", "+") + ")^8"} {
		if _, err := ParseFormula(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

// Whatever the files hold, loading and checking never panic, and a case that
// loads gets a verdict.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"case":"a","method":"B.mean_total_var","data":"d.csv","design":{"weight":"x"},"params":{"vars":["x"]},"expected":{"n":3}}`), []byte("x,g\n1,a\n2,b\n"))
	f.Add([]byte(`{"case":"a","method":"B.domain","data":"d.csv","design":{"ids":"g","fpc":"x"},"params":{"y":"x","by":"g","subset":"x>1"},"expected":{"df_used":null}}`), []byte("x,g\n1,a\n,b\n"))
	f.Add([]byte(`{"case":"a","method":"B.glm","data":"d.csv","design":[],"params":{"formula":"x~g"},"expected":{"a":[1,{"b":null}]},"tolerance":{"rel":1e-9}}`), []byte("\xef\xbb\xbfx,g\n1,a\n"))
	f.Add([]byte(`{"case":"a","method":"D.JK1","data":"d.csv","params":{"y":"x","scale":1,"rscales":[1,1]},"expected":{"degf":1}}`), []byte("x,rw1,rw2\n1,1,0\n2,0,1\n"))
	f.Fuzz(func(t *testing.T, spec, data []byte) {
		if len(data) > 4096 || len(spec) > 4096 {
			return
		}
		dir := fstest.MapFS{"a.json": {Data: spec}, "d.csv": {Data: data}}
		c, err := Load(dir, "a.json")
		if err != nil {
			return
		}
		if _, err := json.Marshal(Check(c)); err != nil {
			t.Fatal(err)
		}
	})
}
