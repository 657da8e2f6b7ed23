package errs

import (
	"fmt"
	"testing"
)

// Whoever asks whether the state refused an act need not know why.
func TestConflictCoversItsFamily(t *testing.T) {
	t.Parallel()
	for code, want := range map[Code]bool{Conflict: true, NotNow: true, Done: true, Closed: true, Barred: true, Differs: true, Gone: false, Invalid: false, NotFound: false, Internal: false} {
		err := fmt.Errorf("wrapped: %w", New(code, "a.b", "x"))
		if Is(err, Conflict) != want || !Is(err, code) {
			t.Errorf("%s: %v", code, Is(err, Conflict))
		}
	}
	if Is(New(Conflict, "", "x"), NotNow) || Is(nil, Conflict) {
		t.Error("a code covers more than itself")
	}
}
