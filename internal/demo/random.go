package demo

import "math/rand/v2"

// stage names a stream of random numbers. Each stage has its own, so that a
// change in one does not move the others.
type stage uint64

const (
	stageAreas stage = iota + 1
	stageWorkers
	stageEffects
	stageHouseholds
	stagePeople
	stageStories
	stageAnswers
	stageFieldwork
	stageComments
	stageIndicators
	stageRatings
	stagePlan
	stageIdentity
)

// stream returns the random numbers of a stage and a key.
func stream(seed uint64, s stage, key uint64) *rand.Rand {
	return rand.New(rand.NewPCG(mix(seed+uint64(s)), mix(key+uint64(s)<<48)))
}

// mix is the finaliser of splitmix64 (Steele, Lea and Flood 2014): it spreads
// neighbouring keys over the whole range.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// pick returns one of the choices.
func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// chance is true with probability p.
func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }
