package appeal

import (
	"slices"

	"gongping/internal/errs"
)

// Voted tells whether a member has voted.
func (c *Case) Voted(member string) bool {
	return slices.ContainsFunc(c.Votes, func(v Vote) bool { return v.By == member })
}

// FreeSeats is how many members have to join now: the first ones after the
// acceptance, one in the place of each who left, and a third on a split.
func (c *Case) FreeSeats() int {
	switch {
	case c.State != Accepted && c.State != Assigned && c.State != Voting:
		return 0
	case len(c.Panel) < PanelSize:
		return PanelSize - len(c.Panel)
	case c.NeedsThird():
		return 1
	}
	return 0
}

// checkRecused lets a member go in whom a conflict of interest was found, or who
// has one to tell: the service or the member, with a reason. Nobody else takes
// a member from the panel, so that nobody can choose who decides.
func (c *Case) checkRecused(e Event) error {
	if len(e.Members) != 1 || !slices.Contains(c.Panel, e.Members[0]) {
		return wrong("not_seated", "only a member who sits on the panel can leave it")
	}
	if e.By != "" && e.By != e.Members[0] {
		return wrong("recuse_who", "a member leaves by their own act or by that of the service")
	}
	return needReason(e)
}

// recuse takes a member from the panel. A vote that was cast is kept beside the
// others and not counted.
func (c *Case) recuse(member string) {
	out := func(m string) bool { return m == member }
	c.Panel = slices.DeleteFunc(slices.Clone(c.Panel), out)
	votes := c.Votes
	c.Votes = nil
	for _, v := range votes {
		if v.By == member {
			c.Aside = append(slices.Clone(c.Aside), v)
		} else {
			c.Votes = append(c.Votes, v)
		}
	}
	c.Recused = with(c.Recused, member, true)
	c.Asked = slices.DeleteFunc(slices.Clone(c.Asked), func(a Event) bool { return a.By == member })
}

// NeedsThird tells whether two votes differ and nobody has joined yet.
func (c *Case) NeedsThird() bool {
	return c.State == Voting && len(c.Votes) == PanelSize && len(c.Panel) == PanelSize && c.Votes[0].Outcome != c.Votes[1].Outcome
}

// Tally gives the decision that the votes make: what two agree on, or, where
// three differ, the middle. A reviewed answer is affected where two members
// said so. ok is false while votes are missing.
func (c *Case) Tally() (o Outcome, affected []string, ok bool) {
	switch len(c.Votes) {
	case PanelSize:
		if c.Votes[0].Outcome != c.Votes[1].Outcome {
			return "", nil, false
		}
		o = c.Votes[0].Outcome
	case PanelSize + 1:
		ranks := []int{c.Votes[0].Outcome.rank(), c.Votes[1].Outcome.rank(), c.Votes[2].Outcome.rank()}
		slices.Sort(ranks)
		o = Outcomes[ranks[1]]
	default:
		return "", nil, false
	}
	if o == Reject {
		return o, nil, true
	}
	for _, l := range c.Labels {
		n := 0
		for _, v := range c.Votes {
			if slices.Contains(v.Affected, l) {
				n++
			}
		}
		if n >= PanelSize {
			affected = append(affected, l)
		}
	}
	return o, affected, true
}

// remedy is a remedy that was named, or the ground's first.
func (c *Case) remedy(r Remedy) Remedy {
	if r == "" && len(c.Ground.Remedies) > 0 {
		return c.Ground.Remedies[0]
	}
	return r
}

// Chosen is what shall follow from a decision in the appellant's favour: what
// two of those who voted for one chose, or else the ground's first; and, where
// answers are credited away, the party that two named, or nobody.
func (c *Case) Chosen() (Remedy, Party) {
	remedies, parties := map[Remedy]int{}, map[Party]int{}
	for _, v := range c.Votes {
		if v.Outcome != Reject {
			remedies[c.remedy(v.Remedy)]++
			parties[v.Party]++
		}
	}
	chosen := c.remedy("")
	for _, r := range c.Ground.Remedies {
		if remedies[r] >= PanelSize {
			chosen = r
		}
	}
	if chosen != Attribute {
		return chosen, ""
	}
	for _, p := range Parties {
		if parties[p] >= PanelSize {
			return chosen, p
		}
	}
	return chosen, Nobody
}

// ChosenDepartment is the department that two members named, where the decision
// credits answers to a department; "" where they named different ones or none:
// then it stands on no card.
func (c *Case) ChosenDepartment() string {
	if _, p := c.Chosen(); p != Department {
		return ""
	}
	named := map[string]int{}
	for _, v := range c.Votes {
		if v.Outcome != Reject && v.Party == Department && v.Department != "" {
			if named[v.Department]++; named[v.Department] >= PanelSize {
				return v.Department
			}
		}
	}
	return ""
}

// checkRemedy refuses what the ground does not offer.
func (c *Case) checkRemedy(e Event) error {
	if e.Remedy != "" && !slices.Contains(c.Ground.Remedies, e.Remedy) {
		return errs.New(errs.Invalid, "appeal.remedy", "that consequence does not follow from this ground").At("remedy", string(e.Remedy), "one of the list", "choose one")
	}
	if e.Party != "" && !slices.Contains(Parties, e.Party) {
		return errs.New(errs.Invalid, "appeal.party", "that party is not in the list").At("party", string(e.Party), "one of the list", "choose one")
	}
	if e.Department != "" && e.Party != Department {
		return errs.New(errs.Invalid, "appeal.party_department", "a department is named only where the party is a department").At("department", e.Department, "none", "choose the department as the party, or name none")
	}
	return nil
}
