package problem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"gongping/internal/errs"
	"gongping/web/locale"
)

func TestEveryCodeHasAStatusAndSentences(t *testing.T) {
	t.Parallel()
	want := map[errs.Code]int{
		errs.Invalid: 422, errs.Unauthorized: 401, errs.Forbidden: 403, errs.NotFound: 404, errs.Conflict: 409, errs.NotNow: 409, errs.Done: 409, errs.Closed: 409, errs.Barred: 409, errs.Differs: 409,
		errs.Gone: 410, errs.TooMany: 429, errs.TooLarge: 413, errs.Unavailable: 503, errs.Internal: 500, "unheard-of": 500,
	}
	for code, status := range want {
		for _, lang := range locale.Langs {
			p := From(errs.New(code, "", "x"), locale.Embedded().For(lang))
			if p.Status != status || strings.Contains(p.Title, "problem.") || p.Detail == "" {
				t.Errorf("%s %s: %+v", lang, code, p)
			}
		}
	}
}

func TestInternalErrorsSayNothingOfTheirCause(t *testing.T) {
	t.Parallel()
	secret := errors.New("password=hunter2 at host db1")
	for _, err := range []error{secret, errs.Wrap(secret, errs.Internal, "x.y", "hunter2"), fmt.Errorf("hunter2: %w", secret),
		errs.Wrap(secret, errs.Unavailable, "", "the database is away")} {
		b, _ := json.Marshal(From(err, locale.Embedded().For(locale.English)))
		if strings.Contains(string(b), "hunter2") || strings.Contains(string(b), "db1") {
			t.Errorf("%s", b)
		}
	}
}

func TestDataFaultsKeepPlaceFindingExpectationAndHint(t *testing.T) {
	t.Parallel()
	row := errs.New(errs.Invalid, "", "birth year out of range").At("B14", "19555", "1906 to 2008", "check it")
	whole := errs.New(errs.Invalid, "", "2 rows are wrong")
	whole.Details = []*errs.Error{row, row}
	p := From(fmt.Errorf("import: %w", whole), locale.Embedded().For(locale.English))
	if len(p.Errors) != 2 || p.Errors[0] != (Detail{"B14", "Birth year out of range.", "19555", "1906 to 2008", "Check it."}) {
		t.Errorf("%+v", p)
	}
	if got := p.Errors[0].Line(); got != "B14 · Birth year out of range. · “19555” · 1906 to 2008 · Check it." {
		t.Errorf("%q", got)
	}
}

// TestHuma is the only test that sets huma's package variables.
func TestHuma(t *testing.T) {
	gin.SetMode(gin.TestMode)
	var logged []error
	Huma(locale.Embedded(), func(_ context.Context, err error) { logged = append(logged, err) })
	e := gin.New()
	e.Use(WithLang())
	api := humagin.New(e, huma.DefaultConfig("x", "1"))
	type in struct {
		Kind string `path:"kind" maxLength:"8"`
	}
	huma.Get(api, "/api/{kind}", func(_ context.Context, i *in) (*struct{}, error) {
		switch i.Kind {
		case "frozen":
			return nil, errs.New(errs.Conflict, "", "frozen")
		case "broken":
			return nil, errors.New("hunter2")
		}
		return nil, nil
	})
	get := func(path string) (int, string, string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Language", "zh-CN")
		e.ServeHTTP(w, r)
		return w.Code, w.Header().Get("Content-Type"), w.Body.String()
	}
	if code, ct, body := get("/api/frozen"); code != 409 || ct != ContentType || !strings.Contains(body, "内容已有变化") {
		t.Errorf("%d %s %s", code, ct, body)
	}
	if code, _, body := get("/api/broken"); code != 500 || strings.Contains(body, "hunter2") || len(logged) != 1 {
		t.Errorf("%d %s, logged %v", code, body, logged)
	}
	if code, _, body := get("/api/much-too-long"); code != 422 || !strings.Contains(body, "path.kind") {
		t.Errorf("%d %s", code, body)
	}
}
