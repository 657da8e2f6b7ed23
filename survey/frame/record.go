package frame

import (
	"encoding/json"

	"gongping/internal/errs"
)

// record is the private record of a resident as it is kept sealed: everything
// that the commitment of an Entry was made from, so that, with the frame's
// Secret, the salt and the leaf can be computed again.
type record struct {
	Household string  `json:"household"`
	Person    string  `json:"person"`
	Area      string  `json:"area"`
	Building  string  `json:"building,omitempty"`
	Sex       Sex     `json:"sex"`
	BirthYear int     `json:"birth_year"`
	Tenure    Tenure  `json:"tenure"`
	Contact   Contact `json:"contact"`
	Status    Status  `json:"status"`
	Name      string  `json:"name,omitempty"`
	Phone     string  `json:"phone,omitempty"`
	Address   string  `json:"address,omitempty"`
}

// EncodeRecord encodes a resident's private record. The bytes hold a name and
// contacts: they are sealed (under RecordLabel) before they leave the program.
func EncodeRecord(r *Resident) []byte {
	b, err := json.Marshal(record{r.Household, r.Person, r.Area, r.Building, r.Sex, r.BirthYear, r.Tenure, r.Contact, r.Status,
		r.Identity.Name, r.Identity.Phone, r.Identity.Address})
	if err != nil {
		panic("frame: a record does not encode: " + err.Error())
	}
	return b
}

// DecodeRecord reads what EncodeRecord wrote.
func DecodeRecord(b []byte) (*Resident, error) {
	var r record
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "frame.record_unreadable", "a private record cannot be read")
	}
	return &Resident{Household: r.Household, Person: r.Person, Area: r.Area, Building: r.Building, Sex: r.Sex, BirthYear: r.BirthYear,
		Tenure: r.Tenure, Contact: r.Contact, Status: r.Status, Identity: Identity{Name: r.Name, Phone: r.Phone, Address: r.Address}}, nil
}

// RecordLabel binds a sealed record to its place: the frame and the published
// id of the person.
func RecordLabel(frame, frameID string) string { return "person/" + frame + "/" + frameID }

// SecretLabel binds a sealed Secret to its frame.
func SecretLabel(frame string) string { return "frame/" + frame }
