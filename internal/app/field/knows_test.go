package field

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"gongping/survey/instrument"
)

// Knows waits for the readings in the background and tells whether an answer
// of the case would be taken without asking the database first.
func Knows(s *Service, district, caseID string) bool {
	s.submit.reads.Wait()
	return s.factsOf(district).open(uuid.MustParse(caseID))
}

// Forget lets a service know as little of the cases as after its start.
func Forget(s *Service, district string) {
	s.submit.reads.Wait()
	f := s.factsOf(district)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reset()
}

// The digest of every answer ever taken was made by encoding/json; the shorter
// way must give the same bytes.
func TestDigestedBytesAreThoseOfTheEncoder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := instrument.Answers(rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "answers"))
		if rapid.IntRange(0, 9).Draw(t, "none") == 0 {
			a = nil
		}
		id, round, mode := rapid.String().Draw(t, "id"), rapid.String().Draw(t, "round"), rapid.String().Draw(t, "mode")
		version := rapid.Int().Draw(t, "version")
		want, err := json.Marshal(struct {
			V       int                `json:"v"`
			ID      string             `json:"id"`
			Round   string             `json:"round"`
			Version int                `json:"version"`
			Mode    string             `json:"mode"`
			Answers instrument.Answers `json:"answers"`
		}{1, id, round, version, mode, a})
		if err != nil {
			t.Fatal(err)
		}
		if got := appendDigested(nil, id, round, version, mode, appendAnswers(nil, a)); string(got) != string(want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}
