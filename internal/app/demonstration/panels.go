package demonstration

import (
	"context"
	"hash/fnv"
	"math"

	"gongping/internal/app/panel"
	"gongping/internal/authz"
)

// panelSeed stands for a number thrown in public.
const panelSeed = "4625136652"

// review plans who rates whom in the open round and lets the reviewers rate the
// greater part of it: the second is severe, the third gives one impression on
// all criteria, and one steps back from a committee.
func (s *setup) review(ctx context.Context, roundID string) error {
	svc := &panel.Service{Core: s.Core}
	if err := svc.Declare(ctx, s.as("panel-5"), roundID, "", s.world.Truth.Lone.Committee, "我曾在这个居委会做过两年社工"); err != nil {
		return err
	}
	plan, err := svc.Assign(ctx, s.as("manager"), roundID, panel.Order{Per: 2, Seed: panelSeed})
	if err != nil {
		return err
	}
	login := map[string]string{}
	for l, id := range s.ids {
		login[id] = l
	}
	m, err := svc.Manage(ctx, s.as("manager"), roundID)
	if err != nil {
		return err
	}
	rated := map[string][]panel.Sheeted{}
	for _, p := range plan.Pairs {
		if chance(p.Committee, "rated") < 0.25 { // still to be rated
			continue
		}
		var marks []panel.Mark
		for _, c := range m.Criteria {
			marks = append(marks, panel.Mark{Criterion: c.ID, Score: impression(p.Committee, login[p.Reviewer], c.ID)})
		}
		rated[p.Reviewer] = append(rated[p.Reviewer], panel.Sheeted{Committee: p.Committee, Marks: marks})
	}
	for id, list := range rated {
		if err := svc.RateAll(ctx, authz.Actor{District: s.district, AccountID: id, Role: authz.Panel, Area: s.district}, roundID, list); err != nil {
			return err
		}
	}
	for _, p := range plan.Pairs {
		if p.Committee == s.world.Truth.Coached.Committee {
			_, err := svc.Attach(ctx, s.as(login[p.Reviewer]), roundID, p.Committee, "resident_voice", "议事会会议记录（演示）.txt",
				[]byte("议事会会议记录（演示）\n议题：非机动车棚改造\n到场居民：二十一户\n结果：十七户同意，方案公示五天。\n"))
			return err
		}
	}
	return nil
}

// impression is a reviewer's mark in half points.
func impression(committee, login, criterion string) float64 {
	x := 6 + 3.2*(chance(committee, "worth")-0.5) + 2.4*(chance(committee, login)-0.5)
	if login != "panel-3" {
		x += 3*(chance(committee, login, criterion)-0.5) + map[string]float64{"care": 0.5, "resident_voice": -0.4}[criterion]
	}
	if login == "panel-2" {
		x -= 1.6
	}
	return math.Round(2*min(10, max(0, x))) / 2
}

// chance is a number from 0 to 1 that is always the same for the same words.
func chance(words ...string) float64 {
	h := fnv.New64a()
	for _, w := range words {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	x := h.Sum64() // the last words change the low bits only: stir them up
	x ^= x >> 31
	x *= 0x9e3779b97f4a7c15
	x ^= x >> 29
	return float64(x>>11) / (1 << 53)
}
