package main

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/web/locale"
)

// hundred is a file of 100 MB that starts like a table and goes on with
// nothing of use.
const hundred = 100 << 20

type filler struct{ left int }

var lines = strings.Repeat("abcdefgh,12345678,\n", 4096)

func (f *filler) Read(p []byte) (int, error) {
	n := min(len(p), f.left)
	if n == 0 {
		return 0, io.EOF
	}
	f.left -= copy(p[:n], lines)
	return min(n, len(lines)), nil
}

// TestFilesOfAHundredMegabytes sends 100 MB to every page and operation that
// takes a file, once with its length told and once without. Each refuses with a
// sentence that says what is wrong, without keeping the file in memory. It does
// not run beside other tests, because it looks at the memory of the process.
func TestFilesOfAHundredMegabytes(t *testing.T) {
	if testing.Short() {
		t.Skip("sends gigabytes to itself; not in -short")
	}
	st := newQuietStage(t, nil, nil)
	system := authz.SystemActor(demo.DistrictCode)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	committee := area(t, st)
	street := committee[:9]
	accounts, cookies := &account.Service{Core: st.Core}, map[authz.Role]*http.Cookie{}
	for _, role := range []authz.Role{authz.Manager, authz.Evaluator, authz.Auditor, authz.Worker, authz.Panel} {
		at := map[authz.Role]string{authz.Worker: committee, authz.Evaluator: street}[role]
		if at == "" {
			at = demo.DistrictCode
		}
		_, err := accounts.Create(t.Context(), system, account.New{Login: string(role), Name: string(role), Role: role, Area: at, Password: password})
		must(err)
		_, token, _, err := accounts.SignIn(t.Context(), demo.DistrictCode, string(role), password, nil)
		must(err)
		cookies[role] = &http.Cookie{Name: "gp_session", Value: token, Path: "/"}
	}
	nobody := app.NewID()
	json := func(path string) target { return target{authz.Manager, path, "", "application/json", "upload.large"} }
	file := func(path, key string) target { return target{authz.Manager, path, "", "application/octet-stream", key} }
	list := []target{
		// Tables may be larger than this: they are read as a stream, and told what is wrong with them.
		{authz.Manager, "/import/areas", "file", "", "import.header_missing"}, file("/api/v1/imports/areas", "import.header_missing"),
		{authz.Manager, "/import/workers", "file", "", "import.header_missing"},
		{authz.Manager, "/questionnaires/import", "file", "", "exchange.too_large"}, file("/api/v1/questionnaires/read", "upload.large"),
		{authz.Manager, "/words/intake/files", "file", "", "upload.large"}, file("/api/v1/words/files", "upload.large"),
		{authz.Manager, "/words/codebook", "file", "", "upload.large"}, json("/api/v1/words/codebook"),
		{authz.Evaluator, "/app/import", "file", "", "upload.large"}, {authz.Evaluator, "/api/v1/offline/import", "", "application/octet-stream", "upload.large"},
		{authz.Evaluator, "/api/v1/sync", "", "application/json", "upload.large"},
		{authz.Auditor, "/audit/verify", "checkpoint", "", "upload.large"},
		{authz.Worker, "/appeals", "files", "", "upload.large"}, {authz.Worker, "/api/v1/appeals", "", "application/json", "upload.large"},
		{authz.Worker, "/conflicts", "files", "", "upload.large"},
		{authz.Panel, "/panel/" + nobody + "/" + committee + "/files", "file", "", "upload.large"},
		{authz.Panel, "/api/v1/rounds/" + nobody + "/panel/" + committee + "/files", "", "application/json", "upload.large"},
		json("/api/v1/frames/" + nobody + "/freeze"), json("/api/v1/surveys"),
	}
	peak := watchMemory(t)
	for _, told := range []bool{true, false} {
		// Whole, all of them would be 2 GB. A body of JSON that does not say how large
		// it is is read up to what its operation takes.
		most := map[bool]int64{true: 384 << 20, false: 768 << 20}[told]
		before := peak(true)
		t.Run(fmt.Sprintf("told=%t", told), func(t *testing.T) {
			for _, x := range list {
				t.Run(strings.ReplaceAll(x.path, nobody, "ID"), func(t *testing.T) {
					t.Parallel()
					x.send(t, st.URL, cookies[x.role], told)
				})
			}
		})
		grown := peak(false) - before
		t.Logf("told=%t: %d files took at most %d MB of memory", told, len(list), grown>>20)
		if grown > most {
			t.Errorf("told=%t: they took %d MB of memory", told, grown>>20)
		}
	}
}

// target is a page or operation that takes a file: as a field of a form, or as
// the body where there is no field.
type target struct {
	role              authz.Role
	path, field, kind string
	key               string // of the sentence of the refusal
}

func (x target) send(t *testing.T, base string, cookie *http.Cookie, told bool) {
	lang, body, kind, size := locale.English, io.Reader(&filler{hundred}), x.kind, int64(hundred)
	if !told {
		lang = locale.Chinese
	}
	if x.field != "" {
		body, kind, size = form(t, x.field)
	}
	req, err := http.NewRequest(http.MethodPost, base+x.path, io.NopCloser(body))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(x.path, "/api/v1/words/codebook") {
		req.Method = http.MethodPut
	}
	if told {
		req.ContentLength = size
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Accept-Language", string(lang))
	req.AddCookie(cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("no answer that a client can read: %v", err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := http.StatusRequestEntityTooLarge
	if x.key == "import.header_missing" {
		want = http.StatusOK // of the preview, which tells the faults
	}
	text := string(b)
	if !strings.HasPrefix(x.path, "/api/") {
		text = visible(text)
	}
	p := locale.Embedded().For(lang)
	sentence, _, _ := strings.Cut(p.Map(x.key, map[string]any{"Max": "\x00"}), "\x00")
	if res.StatusCode != want || !strings.Contains(strings.ToLower(text), strings.ToLower(strings.TrimRight(sentence, ".。"))) {
		t.Errorf("%d, want %d and %q:\n%.1500s", res.StatusCode, want, sentence, text)
	}
}

// area puts one committee into the district.
func area(t *testing.T, st *stage) (committee string) {
	t.Helper()
	var text strings.Builder
	world := demo.Generate(7, demo.Options{Streets: 1, Committees: 1, Residents: 300})
	if err := world.WriteAreas(&text, demo.Chinese); err != nil {
		t.Fatal(err)
	}
	src, err := intake.NewSource("x.csv", strings.NewReader(text.String()), int64(text.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = intake.New(st.Core, t.TempDir()).Import(t.Context(), authz.SystemActor(demo.DistrictCode), intake.Request{Kind: intake.Areas}, src, nil); err != nil {
		t.Fatal(err)
	}
	return world.Workers[0].AreaCode
}

// form is a multipart form with the file, and its size.
func form(t *testing.T, field string) (io.Reader, string, int64) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if _, err := w.CreateFormFile(field, "large.csv"); err != nil {
		t.Fatal(err)
	}
	head := bytes.Clone(b.Bytes())
	b.Reset()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return io.MultiReader(bytes.NewReader(head), &filler{hundred}, bytes.NewReader(b.Bytes())), w.FormDataContentType(), int64(len(head) + hundred + b.Len())
}

// watchMemory gives the largest heap that was seen since it was last asked to
// forget.
func watchMemory(t *testing.T) func(forget bool) int64 {
	t.Helper()
	var mu sync.Mutex
	var most int64
	look := func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		mu.Lock()
		most = max(most, int64(m.HeapInuse))
		mu.Unlock()
	}
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				look()
			}
		}
	}()
	return func(forget bool) int64 {
		if forget {
			runtime.GC()
			mu.Lock()
			most = 0
			mu.Unlock()
		}
		look()
		mu.Lock()
		defer mu.Unlock()
		return most
	}
}
