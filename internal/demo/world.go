package demo

import (
	"time"

	"gongping/survey"
	"gongping/survey/instrument"
)

// DefaultSeed is the seed of the demonstration that ships with the product.
const DefaultSeed uint64 = 310104

// Options choose the size and the date of a world. The zero value is the full
// demonstration as of 2026-11-20.
type Options struct {
	// Streets and Committees (per street) cut the world down to the first ones
	// by code; 0 means all.
	Streets, Committees int
	// Residents is the approximate number of adults in the frame; 0 means
	// 100,000. The exact number depends on whole households.
	Residents int
	// Evaluators is the number of evaluators per street; 0 means 3.
	Evaluators int
	// Today is the day the demonstration is opened; only its date counts. The
	// finished round lies before it and the open round around it.
	Today time.Time
}

// Small are the options of a world for tests: two streets with eight
// committees each and 2,000 residents.
func Small() Options { return Options{Streets: 2, Committees: 8, Residents: 2000} }

// Zone is the time zone of the demonstration, China Standard Time.
var Zone = time.FixedZone("CST", 8*60*60)

func (o Options) withDefaults() Options {
	if o.Residents == 0 {
		o.Residents = 100_000
	}
	if o.Evaluators == 0 {
		o.Evaluators = 3
	}
	if o.Today.IsZero() {
		o.Today = time.Date(2026, 11, 20, 0, 0, 0, 0, Zone)
	}
	y, m, d := o.Today.Date()
	o.Today = time.Date(y, m, d, 0, 0, 0, 0, Zone)
	return o
}

// World is the generated demonstration.
type World struct {
	Seed          uint64
	Options       Options
	Areas         []survey.Area // parents before children
	Workers       []Worker
	Accounts      []Account
	People        []Person // the frame, by committee, building and household
	Indicators    []Indicator
	Ratings       []Rating
	Questionnaire instrument.Questionnaire
	Finished      Round
	Open          Round
	Truth         Truth

	census     census
	committees []committee
}

// Worker is a community worker of a committee.
type Worker struct {
	No, Name, Post, AreaCode string
}

// Account is a sign-in of the demonstration. Role is one of admin, manager,
// evaluator, supervisor, leader, worker, panel, auditor, department.
type Account struct {
	Login, DisplayName, Role, AreaCode, WorkerNo string
	Department                                   string // code, of accounts of departments
	// Featured accounts are offered on the sign-in page of the demonstration.
	Featured bool
}

// Person is one adult of the frame. Phone and Address are empty where the
// source knows none.
type Person struct {
	ID, HouseholdID string
	Committee       string // 12 digits
	Grid            string // 15 digits
	Building        string // "3号楼", unique within the committee
	Sex             string // "m" or "f", as in survey/frame
	BirthYear       int
	Tenure          string // "owner", "tenant" or "other", as in survey/frame
	WeChat          bool   // can be reached by WeChat
	Name            string
	Phone, Address  string

	// Part is the person's part in the known truth. It is never imported.
	Part Part
	// Moved marks a stale entry: the person no longer lives there.
	Moved bool

	index     int // position in People
	committee int // position in committees
	age       int
	size      int // persons in the household, children included
}

// Part is what a resident does in the simulated truth.
type Part string

// The parts of residents.
const (
	Plain      Part = ""           // answers by the model
	Grievance  Part = "grievance"  // a lone dispute: lowest marks, an own reason
	Collective Part = "collective" // one of many with the same real complaint
	Coached    Part = "coached"    // answers as told
)

// committee is the working state of a committee while the world is made.
type committee struct {
	code, name, street, streetName string
	population                     int // adults
	first                          int // index of the first person
	buildings, grids               int
	elder                          float64 // tilt to older households, −1..1
	renting                        float64 // tilt of renting, logit scale
	effect                         float64 // latent effect u of the truth
	itemEffect                     [nGrade]float64
}

// Generate makes the world of a seed. The same seed and options give the same
// world, to the byte.
func Generate(seed uint64, opts Options) *World {
	w := &World{Seed: seed, Options: opts.withDefaults(), census: readCensus(), Questionnaire: DefaultQuestionnaire()}
	w.makeAreas()
	w.makeWorkers()
	w.makeEffects()
	w.makePeople()
	w.makeStories()
	w.makeAccounts()
	w.makeRounds()
	w.makeTruth()
	w.makeIndicators()
	w.makeRatings()
	return w
}
