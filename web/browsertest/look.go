package browsertest

import "os"

// Look is a language and a screen in which a page is looked at.
type Look struct {
	Lang string
	View Viewport
}

// Looks are the combinations in which every page is looked at: each language
// and each screen once, and all four with GONGPING_LOOKS=all (make looks), which
// takes twice the time.
func Looks() []Look {
	looks := []Look{{"zh", Desktop}, {"en", Phone}}
	if os.Getenv("GONGPING_LOOKS") == "all" {
		looks = append(looks, Look{"zh", Phone}, Look{"en", Desktop})
	}
	return looks
}
