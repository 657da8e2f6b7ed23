package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/cache"
	"gongping/internal/demo"
	"gongping/internal/testkit"
	"gongping/web"
)

// FuzzSync sends whatever bytes to the synchronisation: it never fails inside,
// never takes more than one answer for a case, and what it says it accepted is
// stored.
func FuzzSync(f *testing.F) {
	fix := fieldtest.Load(f)
	accounts := &account.Service{Core: fix.Core}
	h, err := web.New(web.Deps{Core: fix.Core, District: demo.DistrictCode, Cache: cache.NewLocal(), Log: fix.Log, Version: "test",
		Account: accounts, Rooms: web.Rooms{Field: fix.Field}})
	if err != nil {
		f.Fatal(err)
	}
	who, cases := fix.Someone()
	s := &site{Fixture: fix}
	_, token, err := accounts.SignInDemo(fix.Ctx, demo.DistrictCode, s.login(who))
	if err != nil {
		f.Fatal(err)
	}
	type m = map[string]any
	for _, v := range []any{
		m{}, nil, []int{1}, m{"responses": []m{{}}}, m{"attempts": []m{{"id": "x"}}},
		m{"sent_at": "0001-01-01T00:00:00Z", "attempts": []m{{"id": app.NewID(), "case_id": cases[0].ID, "mode": "door", "disposition": "5.1", "at": "9999-12-31T23:59:59Z",
			"appointment": "0000-01-01T00:00:00Z", "clock_offset_s": 1e300, "after": "2026-11-21T00:00:00Z"}}},
		m{"responses": []m{{"id": app.NewID(), "case_id": cases[1].ID, "mode": "door", "answers": fieldtest.Answers("4"), "per_item": m{"overall": -1e308, "x": 1}, "distance_m": 1e308, "hour": 23, "seconds": 2147483647}}},
		m{"responses": []m{{"id": app.NewID(), "case_id": cases[1].ID, "mode": "phone", "answers": m{"overall": "\u202e5", "comment": "\u0000"}}}},
	} {
		b, _ := json.Marshal(v)
		f.Add(b)
	}
	f.Add([]byte(`{"responses":[{"id":"` + cases[0].ID + `","case_id":"` + cases[0].ID + `","answers":{"a":"b"`))
	owner := testkit.OwnerDB(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		req := httptest.NewRequest(http.MethodPost, "/api/v1/sync", strings.NewReader(string(body)))
		req.Header.Set("Content-Type", "application/json")
		req.AddCookie(&http.Cookie{Name: "gp_session", Value: token})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if w.Code >= 500 {
			t.Fatalf("%d: %s", w.Code, w.Body)
		}
		var out struct{ Responses []struct{ ID, Status string } }
		if w.Code == http.StatusOK {
			if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
				t.Fatal(err)
			}
		}
		for _, o := range out.Responses {
			var n int
			if err := owner.QueryRow(t.Context(), `select count(*) from response where id::text = lower($1)`, o.ID).Scan(&n); err != nil {
				t.Fatal(err)
			}
			if o.Status == "accepted" && n != 1 {
				t.Fatalf("accepted and stored %d times: %+v", n, o)
			}
		}
		var answers, complete int
		if err := owner.QueryRow(t.Context(), `select (select count(*) from response), (select count(*) from case_completion)`).Scan(&answers, &complete); err != nil {
			t.Fatal(err)
		}
		if answers != complete {
			t.Fatalf("%d answers of %d cases", answers, complete)
		}
	})
}
