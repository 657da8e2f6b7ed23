package verify

import (
	"encoding/hex"

	"gongping/survey/frame/canon"
)

var receiptFields = []string{
	"household", "person", "exact_area", "building", "sex", "birth_year", "tenure", "contact", "status", "identity",
}

// Receipt is a checked receipt: the person it belongs to is in the frame.
type Receipt struct {
	Frame, FrameDigest, FrameID, Area string
	Units                             uint64
	Homes                             []*HomePart `json:",omitempty"`

	leaf canon.Sum
}

// HomePart is how the holder of a receipt stands in the list of a round whose
// units are households. Household is "" for a person with a row of their own.
type HomePart struct {
	FrameDigest, Household string
	Place, Members         int
}

// Person says what became of the person of a receipt in a draw.
type Person struct {
	Stratum, Role, Probability, Ticket string // Role is sample, reserve or none
	Order                              int
	// Household is the holder's household unit, HouseholdRole what became of it
	// and Place where the holder stands among its Members.
	Household, HouseholdRole string `json:",omitempty"`
	Place, Members           int    `json:",omitempty"`
}

// ReadReceipt checks a receipt by itself: the private record with its salt
// gives the leaf, the path leads from the leaf to the frame's digest. The
// digest is the holder's to compare with the published one.
func ReadReceipt(text []byte) (*Receipt, error) {
	if len(text) > 64<<10 {
		return nil, fault("receipt", "the file is too large to be a receipt")
	}
	text, parts := split(text)
	keys := append([]string{"frame", "frame_digest", "frame_units", "index", "frame_id", "area", "salt"}, receiptFields...)
	f, err := fields("receipt", text, "gongping frame receipt v1", append(keys, "path")...)
	if err != nil {
		return nil, err
	}
	units, ok1 := number(f["frame_units"])
	index, ok2 := number(f["index"])
	salt, ok3 := sumFromHex(f["salt"])
	digest, ok4 := sumFromHex(f["frame_digest"])
	if !ok1 || !ok2 || !ok3 || !ok4 || !canon.ValidID(f["frame_id"]) || !canon.ValidID(f["area"]) {
		return nil, fault("receipt", "a number, digest or id is not written as it must be")
	}
	opened := []string{string(salt[:])}
	for _, key := range receiptFields {
		v := f[key]
		if v == "-" {
			v = ""
		}
		opened = append(opened, v)
	}
	path, err := sums("receipt", f["path"])
	if err != nil {
		return nil, err
	}
	private := canon.Hash(canon.TagPrivate, opened...)
	leaf := canon.Leaf(f["frame_id"], f["area"], private)
	if root, ok := canon.RootFromProof(leaf, index, units, path); !ok || canon.FrameDigest(units, root) != digest {
		return nil, fault("receipt", "the record does not lead to frame digest %s", f["frame_digest"])
	}
	r := &Receipt{Frame: f["frame"], FrameDigest: f["frame_digest"], FrameID: f["frame_id"], Area: f["area"], Units: units, leaf: leaf}
	for _, p := range parts {
		if err := r.homePart(p); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Find tells what the verified draw did with the person of a receipt.
func (rep *Report) Find(r *Receipt) (*Person, error) {
	if rep.Households && r.FrameDigest == rep.PersonsDigest {
		return rep.findAtHome(r)
	}
	if r.FrameDigest != rep.FrameDigest {
		return nil, fault("receipt", "the receipt is for frame %s, the draw for frame %s", r.FrameDigest, rep.FrameDigest)
	}
	return rep.find(r.FrameID), nil
}

func (rep *Report) find(id string) *Person {
	ticket := canon.Ticket(rep.Seed, rep.Purpose, id)
	p := &Person{Role: "none", Ticket: hex.EncodeToString(ticket[:])}
	if l, ok := rep.roles[id]; ok {
		p.Stratum, p.Role, p.Order, p.Probability = rep.strata[id], l.role, l.order, l.prob
	}
	return p
}
