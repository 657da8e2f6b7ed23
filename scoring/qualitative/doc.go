// Package qualitative works on what people say: it masks personal data,
// finds repeated texts and campaigns, proposes codes from what people coded
// before, joins the judgements of two coders blind to each other (and a third
// where they differ), and decides from them whose matter a cause is.
//
// It never scores anybody. A model proposes, people decide; what a decision
// does to a score is stated in package assess and shown beside the score.
//
// docs/methods/qualitative.md has the formulas and what was measured.
package qualitative
