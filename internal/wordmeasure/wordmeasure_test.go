package wordmeasure_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gongping/internal/wordmeasure"
)

// The collections are not part of the repository: a missing one is named, a
// small one of our own is measured.
func TestMeasure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "hotel-reviews-zh")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	text := "id,label,review\n"
	for i := range 60 {
		line := []string{",1,房间很干净服务很好\n", ",0,房间太吵服务很差\n"}[i%2]
		text += string(rune('a'+i%26)) + string(rune('a'+i/26)) + line
	}
	if err := os.WriteFile(filepath.Join(folder, "reviews.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := wordmeasure.Measure(dir)
	if err != nil {
		t.Fatal(err)
	}
	measured := 0
	for _, r := range list {
		if r.Skipped == "" {
			measured++
			if r.Set != "hotel-reviews-zh" || r.Report.Accuracy != 1 || r.Report.Test != 60 {
				t.Errorf("%+v", r)
			}
		}
	}
	found, err := wordmeasure.MeasureCampaigns(dir)
	if err != nil || !found.Skipped || measured != 1 {
		t.Errorf("%d measured, %+v, %v", measured, found, err)
	}
	var b strings.Builder
	if err := wordmeasure.Write(&b, list); err != nil || !strings.Contains(b.String(), "| hotel-reviews-zh | polarity | 5") || !strings.Contains(b.String(), "not in the folder") {
		t.Errorf("%v\n%s", err, b.String())
	}
}
