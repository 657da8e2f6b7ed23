package words_test

import (
	"slices"
	"strings"
	"testing"

	"gongping/internal/app/words"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/pg/auditdb"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/spoken"
	"gongping/scoring/qualitative"
)

// TestNamesTheServerKnowsAreMasked: no pattern sees these names, the frame and
// the list of workers do. That the frame was opened is in the log.
func TestNamesTheServerKnowsAreMasked(t *testing.T) {
	t.Parallel()
	r := scored.Load(t)
	ctx := t.Context()
	var committee string
	if err := testkit.OwnerDB(t).QueryRow(ctx, `select committee from response where id = $1`, r.Responses[0]).Scan(&committee); err != nil {
		t.Fatal(err)
	}
	r.SealNames(committee)
	i := slices.IndexFunc(r.Demo.People, func(p demo.Person) bool {
		return p.Committee == committee && len([]rune(p.Name)) == 4 && !strings.Contains(p.Name, "〇")
	})
	worker := strings.Fields(r.Actor("worker-collective").Name)
	names := []string{r.Demo.People[i].Name, worker[len(worker)-1]}
	text := "门洞" + names[0] + "半夜剁肉；窗口" + names[1] + "爱理不理"
	m, _ := qualitative.Mask(text)
	for _, name := range names {
		if !strings.Contains(m, string([]rune(name)[2:])) {
			t.Fatalf("a pattern finds %s in %s: %s", name, text, m)
		}
	}
	spoken.Add(t, r, append([]string{text}, spoken.Comments[1:]...)...)
	if _, err := words.New(r.Core).TakeIn(ctx, r.Actor("manager"), r.ID); err != nil {
		t.Fatal(err)
	}
	if n := count(t, `select count(*) from comment where body = '门洞[姓名]半夜剁肉；窗口[姓名]爱理不理'`); n != 1 {
		var body string
		testkit.OwnerDB(t).QueryRow(ctx, `select body from comment where response_id = $1`, r.Responses[0]).Scan(&body)
		t.Errorf("%v stand in %s", names, body)
	}
	log, err := auditdb.List(ctx, r.Pool, demo.DistrictCode, auditdb.Filter{Action: string(authz.IdentityRead)})
	if err != nil || len(log) != 1 || !strings.Contains(string(log[0].Detail), `"masking"`) {
		t.Errorf("opening the frame's names is not in the log: %+v %v", log, err)
	}
}
