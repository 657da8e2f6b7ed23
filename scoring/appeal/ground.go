package appeal

// Remedy is what an upheld appeal on a ground leads to.
type Remedy string

// The remedies.
const (
	Exclude   Remedy = "exclude"   // reviewed answers are set aside with a reason
	Attribute Remedy = "attribute" // they are set aside here and credited to whose matter it is
	ReAsk     Remedy = "re_ask"    // they are set aside, and as many residents of the unit are to be asked anew
	Correct   Remedy = "correct"   // inputs are put right and the round is computed anew
)

// Party is whose matter a low answer was, where it was not the committee's.
type Party string

// The parties.
const (
	Property   Party = "property"   // the property manager
	Department Party = "department" // a functional department
	Market     Party = "market"     // a firm or the market
	Neighbours Party = "residents"  // other residents
	Nobody     Party = "none"       // outside anyone's remit
)

// Parties lists the parties in the order of the pages.
var Parties = []Party{Property, Department, Market, Neighbours, Nobody}

// Evidence is a kind of evidence.
type Evidence string

// The kinds of evidence.
const (
	WorkRecord   Evidence = "work_record"   // visit records, tickets, minutes
	RemitList    Evidence = "remit_list"    // the list of tasks or a department's reply
	RegisterNote Evidence = "register_note" // receipt of the sealed register, from before the draw
	FieldNote    Evidence = "field_note"    // who interviewed when, what was said
	Calculation  Evidence = "calculation"   // which figure, what it should be, why
	Other        Evidence = "other"
)

// EvidenceKinds lists the kinds in the order of the pages.
var EvidenceKinds = []Evidence{WorkRecord, RemitList, RegisterNote, FieldNote, Calculation, Other}

// Ground is a listed reason to appeal. Its texts are in the catalogues under
// appeal.ground.ID, .help (what it means) and .needs (what evidence it needs).
type Ground struct {
	ID        string
	Remedies  []Remedy // that a vote may choose from; the first where it names none
	Sealed    bool     // the panel judges an entry of the sealed register, and no answers
	Grievance bool     // it speaks of a single dispute, so it never reaches a collective complaint
	Needs     Evidence // "" where the statement alone may do
}

// Grounds are the listed grounds, in the order of the pages.
var Grounds = []Ground{
	{ID: "wrong_object", Remedies: []Remedy{Attribute, Exclude}, Grievance: true, Needs: WorkRecord},
	{ID: "misunderstanding", Remedies: []Remedy{Exclude, ReAsk}, Grievance: true, Needs: WorkRecord},
	{ID: "outside_remit", Remedies: []Remedy{Attribute}, Grievance: true, Needs: RemitList},
	{ID: RegisteredConflict, Remedies: []Remedy{Exclude}, Grievance: true, Sealed: true},
	{ID: "interview_fault", Remedies: []Remedy{Exclude, ReAsk}, Needs: FieldNote},
	{ID: "coaching", Remedies: []Remedy{Exclude, ReAsk}, Needs: FieldNote},
	{ID: "calculation", Remedies: []Remedy{Correct}, Needs: Calculation},
	{ID: "missing_context", Remedies: []Remedy{Correct}},
}

// RegisteredConflict is the ground that rests on an entry of the sealed register.
const RegisteredConflict = "registered_conflict"

// Reviews tells whether the panel reviews answers on this ground.
func (g Ground) Reviews() bool { return !g.Sealed && g.Remedies[0] != Correct }

// GroundOf returns a listed ground.
func GroundOf(id string) (Ground, bool) {
	for _, g := range Grounds {
		if g.ID == id {
			return g, true
		}
	}
	return Ground{}, false
}
