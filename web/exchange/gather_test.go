package exchange

import (
	"testing"

	"gongping/web/locale"
)

func TestGatherJoinsWhatIsSaidTwice(t *testing.T) {
	t.Parallel()
	got := Gather([]Line{
		{Level: "changed", Where: "line 4", Item: "q1", Made: "twice"},
		{Level: "fault", Where: "line 11", Item: "q2", Made: "letter", Do: "look"},
		{Level: "changed", Where: "line 8", Item: "q2", Made: "twice"},
		{Level: "fault", Where: "line 12", Item: "q3", Made: "letter", Do: "look elsewhere"},
		{Level: "fault", Where: "line 13", Made: "twice"},
	}, locale.Embedded().For(locale.English))
	if len(got) != 4 {
		t.Fatalf("%+v", got)
	}
	if p := got[0].Places; len(p) != 2 || p[0] != (Place{"line 4", "q1"}) || p[1] != (Place{"line 8", "q2"}) {
		t.Errorf("places %+v", p)
	}
	if got[1].Made != "letter" || got[2].Do != "look elsewhere" || got[3].Level != "fault" || len(got[3].Places) != 1 {
		t.Errorf("%+v", got)
	}
}

// TestGatherNamesKindsInOneSentence: settings that nobody acts on do not bury
// what somebody has to.
func TestGatherNamesKindsInOneSentence(t *testing.T) {
	t.Parallel()
	p := locale.Embedded().For(locale.Chinese)
	var lines []Line
	for _, name := range []string{"url", "minimal", "quick"} {
		lines = append(lines, Line{Level: "note", Key: "appearance", Found: name, Where: name, Made: "x " + name}, Line{Level: "lost", Key: "calculate", Found: name, Made: "y " + name})
	}
	got := Gather(lines, p)
	if len(got) != 4 || got[0].Made != "3 种显示方式没有采用（url、minimal、quick），题目用本系统的大字样式显示。" || len(got[0].Places) != 3 || got[3].Made != "y quick" {
		t.Errorf("%+v", got)
	}
	for i := range lines {
		lines[i].Where = ""
	}
	if got := Gather(lines, p); len(got[0].Places) != 1 {
		t.Errorf("places of the file as a whole: %+v", got[0].Places)
	}
	if got := Gather(lines[:4], p); len(got) != 4 {
		t.Errorf("two of a kind were joined: %+v", got)
	}
}
