package exchange

import "testing"

func TestGatherJoinsWhatIsSaidTwice(t *testing.T) {
	t.Parallel()
	got := Gather([]Line{
		{Level: "changed", Where: "line 4", Item: "q1", Made: "twice"},
		{Level: "fault", Where: "line 11", Item: "q2", Made: "letter", Do: "look"},
		{Level: "changed", Where: "line 8", Item: "q2", Made: "twice"},
		{Level: "fault", Where: "line 12", Item: "q3", Made: "letter", Do: "look elsewhere"},
		{Level: "fault", Where: "line 13", Made: "twice"},
	})
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
