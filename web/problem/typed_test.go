package problem

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"gongping/internal/errs"
	"gongping/web/page/render"
)

// Somebody who writes for an hour and sends the form after the session has ended
// finds it on the page; what could do harm is not sent back.
func TestAFormOutlivesItsSession(t *testing.T) {
	t.Parallel()
	r, err := render.New(render.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := gin.New()
	e.POST("/tasks", func(c *gin.Context) { Page(c, r, errs.New(errs.Unauthorized, "auth.sign_in", "sign in first")) })
	send := func(kind string, body []byte) string {
		req := httptest.NewRequest(http.MethodPost, "/tasks?x=1", bytes.NewReader(body))
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Accept-Language", "zh")
		w := httptest.NewRecorder()
		e.ServeHTTP(w, req)
		if w.Code != http.StatusUnauthorized {
			t.Errorf("status %d", w.Code)
		}
		return w.Body.String()
	}
	const form, again = "application/x-www-form-urlencoded", "再次提交"
	page := send(form, []byte(url.Values{"title": {`电动自行车"><script>`}, "level": {"street"}}.Encode()))
	for _, want := range []string{again, `action="/tasks?x=1"`, `name="title" value="电动自行车&#34;&gt;&lt;script&gt;"`, `name="level" value="street"`, `target="_blank"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("statement", "访问员没有出示证件")
	f, _ := m.CreateFormFile("file", "x.txt")
	_, _ = f.Write([]byte("geheim"))
	_ = m.Close()
	if page := send(m.FormDataContentType(), b.Bytes()); !strings.Contains(page, "访问员没有出示证件") || strings.Contains(page, "geheim") {
		t.Error("the fields beside a file are lost, or the file is on the page")
	}
	many := url.Values{}
	for i := range typedFields + 1 {
		many.Set(fmt.Sprint("f", i), "x")
	}
	for name, body := range map[string]string{"a password": "login=x&password=geheim", "too many fields": many.Encode(), "a large body": "text=" + strings.Repeat("x", typedBody), "nothing": ""} {
		if page := send(form, []byte(body)); strings.Contains(page, again) || strings.Contains(page, "geheim") {
			t.Errorf("%s is sent back", name)
		}
	}
}
