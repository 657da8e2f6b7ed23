package problem

import (
	"testing"

	"gongping/internal/errs"
	"gongping/web/locale"
)

// A person who reads a refused form's page meets one language, no field of the
// API and no sentence twice.
func TestAPageSpeaksOneLanguage(t *testing.T) {
	t.Parallel()
	err := errs.New(errs.Invalid, "grade.reason", "this needs a reason of at least %d characters", 10).With(map[string]any{"Min": 10}).
		At("reason", "短", "why, in a sentence", "write the reason and send again")
	for lang, want := range map[locale.Lang]string{locale.Chinese: "“短”", locale.English: "“短” · why, in a sentence"} {
		p := From(err, locale.Embedded().For(lang))
		forPeople(p, lang)
		if len(p.Errors) != 1 || p.Errors[0].Line() != want {
			t.Errorf("%s: %+v", lang, p.Errors)
		}
		if hint := map[locale.Lang]string{locale.Chinese: "", locale.English: "Write the reason and send again."}[lang]; p.Hint != hint {
			t.Errorf("%s: the hint is %q", lang, p.Hint)
		}
	}
}
