// Package simulate measures estimators of a unit's score against scenarios
// whose truth is known: what one hostile or coached answer does, how much of a
// collective complaint survives, whether the intervals hold what they promise.
//
// The generator is not the model of package fair: ordinary answers come from a
// cumulative probit with a latent shift per unit (and a latent respondent
// effect when there are several items), not from a normal distribution with
// known variance. Everything is a function of the seed; results reproduce to
// the digit.
package simulate
