package audit

import (
	"testing"

	"gongping/internal/authz"
	"gongping/web/locale"
)

// TestEveryActHasAName: whatever may stand in the log is shown in words, in both
// languages.
func TestEveryActHasAName(t *testing.T) {
	t.Parallel()
	catalog := locale.Embedded()
	for _, lang := range []locale.Lang{"zh", "en"} {
		p := catalog.For(lang)
		for _, a := range authz.Actions() {
			if key := "auditlog.action." + string(a); !p.Has(key) {
				t.Errorf("%s: no name for %s", lang, key)
			}
		}
	}
}
