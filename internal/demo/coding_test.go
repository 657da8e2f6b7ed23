package demo

import "testing"

// A simulated coder takes praise for praise, a wish for a wish and a grievance
// for blame: whoever reads the demonstration's coded texts must not stumble.
func TestCodersReadWhatIsSaid(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		texts    []string
		polarity int
	}{{praise, good}, {wish, wanted}, {grievanceSaid, blame}} {
		for _, text := range tc.texts {
			codes := Judge(text, 2)
			if len(codes) == 0 {
				t.Errorf("%s: not coded", text)
			}
			for _, c := range codes {
				if c.Polarity != tc.polarity {
					t.Errorf("%s: coded as %s %d, want %d", text, c.Topic, c.Polarity, tc.polarity)
				}
			}
		}
	}
}
