package appeal

import "slices"

// Voted tells whether a member has voted.
func (c *Case) Voted(member string) bool {
	return slices.ContainsFunc(c.Votes, func(v Vote) bool { return v.By == member })
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
