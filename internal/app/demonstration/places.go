package demonstration

import (
	"context"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/app/intake"
	"gongping/internal/demo"
)

// places imports where the buildings stand, and lets two of three evaluators
// agree that their phones say how far they were from them.
func (s *setup) places(ctx context.Context) error {
	if _, err := s.file(ctx, s.as("manager"), intake.Request{Kind: intake.Places}, "楼栋坐标.csv", s.world.WritePlaces, nil); err != nil {
		return err
	}
	for _, a := range s.world.Accounts {
		if a.Role == "evaluator" && agrees(a.Login) {
			if err := s.field.SetDistanceConsent(ctx, s.as(a.Login), true); err != nil {
				return err
			}
		}
	}
	return nil
}

func hashOf(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// agrees tells whether an evaluator of the demonstration has consented.
func agrees(login string) bool { return hashOf(login)%3 != 0 }

// reading is what the phone of a simulated interview at a door says: the honest
// stand at the door, some with a poor signal, a few with a stale position.
func reading(evaluator string, v *demo.Visit) (d field.Device) {
	if v.Mode != "door" || !agrees(evaluator) {
		return d
	}
	r := rand.New(rand.NewPCG(fieldworkSeed, hashOf(v.PersonID)))
	if r.Float64() < 0.15 { // no position in the stairwell
		return d
	}
	far, wide := 20+math.Abs(25*r.NormFloat64()), 10+40*r.Float64()
	if r.Float64() < 0.02 {
		far += 700
	}
	d.DistanceM, d.AccuracyM = &far, &wide
	return d
}

// phones registers a few phones, as they would be after a day in the field.
func (s *setup) phones(ctx context.Context) error {
	n := 0
	for _, a := range s.world.Accounts {
		if a.Role != "evaluator" || !a.Featured || n == 4 {
			continue
		}
		n++
		if _, err := s.field.PackCases(ctx, s.as(a.Login), app.NewID(), nil, field.PhoneReport{Waiting: n % 3, Drafts: n / 3, Build: "demo"}); err != nil {
			return err
		}
	}
	return nil
}
