package appeal

// Remedy is what an upheld appeal on a ground leads to.
type Remedy string

// The remedies.
const (
	Exclude Remedy = "exclude" // reviewed answers are set aside with a reason
	Correct Remedy = "correct" // inputs are put right and the round is computed anew
)

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
	Remedy    Remedy
	Grievance bool     // it speaks of a single dispute, so it never reaches a collective complaint
	Needs     Evidence // "" where the statement alone may do
}

// Grounds are the listed grounds, in the order of the pages.
var Grounds = []Ground{
	{ID: "wrong_object", Remedy: Exclude, Grievance: true, Needs: WorkRecord},
	{ID: "misunderstanding", Remedy: Exclude, Grievance: true, Needs: WorkRecord},
	{ID: "outside_remit", Remedy: Exclude, Grievance: true, Needs: RemitList},
	{ID: "registered_conflict", Remedy: Exclude, Grievance: true, Needs: RegisterNote},
	{ID: "interview_fault", Remedy: Exclude, Needs: FieldNote},
	{ID: "coaching", Remedy: Exclude, Needs: FieldNote},
	{ID: "calculation", Remedy: Correct, Needs: Calculation},
	{ID: "missing_context", Remedy: Correct},
}

// GroundOf returns a listed ground.
func GroundOf(id string) (Ground, bool) {
	for _, g := range Grounds {
		if g.ID == id {
			return g, true
		}
	}
	return Ground{}, false
}
