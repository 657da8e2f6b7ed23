package field_test

import (
	"strings"
	"testing"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/survey/fieldwork"
)

func metres(q *field.QueuedResponse, d, accuracy float64) { q.DistanceM, q.AccuracyM = &d, &accuracy }

// Without consent no place leaves the server and no distance is kept; with it
// both do, for cases that are still to be asked; after it is withdrawn neither.
func TestDistanceNeedsConsent(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	f.PlaceBuildings(fieldwork.Place{Lat: 31.18, Lon: 121.43})
	who, cases := f.Someone()
	device := app.NewID()
	pack := func() field.Pack {
		p, err := f.Field.PackCases(f.Ctx, who, device, []string{cases[0].ID}, field.PhoneReport{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	withPlace := func(p field.Pack) (n int) {
		for _, c := range p.Cases {
			if c.Place != nil {
				n++
			}
		}
		return n
	}
	send := func(i int, door bool) string {
		r := queued(cases[i].ID, "4")
		metres(&r, 43, 12)
		if !door {
			r.Mode = "phone"
		}
		a := try(cases[i].ID, f.Clock.Now())
		a.DistanceM, a.AccuracyM = r.DistanceM, r.AccuracyM
		rep, err := f.Field.Sync(f.Ctx, who, field.Queue{SentAt: f.Clock.Now(), Attempts: []field.QueuedAttempt{a}, Responses: []field.QueuedResponse{r}})
		if err != nil || rep.Responses[0].Status != field.Accepted || rep.Attempts[0].Status != field.Accepted {
			t.Fatal(rep, err)
		}
		var data string
		var tried *float64
		db := testkit.OwnerDB(t)
		if err := db.QueryRow(f.Ctx, `select paradata::text from response where id = $1`, r.ID).Scan(&data); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRow(f.Ctx, `select distance_m from contact_attempt where id = $1`, a.ID).Scan(&tried); err != nil {
			t.Fatal(err)
		}
		if (tried != nil) != strings.Contains(data, "distance_m") && door {
			t.Errorf("case %d: attempt and interview differ: %v, %s", i, tried, data)
		}
		return data
	}
	if p := pack(); p.Distance || withPlace(p) != 0 {
		t.Error("places leave without consent")
	}
	if data := send(0, true); strings.Contains(data, "_m") {
		t.Errorf("a distance is kept without consent: %s", data)
	}
	for range 2 {
		if err := f.Field.SetDistanceConsent(f.Ctx, who, true); err != nil {
			t.Fatal(err)
		}
	}
	p := pack()
	if !p.Distance || withPlace(p) != len(cases)-1 {
		t.Errorf("%d places for %d open cases", withPlace(p), len(cases)-1)
	}
	other := f.Other(who)
	if q, err := f.Field.PackCases(f.Ctx, other, app.NewID(), nil, field.PhoneReport{}); err != nil || withPlace(q) != 0 {
		t.Errorf("consent of one gives places to another: %v", err)
	}
	if data := send(1, true); !strings.Contains(data, `"distance_m": 40`) || !strings.Contains(data, `"accuracy_m": 20`) {
		t.Errorf("with consent: %s", data)
	}
	if data := send(2, false); strings.Contains(data, "distance") {
		t.Errorf("a distance of a call: %s", data)
	}
	if err := f.Field.SetDistanceConsent(f.Ctx, who, false); err != nil {
		t.Fatal(err)
	}
	if p := pack(); p.Distance || withPlace(p) != 0 {
		t.Error("places leave after the consent was withdrawn")
	}
	if data := send(3, true); strings.Contains(data, "distance") {
		t.Errorf("after the withdrawal: %s", data)
	}
	var given, acts int
	db := testkit.OwnerDB(t)
	if err := db.QueryRow(f.Ctx, `select (select count(*) from field_consent), (select count(*) from audit_log where action = 'field.consent')`).Scan(&given, &acts); err != nil || given != 2 || acts != 3 {
		t.Errorf("%d rows of consent, %d acts in the log, %v", given, acts, err)
	}
	for _, role := range []authz.Role{authz.Supervisor, authz.Manager, authz.Auditor, authz.Leader} {
		if err := f.Field.SetDistanceConsent(f.Ctx, f.Role(role), true); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s consents: %v", role, err)
		}
	}
}

// A lost phone: the supervisor sees it, blocks it, lets it in again when it is
// found; the evaluator can only block. What has arrived stays.
func TestALostPhone(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	device, boss := app.NewID(), f.Role(authz.Supervisor)
	if _, err := f.Field.PackCases(f.Ctx, who, device, nil, field.PhoneReport{Waiting: 3, Drafts: 1, Stuck: -4, Build: "abc"}); err != nil {
		t.Fatal(err)
	}
	list, err := f.Field.Phones(f.Ctx, boss)
	if err != nil || len(list) != 1 || list[0].Name != who.Name || list[0].Waiting != 3 || list[0].Stuck != 0 || list[0].Build != "abc" || list[0].SeenAt == nil {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := f.Field.Submit(f.Ctx, who, fieldtest.Submission(cases[0].ID, "4")); err != nil {
		t.Fatal(err)
	}
	elsewhere := boss
	elsewhere.Area = "310104999"
	for _, x := range []authz.Actor{f.Other(who), f.Role(authz.Leader), f.Role(authz.Auditor), elsewhere} {
		if err := f.Field.BlockPhone(f.Ctx, x, device, "x"); err == nil {
			t.Errorf("%s of %s blocks the phone", x.Role, x.Area)
		}
	}
	for range 2 {
		if err := f.Field.BlockPhone(f.Ctx, boss, device, "丢在公交车上"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Field.UnlockDevice(f.Ctx, who, device); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a blocked phone is unlocked: %v", err)
	}
	if err := f.Field.AdmitPhone(f.Ctx, who, device, "找到了"); err == nil {
		t.Error("the evaluator lets the phone in")
	}
	if err := f.Field.AdmitPhone(f.Ctx, boss, device, " "); !errs.Is(err, errs.Invalid) {
		t.Errorf("without a reason: %v", err)
	}
	if err := f.Field.AdmitPhone(f.Ctx, f.Role(authz.Manager), device, "已找回"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Field.UnlockDevice(f.Ctx, who, device); err != nil {
		t.Errorf("it is not let in: %v", err)
	}
	if err := f.Field.BlockPhone(f.Ctx, who, device, ""); err != nil { // lost again
		t.Fatal(err)
	}
	if list, err = f.Field.Phones(f.Ctx, boss); err != nil || list[0].RevokedAt == nil {
		t.Errorf("%+v, %v", list, err)
	}
	var acts, events, answers int
	if err := testkit.OwnerDB(t).QueryRow(f.Ctx, `select (select count(*) from audit_log where action = 'phone.block'), (select count(*) from field_device_event),
		(select count(*) from response)`).Scan(&acts, &events, &answers); err != nil || acts != 4 || events != 3 || answers != 1 {
		t.Errorf("%d acts, %d events, %d answers, %v", acts, events, answers, err)
	}
}
