package fieldwork

// Counts are cases by class of their final disposition.
type Counts map[Class]int

// Add counts n cases of a final code; a code that is not known counts as UO.
func (c Counts) Add(code Code, n int) {
	if d, ok := Lookup(code); ok {
		c[d.Class] += n
		return
	}
	c[UnknownPerson] += n
}

// Total is the number of all cases.
func (c Counts) Total() int {
	n := 0
	for _, k := range []Class{Interview, Partial, Refusal, NonContact, Other, UnknownHouse, UnknownPerson, NotEligible} {
		n += c[k]
	}
	return n
}

// Rate is a share of 0–1 with its two counts. OK is false where the
// denominator is 0: there is no rate then.
type Rate struct {
	Name           string
	Value          float64
	Numerator, Den float64
	OK             bool
}

// Eligibility estimates e, the share of cases of unknown eligibility that are
// eligible, by the proportional allocation (CASRO) of SD:
//
//	e = (I+P+R+NC+O) / (I+P+R+NC+O+NE)
//
// It is 1 where nothing is known, the conservative value (RR3 = RR1).
func (c Counts) Eligibility() float64 {
	known := c[Interview] + c[Partial] + c[Refusal] + c[NonContact] + c[Other]
	if known == 0 {
		return 1
	}
	return float64(known) / float64(known+c[NotEligible])
}

// Rates computes the outcome rates of SD with a given e:
//
//	RR1   I / D          RR2   (I+P) / D         D  = (I+P)+(R+NC+O)+(UH+UO)
//	RR3   I / De         RR4   (I+P) / De        De = (I+P)+(R+NC+O)+e(UH+UO)
//	RR5   I / D0         RR6   (I+P) / D0        D0 = (I+P)+(R+NC+O)
//	COOP1 I / (I+P+R+O)  COOP2 (I+P) / (I+P+R+O)
//	COOP3 I / (I+P+R)    COOP4 (I+P) / (I+P+R)
//	REF1  R / D          REF2  R / De            REF3 R / D0
//	CON1  (I+P+R+O) / D  CON2  (I+P+R+O) / De    CON3 (I+P+R+O) / D0
//
// Cases that are known not to be eligible (NE) stand in none of them.
func (c Counts) Rates(e float64) []Rate {
	i, p, r := float64(c[Interview]), float64(c[Partial]), float64(c[Refusal])
	o, nc := float64(c[Other]), float64(c[NonContact])
	u := float64(c[UnknownHouse] + c[UnknownPerson])
	known := i + p + r + nc + o
	all, weighted := known+u, known+float64(e*u)
	reached := i + p + r + o
	list := []Rate{
		{Name: "RR1", Numerator: i, Den: all}, {Name: "RR2", Numerator: i + p, Den: all},
		{Name: "RR3", Numerator: i, Den: weighted}, {Name: "RR4", Numerator: i + p, Den: weighted},
		{Name: "RR5", Numerator: i, Den: known}, {Name: "RR6", Numerator: i + p, Den: known},
		{Name: "COOP1", Numerator: i, Den: reached}, {Name: "COOP2", Numerator: i + p, Den: reached},
		{Name: "COOP3", Numerator: i, Den: i + p + r}, {Name: "COOP4", Numerator: i + p, Den: i + p + r},
		{Name: "REF1", Numerator: r, Den: all}, {Name: "REF2", Numerator: r, Den: weighted}, {Name: "REF3", Numerator: r, Den: known},
		{Name: "CON1", Numerator: reached, Den: all}, {Name: "CON2", Numerator: reached, Den: weighted}, {Name: "CON3", Numerator: reached, Den: known},
	}
	for k := range list {
		if list[k].Den > 0 {
			list[k].Value, list[k].OK = list[k].Numerator/list[k].Den, true
		}
	}
	return list
}

// Rate returns one rate by its name, with the estimated e.
func (c Counts) Rate(name string) Rate {
	for _, r := range c.Rates(c.Eligibility()) {
		if r.Name == name {
			return r
		}
	}
	panic("fieldwork: no rate " + name)
}
