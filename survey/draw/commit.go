package draw

import (
	"crypto/ed25519"
	"fmt"
	"regexp"
	"strings"
	"time"

	"gongping/internal/errs"
	"gongping/survey/frame"
	"gongping/survey/frame/canon"
)

// RandomnessKind is the kind of public randomness that a commitment names.
type RandomnessKind string

// The kinds, each with the form its outcome is written in.
const (
	Dice    RandomnessKind = "dice"    // rolled in public: at least 20 digits 1 to 6
	Lottery RandomnessKind = "lottery" // numbers of a named draw, joined by single "-", at least six
	Beacon  RandomnessKind = "beacon"  // a round of a public beacon: 64 to 256 lower-case hexadecimal digits
)

var seedForms = map[RandomnessKind]*regexp.Regexp{
	Dice:    regexp.MustCompile(`^[1-6]{20,200}$`),
	Lottery: regexp.MustCompile(`^[0-9]{1,4}(-[0-9]{1,4}){5,40}$`),
	Beacon:  regexp.MustCompile(`^[0-9a-f]{64,256}$`),
}

var seedWords = map[RandomnessKind]string{
	Dice:    "at least 20 digits from 1 to 6, in the order rolled",
	Lottery: "at least six numbers in the order published, joined by -",
	Beacon:  "the beacon's value, 64 to 256 digits 0-9 a-f",
}

// Randomness names the public event that will give the seed.
type Randomness struct {
	Kind RandomnessKind
	Name string    // which one: "双色球 2026141 期", "drand quicknet round 14000000"
	Due  time.Time // when it will exist, at the earliest
}

// Commitment fixes a draw before its randomness exists. Fill the fields, then
// Sign and publish.
type Commitment struct {
	Purpose string // names this draw and no other, ever
	TopUp   bool   // a later batch of a round that was already drawn
	Frame   string // name and version of the frame
	Tally   *Tally
	Plan    []StratumPlan
	// Persons is the digest of the frozen frame of persons where the units of
	// two-stage strata are households (Homes), nil where every unit is a person.
	Persons *frame.Digest
	// CodeVersion is the version of the program that will draw.
	CodeVersion string
	Randomness  Randomness
	// Previous is the digest of the commitment published before this one, zero
	// for the first: the chain shows that none was left out.
	Previous    canon.Sum
	CommittedAt time.Time
}

// Text is the commitment document of draw-v1. It refuses a commitment that
// cannot be drawn or verified: a purpose that is no id, a plan that differs from
// the tally, randomness that already exists.
func (c *Commitment) Text() ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	kind, previous := "main", "none"
	if c.TopUp {
		kind = "topup"
	}
	if c.Previous != (canon.Sum{}) {
		previous = hexOf(c.Previous)
	}
	title := "gongping draw commitment v1"
	if c.Persons != nil {
		title += " households"
	}
	d := newDocument(title)
	d.line("purpose", c.Purpose)
	d.line("kind", kind)
	d.line("frame", c.Frame)
	d.line("frame_digest", c.Tally.Frame.String())
	d.line("frame_units", fmt.Sprint(c.Tally.Frame.Count))
	if c.Persons != nil {
		d.line("persons_digest", c.Persons.String())
		d.line("persons", fmt.Sprint(c.Persons.Count))
	}
	d.line("units_sha256", hexOf(c.Tally.UnitsSHA))
	d.line("strata_sha256", hexOf(sumOf(strataText(c.Plan))))
	d.line("excluded_sha256", hexOf(sumOf(excludedText(c.Tally.Excluded))))
	d.line("code_version", c.CodeVersion)
	d.line("randomness_kind", string(c.Randomness.Kind))
	d.line("randomness_name", c.Randomness.Name)
	d.line("randomness_due", stamp(c.Randomness.Due))
	d.line("previous", previous)
	d.line("committed_at", stamp(c.CommittedAt))
	return d.bytes()
}

func (c *Commitment) check() error {
	if err := CheckPurpose(c.Purpose); err != nil {
		return err
	}
	if seedForms[c.Randomness.Kind] == nil {
		return errs.New(errs.Invalid, "draw.randomness_kind", "this kind of randomness is unknown").
			At("randomness kind", string(c.Randomness.Kind), "dice, lottery or beacon", "")
	}
	if stamp(c.Randomness.Due) <= stamp(c.CommittedAt) {
		return errs.New(errs.Invalid, "draw.randomness_past", "the randomness exists already when the draw is committed").
			At("randomness due", stamp(c.Randomness.Due), "a time after "+stamp(c.CommittedAt), "name an event in the future")
	}
	seen := map[string]bool{}
	for _, p := range c.Plan {
		if err := p.check(); err != nil {
			return err
		}
		n, known := c.Tally.Strata[p.Stratum]
		if p.Method != Systematic && p.Method != Poisson {
			n.Size = 0
		}
		if seen[p.Stratum] || !known || n.Units != p.Population || n.Size != p.Total {
			return errs.New(errs.Invalid, "draw.plan_differs", "the plan of a stratum does not fit the frame").
				At("stratum "+p.Stratum, fmt.Sprintf("%d units, sizes %d", p.Population, p.Total), fmt.Sprintf("%d units, sizes %d, once", n.Units, n.Size), "plan from the counts of this frame")
		}
		seen[p.Stratum] = true
	}
	if len(seen) != len(c.Tally.Strata) {
		return errs.New(errs.Invalid, "draw.plan_missing", "%d strata of the frame have no plan", len(c.Tally.Strata)-len(seen))
	}
	return nil
}

// Digest identifies the commitment: SHA-256 of its text.
func (c *Commitment) Digest() (canon.Sum, error) {
	text, err := c.Text()
	return sumOf(text), err
}

// Sign signs the commitment for publication.
func (c *Commitment) Sign(key ed25519.PrivateKey) (Signature, error) {
	text, err := c.Text()
	if err != nil {
		return Signature{}, err
	}
	return sign(key, canon.TagCommitment, text), nil
}

// Past is what must be known of an earlier draw, discarded ones included.
type Past struct {
	Purpose    string
	Randomness string // Randomness.Name
	Seed       string // "" before the reveal
}

// CheckFresh reports whether a new commitment repeats the purpose or the
// randomness of an earlier draw. Whoever chooses the size of a batch must not
// be able to know its outcome, so every batch needs randomness of its own.
func CheckFresh(c *Commitment, past []Past) error {
	for _, p := range past {
		if strings.EqualFold(p.Purpose, c.Purpose) {
			return errs.New(errs.Done, "draw.purpose_used", "a draw with the purpose %s exists", p.Purpose).
				At("purpose", c.Purpose, "a purpose never used", "number the batches: …-topup-1, …-topup-2")
		}
		if strings.EqualFold(strings.Join(strings.Fields(p.Randomness), ""), strings.Join(strings.Fields(c.Randomness.Name), "")) {
			return errs.New(errs.Done, "draw.randomness_used", "this randomness already served draw %s", p.Purpose).
				At("randomness", c.Randomness.Name, "an event never used", "name the next one")
		}
	}
	return nil
}

// Reveal brings the seed with its evidence.
type Reveal struct {
	Commitment canon.Sum
	Seed       string
	Evidence   string // where and how anyone can check the outcome
	RevealedAt time.Time
}

// Text is the reveal document of draw-v1.
func (r *Reveal) Text() ([]byte, error) {
	d := newDocument("gongping draw reveal v1")
	d.line("commitment", hexOf(r.Commitment))
	d.line("seed", r.Seed)
	d.line("evidence", r.Evidence)
	d.line("revealed_at", stamp(r.RevealedAt))
	return d.bytes()
}

// CheckReveal reports whether the reveal fits its commitment: same commitment,
// a seed in the form of the kind named, not before the event was due, and a
// seed that no earlier draw used.
func CheckReveal(c *Commitment, r *Reveal, past []Past) error {
	digest, err := c.Digest()
	if err != nil {
		return err
	}
	if digest != r.Commitment {
		return errs.New(errs.Differs, "draw.reveal_other", "the seed is for another commitment")
	}
	if err := CheckSeed(c.Randomness, r, past); err != nil {
		return err
	}
	_, err = r.Text()
	return err
}

// CheckSeed is the part of CheckReveal that needs no frame: the seed in the
// form of the kind named, not before the event was due, and one that no earlier
// draw used.
func CheckSeed(named Randomness, r *Reveal, past []Past) error {
	if !seedForms[named.Kind].MatchString(r.Seed) {
		return errs.New(errs.Invalid, "draw.seed_form", "the seed is not written as the commitment's kind of randomness needs").
			At("seed", r.Seed, seedWords[named.Kind], "copy the published outcome without spaces")
	}
	if stamp(r.RevealedAt) < stamp(named.Due) {
		return errs.New(errs.NotNow, "draw.reveal_early", "the randomness does not exist yet").
			At("revealed at", stamp(r.RevealedAt), "not before "+stamp(named.Due), "wait for the event")
	}
	for _, p := range past {
		if p.Seed == r.Seed {
			return errs.New(errs.Done, "draw.seed_used", "this seed already served draw %s", p.Purpose)
		}
	}
	return nil
}

// Record is the signed result of a draw.
type Record struct {
	Commitment, Reveal, Sample canon.Sum // SHA-256 of the three documents
	Drawn, Reserves            int
	CodeVersion                string
	DrawnAt                    time.Time
}

// NewRecord describes the outcome of a draw.
func NewRecord(c *Commitment, r *Reveal, sel []Selected, codeVersion string, at time.Time) (*Record, error) {
	text, err := r.Text()
	if err != nil {
		return nil, err
	}
	rec := &Record{Commitment: r.Commitment, Reveal: sumOf(text), Sample: sampleSum(sel), CodeVersion: codeVersion, DrawnAt: at}
	for _, s := range sel {
		if s.Reserve {
			rec.Reserves++
		} else {
			rec.Drawn++
		}
	}
	return rec, nil
}

// Digest is the draw's digest: it identifies frame, design, seed and sample.
func (r *Record) Digest() canon.Sum {
	return canon.Hash(canon.TagDigest, string(r.Commitment[:]), string(r.Reveal[:]), string(r.Sample[:]))
}

// Text is the record document of draw-v1.
func (r *Record) Text() ([]byte, error) {
	d := newDocument("gongping draw record v1")
	d.line("commitment", hexOf(r.Commitment))
	d.line("reveal", hexOf(r.Reveal))
	d.line("sample_sha256", hexOf(r.Sample))
	d.line("sample", fmt.Sprint(r.Drawn))
	d.line("reserve", fmt.Sprint(r.Reserves))
	d.line("code_version", r.CodeVersion)
	d.line("drawn_at", stamp(r.DrawnAt))
	d.line("draw_digest", hexOf(r.Digest()))
	return d.bytes()
}

// Sign signs the record for publication.
func (r *Record) Sign(key ed25519.PrivateKey) (Signature, error) {
	text, err := r.Text()
	if err != nil {
		return Signature{}, err
	}
	return sign(key, canon.TagRecord, text), nil
}
