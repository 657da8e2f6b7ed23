package field

import (
	"context"
	"encoding/hex"
	"sync"
	"time"

	"github.com/google/uuid"

	"gongping/internal/pg/fielddb"
	"gongping/survey"
)

// coarse is what an answer records of its case: a band instead of a birth year,
// keyed hashes of this round instead of household and building.
type coarse struct {
	trait
	Building, Household string
}

// trait is the part of coarse that many cases share.
type trait struct {
	RoundID, Committee, Stratum, Cluster, Sex, AgeBand, Tenure string
	DesignWeight                                               float64
}

func (s *Service) coarse(t *fielddb.Target, r Round) coarse {
	space := "response/" + r.ID + "/"
	c := coarse{trait: trait{RoundID: r.ID, Committee: t.Committee, Stratum: t.Stratum, Cluster: t.Cluster, Sex: t.Sex,
		AgeBand: survey.AgeBand(t.BirthYear, r.OpensOn.Year()), Tenure: t.Tenure, DesignWeight: t.DesignWeight}}
	if t.Building != "" {
		c.Building = s.Seal.Pseudonym(space+"building", t.Committee+"/"+t.Building)
	}
	c.Household = s.Seal.Pseudonym(space+"household", t.Household)
	return c
}

// maxFacts bounds the cases whose facts are kept, at some 60 bytes each. Beyond it all are
// forgotten and learnt anew, those that are asked about first.
const maxFacts = 1 << 20

// facts keeps, for the cases of rounds that are being collected, what can never
// change: case, draw, frame and the documents of a collecting round are all
// append-only. Who holds a case, whether the round still takes answers, and
// whether the case has one is not kept; the flight itself asks for it (see
// fielddb.Expect), and the unique keys do.
//
// A million cases are held without a pointer among them, so that the collector
// does not walk them.
type facts struct {
	mu     sync.RWMutex
	cases  map[uuid.UUID]fact
	traits []trait
	index  map[trait]uint32
	rounds map[string]Round
	loaded map[part]bool // read as a whole, or being read
}

// part is the cases of a round in one committee, which are read at once.
type part struct{ round, committee string }

type fact struct {
	trait               uint32
	settled             bool // it has an answer, or its last one had to be asked about: ask the database
	building, household pseudonym
}

// pseudonym is a keyed hash of 16 hex digits, or none.
type pseudonym struct {
	set  bool
	hash [8]byte
}

func packed(s string) (p pseudonym, ok bool) {
	if s == "" {
		return p, true
	}
	n, err := hex.Decode(p.hash[:], []byte(s))
	p.set = true
	return p, err == nil && n == len(p.hash)
}

func (p pseudonym) String() string {
	if !p.set {
		return ""
	}
	return hex.EncodeToString(p.hash[:])
}

func (f *facts) reset() {
	f.cases, f.traits, f.index = map[uuid.UUID]fact{}, nil, map[trait]uint32{}
	f.rounds, f.loaded = map[string]Round{}, map[part]bool{}
}

// factsOf returns the facts of a district.
func (s *Service) factsOf(district string) *facts {
	if v, ok := s.facts.Load(district); ok {
		return v.(*facts)
	}
	f := &facts{}
	f.reset()
	v, _ := s.facts.LoadOrStore(district, f)
	return v.(*facts)
}

// get returns the facts of a case that has no answer as far as is known.
func (f *facts) get(id uuid.UUID) (c coarse, r Round, ok bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	x, ok := f.cases[id]
	if !ok || x.settled {
		return c, r, false
	}
	c = coarse{f.traits[x.trait], x.building.String(), x.household.String()}
	return c, f.rounds[c.RoundID], true
}

// open tells whether the case may still be taken without asking.
func (f *facts) open(id uuid.UUID) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	x, ok := f.cases[id]
	return ok && !x.settled
}

// settle sends whatever comes for the cases through the database from now on.
func (f *facts) settle(ids []uuid.UUID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		if x, ok := f.cases[id]; ok {
			x.settled = true
			f.cases[id] = x
		}
	}
}

// put adds a case of a collecting round; a known one stays as it is.
func (f *facts) put(id uuid.UUID, c *coarse, r Round, settled bool) {
	building, ok := packed(c.Building)
	household, fits := packed(c.Household)
	if !ok || !fits {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.cases[id]; known {
		return
	}
	if len(f.cases) >= maxFacts {
		f.reset()
	}
	at, ok := f.index[c.trait]
	if !ok {
		at = uint32(len(f.traits))
		f.traits = append(f.traits, c.trait)
		f.index[c.trait] = at
	}
	f.rounds[r.ID] = r
	f.cases[id] = fact{at, settled, building, household}
}

// claim tells whether the caller shall read a part, because nobody has.
func (f *facts) claim(p part) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.loaded[p] {
		return false
	}
	f.loaded[p] = true
	return true
}

func (f *facts) forget(p part) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.loaded, p)
}

// learn sends the cases of a batch that was read from the database there again,
// and has the other cases of their committees read in the background.
func (w *submitter) learn(district string, list []*item, b *batch) {
	f := w.s.factsOf(district)
	var seen []uuid.UUID
	more := map[string][]string{} // committees by round
	for i, it := range list {
		k := &b.Known[i]
		if !k.Found {
			continue
		}
		if id, err := uuid.Parse(it.sub.CaseID); err == nil {
			seen = append(seen, id)
		}
		if b.rounds[k.RoundID].State == survey.Collecting && f.claim(part{k.RoundID, k.Committee}) {
			more[k.RoundID] = append(more[k.RoundID], k.Committee)
		}
	}
	f.settle(seen)
	for id, committees := range more {
		r := b.rounds[id]
		w.reads.Go(func() { w.read(district, r, committees) })
	}
}

// factsTimeout bounds the reading of a part in the background.
const factsTimeout = time.Minute

// read learns the cases of committees. What fails is tried again when the next
// answer from there comes.
func (w *submitter) read(district string, r Round, committees []string) {
	ctx, cancel := context.WithTimeout(w.ctx, factsTimeout)
	defer cancel()
	f := w.s.factsOf(district)
	err := fielddb.Facts(ctx, w.s.Pool, district, r.ID, r.FrameID, committees, func(id uuid.UUID, t *fielddb.Target) {
		c := w.s.coarse(t, r)
		f.put(id, &c, r, t.Complete)
	})
	if err == nil {
		return
	}
	for _, c := range committees {
		f.forget(part{r.ID, c})
	}
	if ctx.Err() == nil {
		w.s.Log.Warn("the facts of cases were not read; their answers are taken one reading later", "round", r.ID, "error", err)
	}
}
