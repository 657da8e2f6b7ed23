package main

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
)

var away = regexp.MustCompile(`(?:href|src|action|hx-get|hx-post)="(?:https?:)?//[^"]*"`)

// residents plays whoever holds a personal link or a receipt, and whoever guesses
// one: nobody learns anything about a person from them, and the link's token goes
// nowhere else.
func residents(st *stage, f *fieldtest.Fixture, who authz.Actor, cases []field.CaseView, secrets map[string]string) {
	t := st.t
	mine := cases[len(cases)-1]
	link, _, err := f.Field.IssueLink(f.Ctx, who, mine.ID)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path string, form url.Values) (int, string) {
		t.Helper()
		req, err := http.NewRequest(method, st.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Language", "zh-CN")
		if form != nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		body, head := string(b), ""
		for key, values := range res.Header {
			head += key + ": " + strings.Join(values, " ") + "\n"
		}
		if res.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: Referrer-Policy %q: the address, with its token, goes along with the next request", path, res.Header.Get("Referrer-Policy"))
		}
		if !strings.Contains(res.Header.Get("Cache-Control"), "no-store") || res.Header.Get("ETag") != "" {
			t.Errorf("%s: Cache-Control %q, ETag %q", path, res.Header.Get("Cache-Control"), res.Header.Get("ETag"))
		}
		for secret, what := range secrets {
			if strings.Contains(body+head, secret) {
				t.Errorf("%s %s shows the %s of a person", method, path, what)
			}
		}
		for _, x := range cases {
			if strings.Contains(body+head, x.ID) {
				t.Errorf("%s %s names a case", method, path)
			}
		}
		if s := remark.FindString(body); s != "" {
			t.Errorf("%s holds the comment %s", path, s)
		}
		if s := away.FindString(body); s != "" {
			t.Errorf("%s leads away: %s", path, s)
		}
		if strings.Contains(head, link) {
			t.Errorf("%s: the link's token is in a header", path)
		}
		return res.StatusCode, body
	}
	n := 0
	want := func(status int, method, path string, form url.Values) string {
		t.Helper()
		n++
		got, body := ask(method, path, form)
		if got != status {
			t.Errorf("%s %s: %d, want %d", method, strings.ReplaceAll(path, link, "…"), got, status)
		}
		return body
	}
	want(200, "GET", "/r/"+link, nil)
	out, err := f.Field.SubmitByLink(f.Ctx, link, fieldtest.Submission(mine.ID, "1"))
	if err != nil || out.Receipt == "" {
		t.Fatalf("%v %+v", err, out)
	}
	used := want(410, "GET", "/r/"+link, nil)
	if strings.Contains(used, out.Receipt) {
		t.Error("a used link shows the receipt to whoever finds it")
	}
	guessed := "/r/" + strings.Repeat("A", len(link))
	want(404, "GET", guessed, nil)
	want(200, "GET", "/receipt", nil)
	want(200, "POST", "/receipt", url.Values{"code": {out.Receipt}})
	// Whatever was guessed, the answer is the same: nothing tells how near it was.
	near := []byte(out.Receipt)
	near[len(near)-1] = map[bool]byte{true: '3', false: '2'}[near[len(near)-1] == '2']
	for _, path := range []string{"/receipt", "/receipt/withdraw", "/receipt/tell"} {
		first := ""
		for _, code := range []string{"2222-3333-4444", string(near), out.Receipt[:len(out.Receipt)-1], "x"} {
			body := want(404, "POST", path, url.Values{"code": {code}, "signal": {"coached"}})
			body = strings.ReplaceAll(body, `value="`+code+`"`, "")
			if first == "" {
				first = body
			} else if body != first {
				t.Errorf("%s: wrong receipts are told apart: %s", path, firstDifference(first, body))
			}
		}
	}
	want(200, "POST", "/receipt/withdraw", url.Values{"code": {out.Receipt}})
	t.Logf("as a resident and as a guesser: %d answers (link, used link, guessed link, receipts, withdrawal, word to the auditors): no person, case, token or way out in bodies and headers", n)
}
