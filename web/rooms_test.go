package web

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/cache"
)

// TestAllRoomsTogether builds the handler with every room there is. Two rooms
// that register the same address, or name its parameter differently, stop the
// program at its start; here that takes no database and no browser.
func TestAllRoomsTogether(t *testing.T) {
	t.Parallel()
	for _, demo := range []bool{false, true} {
		core := &app.Core{Demo: demo, Log: slog.New(slog.DiscardHandler)}
		h, err := New(Deps{Core: core, District: "310104", Cache: cache.NewLocal(), Log: core.Log, Version: "test", Account: &account.Service{Core: core}, Rooms: everyRoom(t)})
		if err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/openapi.json", nil))
		var doc struct {
			Paths map[string]map[string]struct {
				OperationID string `json:"operationId"`
			} `json:"paths"`
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &doc); err != nil || answer.Code != http.StatusOK {
			t.Fatalf("the API's document: %d, %v: %.300s", answer.Code, err, answer.Body)
		}
		if kept := answer.Header().Get("Cache-Control"); kept != "no-store" {
			t.Errorf("answers of the API may be kept by a browser after signing out: %q", kept)
		}
		ids := map[string]string{}
		for path, methods := range doc.Paths {
			for method, op := range methods {
				at := strings.ToUpper(method) + " " + path
				if other := ids[op.OperationID]; other != "" || op.OperationID == "" {
					t.Errorf("%s and %s are both called %q", at, other, op.OperationID)
				}
				ids[op.OperationID] = at
			}
		}
		if len(ids) < 100 {
			t.Errorf("only %d operations: a room is missing", len(ids))
		}
	}
}

// everyRoom fills in the rooms, also those that are added after today. Nothing
// is asked of them here but to register.
func everyRoom(t *testing.T) Rooms {
	t.Helper()
	var all Rooms
	for _, field := range reflect.ValueOf(&all).Elem().Fields() {
		if field.Kind() != reflect.Pointer {
			t.Fatalf("a room is no pointer but %s", field.Type())
		}
		field.Set(reflect.New(field.Type().Elem()))
	}
	return all
}
